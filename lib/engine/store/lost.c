/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instead of a policy that cannot come back while ports are under it: nobody knows what they may reach, or the kernel cannot
 * enforce it, so they may reach nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/store/store.h"

#define NOTHING                                                                                              \
        "# The ports may reach nothing until it is loaded again.\n"                                          \
        "version: \"1.0\"\n"                                                                                 \
        "rules:\n"                                                                                           \
        "  - name: nothing\n"                                                                                \
        "    action: deny\n"                                                                                 \
        "    priority: 0\n"                                                                                  \
        "    egress: {}\n"

static const char *const texts[] = {
        [NFW_DENY_LOST] =
                "# What was loaded here is lost: the store has no whole file of it any more.\n" NOTHING,
        [NFW_DENY_REFUSED] = "# What was loaded here is stored, and could not be put back.\n" NOTHING,
};

static const char *const names[] = {
        [NFW_DENY_LOST] = "lost",
        [NFW_DENY_REFUSED] = "refused",
};

bool nfw_store_is_deny_all(const struct nfw_record *record, enum nfw_deny_reason reason) {
        const struct nfw_policy *policy = record->policy;
        size_t size = strlen(texts[reason]);

        return policy->source_size == size && memcmp(policy->source, texts[reason], size) == 0;
}

static int copy_parameters(struct nfw_record *record) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = NULL;
        int r;

        r = nfw_record_compile(record, NFW_TABLE_INET, NULL, &plan);
        if (r == 0)
                memcpy(record->parameters, plan->parameters, sizeof(record->parameters));
        return r;
}

int nfw_store_deny_all(const struct nfw_context *context,
                       const char *name,
                       enum nfw_deny_reason reason,
                       struct nfw_record *ret_record) {
        struct nfw_record record = {
                .min_ttl = NFW_MIN_TTL_DEFAULT,
                .max_ttl = NFW_MAX_TTL_DEFAULT,
                .max_names = NFW_MAX_NAMES_DEFAULT,
                .nflog_group = context->nflog_group,
        };
        int r;

        strcpy(record.name, name);
        r = nfw_record_new_id(record.id);
        if (r == 0)
                r = nfw_policy_read_buffer(names[reason], texts[reason], strlen(texts[reason]), NULL,
                                           &record.policy);
        if (r == 0)
                r = copy_parameters(&record);
        if (r != 0) {
                nfw_record_deinit(&record);
                return r;
        }
        *ret_record = record;
        return 0;
}
