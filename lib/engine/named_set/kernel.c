/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Named sets where filters look into them. */
#include <errno.h>
#include <string.h>

#include "engine/named_set/named_set.h"
#include "nft/named_set.h"

static bool is_known(const struct nfw_nft_filter_snapshot *snapshot, const char *name) {
        nfw_vec_foreach (known, &snapshot->named_sets)
                if (strcmp(*known, name) == 0)
                        return true;
        return false;
}

struct nfw_named_set_type nfw_named_set_type_of(const struct nfw_filter_named_set *wanted) {
        return (struct nfw_named_set_type){ .family = nfw_field_info(wanted->fields[0])->size == 4 ? AF_INET
                                                                                                   : AF_INET6,
                                            .n_parts = (uint8_t)wanted->n_fields };
}

static int report_type(struct nfw_report *report,
                       const char *filter,
                       const struct nfw_named_set *set,
                       struct nfw_named_set_type wanted) {
        int r;

        r = nfw_report_error(
                report, "set/type", NULL,
                "delete the set (nfwpolicy set delete NAME) and fill it anew, or change the filter",
                "filter `%s` looks for %s (%s) in set `%s`, which has %s (%s)", filter,
                nfw_named_set_type_name(wanted), nfw_named_set_family_name(wanted), set->name,
                nfw_named_set_type_name(set->type), nfw_named_set_family_name(set->type));
        return r < 0 ? r : NFW_E_REFUSED;
}

static int put_elements(struct nfw_nft_batch *batch, const struct nfw_named_set *set) {
        nfw_cleanup(nfw_named_set_plan_deinit) struct nfw_plan_set plan = { 0 };
        int r;

        r = nfw_named_set_plan(set, &plan);
        return r < 0 ? r : nfw_nft_put_named_set_elements(batch, &plan);
}

int nfw_named_sets_put(struct nfw_context *context,
                       const struct nfw_compiled *compiled,
                       bool are_new,
                       struct nfw_report *report) {
        const struct nfw_nwfilters *filters = context->nwfilters;
        int r = 0;

        nfw_vec_foreach (wanted, &compiled->ir->named_sets) {
                nfw_cleanup(nfw_named_set_freep) struct nfw_named_set *set = NULL;
                struct nfw_named_set_type type = nfw_named_set_type_of(wanted);
                char name[NFW_NAMED_SET_NAME_MAX + sizeof(NFW_FILTER_NAMED_SETS "/")];

                r = nfw_named_set_load(context, wanted->name, &set);
                if (r == NFW_E_NOT_FOUND)
                        continue;
                if (r == 0 && (set->type.family != type.family || set->type.n_parts != type.n_parts))
                        r = report_type(report, compiled->filter, set, type);
                if (r != 0)
                        return r;
                snprintf(name, sizeof(name), NFW_FILTER_NAMED_SETS "/%s", set->name);
                if (are_new || !is_known(filters->snapshot, name))
                        r = put_elements(filters->batch, set);
                if (r < 0)
                        return r;
        }
        return 0;
}

int nfw_named_set_put(struct nfw_context *context, const struct nfw_named_set *set) {
        const struct nfw_nwfilters *filters = context->nwfilters;
        char name[NFW_NAMED_SET_NAME_MAX + sizeof(NFW_FILTER_NAMED_SETS "/")];

        snprintf(name, sizeof(name), NFW_FILTER_NAMED_SETS "/%s", set->name);
        return is_known(filters->snapshot, name) ? put_elements(filters->batch, set) : 0;
}

int nfw_named_set_put_removal(struct nfw_context *context, const char *set) {
        const struct nfw_nwfilters *filters = context->nwfilters;
        char name[NFW_NAMED_SET_NAME_MAX + sizeof(NFW_FILTER_NAMED_SETS "/")];

        snprintf(name, sizeof(name), NFW_FILTER_NAMED_SETS "/%s", set);
        nfw_vec_foreach (known, &filters->snapshot->named_sets)
                if (strcmp(*known, name) == 0)
                        return nfw_nft_put_named_set_removal(filters->batch, *known);
        return 0;
}

static int verify(struct nfw_nwfilters *filters, const struct nfw_named_set *set, struct nfw_report *report) {
        nfw_cleanup(nfw_named_set_plan_deinit) struct nfw_plan_set plan = { 0 };
        bool same = false;
        int r;

        r = nfw_named_set_plan(set, &plan);
        if (r == 0)
                r = nfw_nft_compare_named_set(filters->nft, &plan, &same);
        if (r < 0 || same)
                return r;
        r = nfw_report_error(report, "kernel/changed-set", NULL, NULL,
                             "set %s has other elements than were put there", plan.name);
        return r < 0 ? r : NFW_E_DIFFERS;
}

int nfw_named_sets_verify(struct nfw_context *context, struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        int r, result = 0;

        nfw_vec_foreach (known, &filters->snapshot->named_sets) {
                nfw_cleanup(nfw_named_set_freep) struct nfw_named_set *set = NULL;
                const char *name = *known + strlen(NFW_FILTER_NAMED_SETS "/");

                if (!nfw_named_set_name_is_valid(name))
                        continue;
                r = nfw_named_set_load(context, name, &set);
                if (r == 0)
                        r = verify(filters, set, report);
                if (r < 0)
                        return r;
                result = r == NFW_E_DIFFERS ? r : result;
        }
        return result;
}
