/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "engine/nwfilter/change_parts.h"

struct undefine {
        const char *given;
        char *name;
};

static int report_no_filter(struct nfw_report *report, const char *name) {
        int r;

        r = nfw_report_error(report, "nwfilter/no-filter", NULL,
                             "`nfwpolicy nwfilter-list` lists those that are defined",
                             "there is no filter `%s`", name);
        return r < 0 ? r : NFW_E_NOT_FOUND;
}

static int report_used(struct nfw_report *report, const char *name, const struct nfw_nwfilter_binding *by) {
        int r;

        r = nfw_report_error(report, "nwfilter/in-use", NULL, "delete the bindings first",
                             "filter `%s` is in use: port %s is under `%s`", name, by->port, by->filter);
        return r < 0 ? r : NFW_E_IN_USE;
}

/* Of ports that nothing passes only the filter counts that they wait for. */
static int check_not_waited_for(struct nfw_context *context,
                                size_t blocked,
                                const char *name,
                                struct nfw_report *report) {
        const struct nfw_nft_filter_port *port;

        for (port = context->nwfilters->snapshot->ports; port; port = port->hh.next) {
                nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;
                int r;

                if (port->filter != blocked)
                        continue;
                r = nfw_nwfilter_binding_load(context, port->interface, &binding);
                if (r < 0)
                        return r;
                if (r == 0 && strcmp(binding->filter, name) == 0)
                        return report_used(report, name, binding);
        }
        return 0;
}

static int check_unused(struct nfw_context *context, const char *name, struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        int r = 0;

        for (size_t i = 0; i < filters->snapshot->filters.n && r == 0; i++) {
                nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;
                const struct nfw_compiled *compiled;

                if (strcmp(filters->snapshot->filters.items[i].name, NFW_FILTER_BLOCKED) == 0) {
                        r = check_not_waited_for(context, i, name, report);
                        continue;
                }
                r = nfw_nwfilter_sample(context, i, &binding);
                if (r < 0 || !binding)
                        continue;
                r = nfw_compile(context, filters, &filters->compiled, binding, NULL, &compiled);
                /* What cannot be compiled now may have it all the same. */
                if (r == 0 && !nfw_compiled_has(compiled, name))
                        continue;
                if (r < 0)
                        return r;
                return report_used(report, name, binding);
        }
        return r;
}

static int build_undefine(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        struct nfw_definitions *definitions = &context->nwfilters->definitions;
        const struct nfw_definition *definition;
        struct undefine *undefine = userdata;
        int r;

        free(undefine->name);
        undefine->name = NULL;
        r = nfw_definitions_name_of(definitions, undefine->given, &undefine->name);
        if (r == NFW_E_NOT_FOUND)
                return report_no_filter(report, undefine->given);
        if (r == 0)
                r = nfw_definitions_find(definitions, undefine->name, NULL, &definition);
        if (r == 0 && definition->is_builtin) {
                r = nfw_report_error(report, "nwfilter/builtin", NULL, NULL,
                                     "filter `%s` comes with nfwpolicy and cannot be undefined",
                                     undefine->name);
                return r < 0 ? r : NFW_E_REFUSED;
        }
        return r < 0 ? r : check_unused(context, undefine->name, report);
}

static int applied_undefine(struct nfw_context *context, void *userdata) {
        struct nfw_nwfilters *filters = context->nwfilters;
        const struct undefine *undefine = userdata;
        int r;

        r = nfw_definitions_remove(&filters->definitions, undefine->name);
        nfw_nwfilters_forget(filters);
        return r;
}

/**
 * nfw_nwfilter_undefine() - forget a network filter
 * @context: the context
 * @name:    its name or UUID
 * @report:  what is wrong is added here; may be NULL
 *
 * Where it had taken the place of one that comes with nfwpolicy, that one is there again.
 *
 * Return: 0; NFW_E_NOT_FOUND for an unknown filter; NFW_E_IN_USE where a port is under it or under one that refers to
 * it; NFW_E_REFUSED for one that comes with nfwpolicy; or a negative errno.
 */
nfw_public int nfw_nwfilter_undefine(struct nfw_context *context,
                                     const char *name,
                                     struct nfw_report *report) {
        struct undefine undefine = { .given = name };
        const struct nfw_nwfilter_transaction transaction = { .build = build_undefine,
                                                              .applied = applied_undefine,
                                                              .userdata = &undefine };
        int r;

        r = nfw_nwfilter_transaction_run(context, &transaction, report);
        free(undefine.name);
        return r;
}
