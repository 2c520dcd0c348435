/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "engine/nwfilter/change_parts.h"
#include "engine/nwfilter/restore.h"

static int try_port(struct nfw_nwfilter_change *change,
                    struct nfw_context *context,
                    struct nfw_compilations *compilations,
                    const char *with,
                    const char *port) {
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;
        const struct nfw_compiled *compiled;
        int r;

        r = nfw_nwfilter_binding_load(context, port, &binding);
        if (r == 0)
                r = nfw_compile(context, context->nwfilters, compilations, binding, NULL, &compiled);
        if (r == 0 && ((with && !nfw_compiled_has(compiled, with)) ||
                       nfw_compiled_is_refused(context->nwfilters, compiled)))
                r = NFW_E_REFUSED;
        if (r == 0)
                r = nfw_nwfilter_change_add_port(change, context, binding, compiled, NULL, NULL);
        return r == 0 ? nfw_nwfilter_change_install(change, context->nwfilters, compiled) : r;
}

int nfw_nwfilter_change_unblock(struct nfw_nwfilter_change *change,
                                struct nfw_context *context,
                                struct nfw_compilations *compilations,
                                const char *with,
                                struct nfw_report *report) {
        const struct nfw_nft_filter_snapshot *snapshot = context->nwfilters->snapshot;
        size_t blocked = nfw_nwfilter_index_of(snapshot, NFW_FILTER_BLOCKED), n_left = 0;
        const struct nfw_nft_filter_port *port, *left = NULL;

        if (blocked == SIZE_MAX)
                return 0;
        for (port = snapshot->ports; port; port = port->hh.next) {
                int r = port->filter == blocked
                                ? try_port(change, context, compilations, with, port->interface)
                                : 0;

                if (r < 0)
                        return r;
                if (r > 0) {
                        left = port;
                        n_left++;
                }
        }
        if (n_left == 0)
                return 0;
        return nfw_report_warning(report, "nwfilter/blocked", NULL, "`nfwpolicy verify` says why",
                                  n_left == 1
                                          ? "nothing passes port %s, which cannot be put under its filter"
                                          : "nothing passes port %s and others, which cannot be put under "
                                            "their filters",
                                  left->interface);
}

static int build(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        struct nfw_nwfilter_change *change = userdata;
        int r;

        nfw_nwfilter_change_deinit(change);
        r = nfw_nwfilter_change_unblock(change, context, &context->nwfilters->compiled, NULL, NULL);
        return r == 0 && change->ports.n > 0 ? nfw_nwfilter_change_put(change, context, report) : r;
}

static int applied(struct nfw_context *context, void *userdata) {
        return nfw_nwfilter_change_apply(userdata, context->nwfilters);
}

int nfw_nwfilter_unblock(struct nfw_context *context, struct nfw_report *report) {
        struct nfw_nwfilter_change change = { 0 };
        const struct nfw_nwfilter_transaction transaction = {
                .build = build, .applied = applied, .userdata = &change, .change = &change
        };
        int r;

        r = nfw_nwfilter_transaction_run(context, &transaction, report);
        nfw_nwfilter_change_deinit(&change);
        return r;
}
