/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/store/others.h"

#include "engine/nwfilter/store.h"

void nfw_returning_others_deinit(struct nfw_returning_others *others) {
        nfw_running_networks_deinit(&others->networks);
        nfw_nwfilter_restoration_deinit(&others->filters);
}

/* Where a keeper has been since the reboot, what runs is recorded. */
static int adopt(const struct nfw_store *store, struct nfw_report *report) {
        nfw_cleanup(nfw_freep) char *directory = NULL;
        int networks, filters;

        if (nfw_store_is_copy(store))
                return 0;
        networks = nfw_network_path(store->path, "networks", "", &directory);
        if (networks == 0)
                networks = nfw_networks_adopt(store->context, directory, report);
        filters = nfw_nwfilters_adopt(store->context, store->path, report);
        return networks < 0 ? networks : filters;
}

/* Where the kernel has some of the filters, what differs is found and put right apart. */
static int find_filters(struct nfw_returning_others *others, struct nfw_context *context) {
        bool is_missing;
        int r;

        r = nfw_nwfilter_is_missing(context, &is_missing);
        if (r == 0 && is_missing)
                r = nfw_nwfilter_verify(context, NULL);
        others->wants_filters = r == NFW_E_DIFFERS;
        return r < 0 ? r : 0;
}

int nfw_returning_others_prepare(struct nfw_returning_others *others,
                                 const struct nfw_store *store,
                                 struct nfw_report *report) {
        int r;

        r = adopt(store, report);
        return r == 0 ? find_filters(others, store->context) : r;
}

int nfw_returning_others_join(struct nfw_returning_others *others,
                              struct nfw_context *context,
                              struct nfw_report *report) {
        int r;

        nfw_returning_others_end(others, context, false);
        if (others->come_later)
                return 0;
        r = nfw_networks_put_missing(context, &others->networks, report);
        if (r != 0 || !others->wants_filters)
                return r;
        others->has_joined = true;
        return nfw_nwfilter_restoration_join(&others->filters, context, report);
}

void nfw_returning_others_end(struct nfw_returning_others *others,
                              struct nfw_context *context,
                              bool is_committed) {
        if (!others->has_joined)
                return;
        others->has_joined = false;
        others->filters_are_back = is_committed;
        nfw_nwfilter_join_end(context, &others->filters.log, is_committed);
}

int nfw_returning_others_finish(struct nfw_returning_others *others,
                                struct nfw_context *context,
                                struct nfw_report *report) {
        int networks, filters;

        networks = nfw_networks_restore(context, report);
        filters = others->filters_are_back
                          ? nfw_nwfilter_restoration_result(&others->filters, context, report)
                          : nfw_nwfilter_restore(context, report);
        return nfw_worse_result(networks, filters);
}
