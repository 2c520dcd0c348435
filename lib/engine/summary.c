/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/summary.h"

#include <errno.h>
#include <string.h>

static void forget(struct nfw_context *context, struct nfw_summary *summary) {
        HASH_DEL(context->summaries, summary);
        free(summary->file);
        free(summary);
}

void nfw_summaries_deinit(struct nfw_context *context) {
        struct nfw_summary *summary, *next;

        HASH_ITER(hh, context->summaries, summary, next)
        forget(context, summary);
}

void nfw_summaries_trim(struct nfw_context *context) {
        struct nfw_summary *summary, *next;

        HASH_ITER(hh, context->summaries, summary, next) {
                if (!summary->is_in_force)
                        forget(context, summary);
                else
                        summary->is_in_force = false;
        }
}

static int add(struct nfw_context *context,
               const struct nfw_record *record,
               struct nfw_summary **ret_summary) {
        struct nfw_summary *summary = calloc(1, sizeof(*summary));

        if (!summary)
                return -ENOMEM;
        strcpy(summary->id, record->id);
        summary->n_rules = nfw_policy_n_rules(record->policy);
        summary->has_domains = nfw_policy_has_domains(record->policy);
        summary->any_resolver = record->any_resolver;
        summary->log_denied = record->log_denied;
        summary->file = strdup(record->policy->file);
        if (summary->file)
                HASH_ADD_STR(context->summaries, id, summary);
        if (!summary->file || !summary->hh.tbl) {
                free(summary->file);
                free(summary);
                return -ENOMEM;
        }
        *ret_summary = summary;
        return 0;
}

int nfw_summary_get(struct nfw_context *context,
                    const struct nfw_nft_policy *policy,
                    const struct nfw_summary **ret_summary) {
        struct nfw_summary *summary;
        struct nfw_record record;
        int r;

        HASH_FIND_STR(context->summaries, policy->id, summary);
        /* Somebody may have removed it all the same, and then it cannot be shown any more either. */
        if (summary && !nfw_record_exists(context, policy->name, policy->id))
                return NFW_E_NOT_FOUND;
        if (!summary) {
                r = nfw_record_read(context, policy->name, policy->id, &record);
                if (r != 0)
                        return r;
                r = add(context, &record, &summary);
                nfw_record_deinit(&record);
                if (r < 0)
                        return r;
        }
        summary->is_in_force = true;
        *ret_summary = summary;
        return 0;
}
