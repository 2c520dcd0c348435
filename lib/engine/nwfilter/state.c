/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/nwfilter/record.h"

NFW_DEFINE_CLEANUP(struct nfw_nwfilters, nfw_nwfilters_free)

struct nfw_nwfilters *nfw_nwfilters_free(struct nfw_nwfilters *filters) {
        if (!filters)
                return NULL;
        nfw_compilations_deinit(&filters->compiled);
        nfw_definitions_deinit(&filters->definitions);
        nfw_definitions_deinit(&filters->records);
        nfw_vec_deinit(&filters->refused);
        nfw_blocked_free(filters->blocked);
        nfw_learning_plan_free(filters->learning);
        nfw_nft_filter_snapshot_free(filters->snapshot);
        nfw_nft_batch_free(filters->batch);
        nfw_nft_socket_free(filters->nft);
        free(filters);
        return NULL;
}

void nfw_nwfilters_set_table_name(struct nfw_nwfilters *filters, const char *name) {
        if (!filters)
                return;
        snprintf(filters->table_name, sizeof(filters->table_name), "%s" NFW_NFT_FILTER_TABLE_SUFFIX, name);
        nfw_nwfilters_invalidate(filters);
}

int nfw_nwfilters_new(const char *table_name,
                      const char *state_directory,
                      struct nfw_nwfilters **ret_filters) {
        nfw_cleanup(nfw_nwfilters_freep) struct nfw_nwfilters *filters = calloc(1, sizeof(*filters));
        int r;

        if (!filters)
                return -ENOMEM;
        nfw_nwfilters_set_table_name(filters, table_name);
        filters->definitions.directories[NFW_DEFINITIONS_OF_ADMINISTRATOR] = strdup(NFW_NWFILTER_DIRECTORY);
        filters->definitions.directories[NFW_DEFINITIONS_BUILTIN] = strdup(NFW_NWFILTER_BUILTIN_DIRECTORY);
        for (int place = 0; place < NFW_N_DEFINITION_PLACES; place++)
                if (!filters->definitions.directories[place])
                        return -ENOMEM;
        r = nfw_filter_records_set_directory(filters, state_directory);
        if (r == 0)
                r = nfw_nft_socket_new(filters->table_name, &filters->nft);
        if (r == 0)
                r = nfw_nft_batch_new(filters->table_name, &filters->batch);
        if (r == 0)
                *ret_filters = nfw_steal(filters);
        return r;
}

/**
 * nfw_context_set_nwfilter_directories() - where network filters are defined
 * @context: the context
 * @path:    where they are written to, /etc/nfwpolicy/nwfilter by default; NULL leaves it as it is. Copied.
 * @builtin: where those are that come with nfwpolicy; what is in the other directory goes before them. NULL leaves it as
 *           it is. Copied.
 *
 * Return: 0, -EINVAL where a path is not absolute, or another negative errno.
 */
nfw_public int nfw_context_set_nwfilter_directories(struct nfw_context *context,
                                                    const char *path,
                                                    const char *builtin) {
        const char *const paths[NFW_N_DEFINITION_PLACES] = {
                [NFW_DEFINITIONS_OF_ADMINISTRATOR] = path,
                [NFW_DEFINITIONS_BUILTIN] = builtin,
        };
        struct nfw_nwfilters *filters = context->nwfilters;

        if ((path && path[0] != '/') || (builtin && builtin[0] != '/'))
                return -EINVAL;
        for (int place = 0; place < NFW_N_DEFINITION_PLACES; place++) {
                char *copy;

                if (!paths[place])
                        continue;
                copy = strdup(paths[place]);
                if (!copy)
                        return -ENOMEM;
                free(filters->definitions.directories[place]);
                filters->definitions.directories[place] = copy;
        }
        nfw_nwfilters_forget(filters);
        return 0;
}

void nfw_nwfilters_forget(struct nfw_nwfilters *filters) {
        nfw_compilations_deinit(&filters->compiled);
        nfw_definitions_forget(&filters->definitions);
        nfw_definitions_forget(&filters->records);
}

void nfw_nwfilters_invalidate(struct nfw_nwfilters *filters) {
        filters->snapshot = nfw_nft_filter_snapshot_free(filters->snapshot);
}

int nfw_nwfilters_learning(const struct nfw_context *context, const struct nfw_learning_plan **ret_plan) {
        struct nfw_nwfilters *filters = context->nwfilters;
        int r = 0;

        if (filters->learning &&
            filters->learning->plan->nflog_group != nfw_plan_learning_group(context->nflog_group))
                filters->learning = nfw_learning_plan_free(filters->learning);
        if (!filters->learning)
                r = nfw_nft_learning_plan(context->nflog_group, &filters->learning);
        if (r == 0)
                *ret_plan = filters->learning;
        return r;
}

/* Where a definition or a record has changed, what was made of it goes; nothing else refers to either. */
int nfw_nwfilters_follow(struct nfw_nwfilters *filters) {
        bool defined_changed = false, recorded_changed = false;
        int r;

        r = nfw_definitions_check(&filters->definitions, &defined_changed);
        if (r == 0)
                r = nfw_definitions_check(&filters->records, &recorded_changed);
        if (r < 0)
                return r;
        if (!defined_changed && !recorded_changed)
                return 0;
        nfw_compilations_deinit(&filters->compiled);
        nfw_definitions_drop(&filters->definitions);
        nfw_definitions_drop(&filters->records);
        return 0;
}
