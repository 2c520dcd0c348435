/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/nwfilter/wanted.h"

void nfw_nwfilter_wanted_deinit(struct nfw_nwfilter_wanted *wanted) {
        nfw_vec_deinit(&wanted->compiled);
        wanted->bindings = nfw_nwfilter_binding_list_free(wanted->bindings);
        wanted->result = 0;
}

int nfw_nwfilter_wanted_block(struct nfw_nwfilter_wanted *wanted,
                              struct nfw_context *context,
                              size_t index,
                              int reason,
                              struct nfw_report *report) {
        const struct nfw_nwfilter_binding *binding = wanted->bindings->vec.items[index];
        int r;

        r = nfw_compile_blocked(context->nwfilters, &wanted->compiled.items[index]);
        if (r < 0)
                return r;
        wanted->result = reason;
        return nfw_report_error(report, "nwfilter/not-restored", NULL,
                                "define the filter so that it can be, or delete the binding",
                                "nothing passes port %s: it cannot be put under filter `%s`", binding->port,
                                binding->filter);
}

int nfw_nwfilter_wanted_find(struct nfw_nwfilter_wanted *wanted,
                             struct nfw_context *context,
                             struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        int r;

        nfw_nwfilter_wanted_deinit(wanted);
        r = nfw_nwfilter_bindings_load(context, &wanted->bindings);
        for (size_t i = 0; r == 0 && i < wanted->bindings->vec.n; i++) {
                const struct nfw_compiled *compiled = NULL;
                int reason;

                reason = nfw_compile(context, filters, &filters->compiled, wanted->bindings->vec.items[i],
                                     report, &compiled);
                if (reason < 0)
                        return reason;
                if (reason == 0 && nfw_compiled_is_refused(filters, compiled))
                        reason = NFW_E_REFUSED;
                r = nfw_vec_push(&wanted->compiled, compiled);
                if (r == 0 && reason > 0)
                        r = nfw_nwfilter_wanted_block(wanted, context, i, reason, report);
        }
        return r;
}
