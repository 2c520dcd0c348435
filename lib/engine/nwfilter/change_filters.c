/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/named_set/named_set.h"
#include "engine/nwfilter/change_parts.h"

int nfw_nwfilter_change_decide_fates(struct nfw_nwfilter_change *change,
                                     const struct nfw_nwfilters *filters) {
        const struct nfw_nft_filter_snapshot *snapshot = filters->snapshot;
        struct nfw_nwfilter_fate *fates = calloc(snapshot->filters.n + 1, sizeof(*fates));

        if (!fates)
                return -ENOMEM;
        free(change->fates);
        change->fates = fates;
        for (size_t i = 0; i < snapshot->filters.n; i++)
                fates[i].n_ports = snapshot->filters.items[i].n_ports;
        nfw_vec_foreach (port, &change->ports) {
                const struct nfw_nft_filter_port *old =
                        nfw_nwfilter_change_old_port(change, filters, port->port);
                size_t new =
                        port->compiled ? nfw_nwfilter_index_of(snapshot, port->compiled->name) : SIZE_MAX;

                if (old)
                        fates[old->filter].n_ports--;
                if (new != SIZE_MAX)
                        fates[new].n_ports++;
        }
        nfw_vec_foreach (install, &change->installs)
                if (install->old != SIZE_MAX)
                        fates[install->old].replaced_by = install->compiled;
        for (size_t i = 0; i < snapshot->filters.n; i++)
                fates[i].goes = fates[i].n_ports == 0 && !fates[i].replaced_by;
        return 0;
}

/* A filter that is there when the change is done, and which chains lead to it. */
struct present {
        const char *name;
        bool has_entry[NFW_N_FILTER_LAYERS][NFW_N_DIRECTIONS];
};

static int compare_present(const void *a, const void *b) {
        const struct present *x = a, *y = b;

        return strcmp(x->name, y->name);
}

/* One order, however they came, so that it can be verified. */
static int put_dispatch(const struct nfw_nwfilter_change *change,
                        const struct nfw_nwfilters *filters,
                        const struct nfw_learning_plan *learning) {
        const struct nfw_nft_filter_snapshot *snapshot = filters->snapshot;
        nfw_cleanup(nfw_freep) struct present *present =
                calloc(snapshot->filters.n + change->installs.n + 1, sizeof(*present));
        size_t n = 0;
        int r = 0;

        if (!present)
                return -ENOMEM;
        if (change->adds_learning || (snapshot->has_learning && !change->rebuilds))
                r = nfw_nft_put_learning_dispatch(filters->batch, learning);
        for (size_t i = 0; i < snapshot->filters.n && !change->rebuilds; i++) {
                const struct nfw_nft_filter *filter = &snapshot->filters.items[i];

                if (change->fates[i].goes || change->fates[i].replaced_by)
                        continue;
                present[n].name = filter->name;
                memcpy(present[n++].has_entry, filter->has_entry, sizeof(present->has_entry));
        }
        nfw_vec_foreach (install, &change->installs) {
                present[n].name = install->compiled->name;
                nfw_nft_filter_entries(install->compiled->plan, present[n++].has_entry);
        }
        qsort(present, n, sizeof(*present), compare_present);
        for (size_t i = 0; i < n && r == 0; i++)
                r = nfw_nft_put_filter_dispatch(filters->batch, present[i].name, present[i].has_entry);
        return r;
}

int nfw_nwfilter_change_put_filters(struct nfw_nwfilter_change *change,
                                    struct nfw_context *context,
                                    const struct nfw_learning_plan *learning,
                                    struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        const struct nfw_nft_filter_snapshot *snapshot = filters->snapshot;
        static const struct nfw_nft_filter_snapshot nothing;
        int r;

        r = nfw_nft_put_filter_flush(filters->batch);
        if (r == 0 && change->adds_learning)
                r = nfw_nft_put_learning(filters->batch, learning);
        for (size_t i = 0; i < snapshot->filters.n && r == 0 && !change->rebuilds; i++)
                if (change->fates[i].goes)
                        r = nfw_nft_put_filter_removal(filters->batch, &snapshot->filters.items[i]);
        nfw_vec_foreach (install, &change->installs) {
                bool replaces = install->old != SIZE_MAX;

                if (r == 0)
                        r = nfw_nft_put_filter(filters->batch, change->rebuilds ? &nothing : snapshot,
                                               replaces ? &snapshot->filters.items[install->old] : NULL,
                                               install->compiled->plan);
                if (r == 0)
                        r = nfw_named_sets_put(context, install->compiled, change->rebuilds, report);
                if (r == 0 && replaces)
                        r = nfw_nwfilter_change_put_staying_ports(change, context, install, report);
        }
        return r == 0 ? put_dispatch(change, filters, learning) : r;
}
