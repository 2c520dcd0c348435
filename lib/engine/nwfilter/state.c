/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/lock.h"
#include "engine/nwfilter/record.h"

/* Only programs that are not ours can get in between while the lock is held; they do not do so for ever. */
#define MAX_ATTEMPTS 64

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

/* --- transactions -------------------------------------------------------------------------------------------- */

/* Policies and filters are one ruleset to the kernel, and have one generation. */
static void advance(uint32_t *generation) {
        if (++*generation == 0)
                *generation = 1;
}

static int commit(struct nfw_context *context,
                  const struct nfw_nwfilter_transaction *transaction,
                  struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        struct nfw_nft_failure failure = { 0 };
        uint32_t generation = filters->snapshot->generation;
        int r;

        r = nfw_nft_commit(filters->nft, filters->batch, generation, transaction->dry_run, &failure);
        /* What was learned has expired since it was read. */
        if (r == -ENOENT && filters->snapshot->has_learning)
                return -EAGAIN;
        if (r != 0)
                return r == NFW_NFT_STALE ? -EAGAIN : nfw_context_report_failure(report, r, &failure);
        if (transaction->dry_run)
                return 0;

        /* What is known of policies is as true as it was. */
        if (context->shadow.valid && context->shadow.generation == generation)
                nfw_shadow_advance(&context->shadow);
        advance(&filters->snapshot->generation);
        if (!transaction->applied || transaction->applied(context, transaction->userdata) != 0)
                nfw_nwfilters_invalidate(filters);
        return 0;
}

static bool has_moved_on(const struct nfw_nwfilters *filters) {
        uint32_t generation;

        return nfw_nft_generation(filters->nft, &generation) == 0 &&
               generation != filters->snapshot->generation;
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

static int attempt(struct nfw_context *context,
                   const struct nfw_nwfilter_transaction *transaction,
                   struct nfw_report *report) {
        nfw_cleanup(nfw_filter_record_log_deinit) struct nfw_filter_record_log log = { 0 };
        struct nfw_nwfilters *filters = context->nwfilters;
        size_t n_diagnostics = report ? nfw_report_n_diagnostics(report) : 0;
        bool fresh = !filters->snapshot;
        int r = 0;

        if (fresh)
                r = nfw_nft_filter_snapshot_new(filters->nft, &filters->snapshot);
        if (r < 0)
                return r;

        nfw_nft_batch_reset(filters->batch);
        r = transaction->build(context, transaction->userdata, report);
        if (r == 0 && transaction->change && !transaction->dry_run)
                r = nfw_filter_records_write(context, transaction->change, &log);
        if (r == 0 && !nfw_nft_batch_is_empty(filters->batch))
                r = commit(context, transaction, report);
        else if (r == -EINTR || (!fresh && has_moved_on(filters)))
                r = -EAGAIN;
        else if (r == 0 && transaction->applied && !transaction->dry_run &&
                 transaction->applied(context, transaction->userdata) != 0)
                nfw_nwfilters_invalidate(filters);
        if (r == 0)
                nfw_filter_records_settle(filters, &log);
        else
                nfw_filter_records_undo(filters, &log);
        if (r == -EAGAIN)
                nfw_report_truncate(report, n_diagnostics);
        return r;
}

static int acquire(struct nfw_lock *lock, const struct nfw_context *context, struct nfw_report *report) {
        int r;

        r = nfw_lock_acquire(lock, context);
        if (r == 0)
                return 0;
        r = nfw_state_prepare(context, report);
        return r < 0 ? r : nfw_lock_acquire(lock, context);
}

int nfw_nwfilter_transaction_run(struct nfw_context *context,
                                 const struct nfw_nwfilter_transaction *transaction,
                                 struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        struct nfw_lock lock = NFW_LOCK_INIT;
        int r;

        r = acquire(&lock, context, report);
        if (r < 0)
                return r;

        r = nfw_nwfilters_follow(filters);
        if (r == 0)
                r = -EAGAIN;
        for (int i = 0; r == -EAGAIN && i < MAX_ATTEMPTS; i++) {
                r = attempt(context, transaction, report);
                if (r != 0)
                        nfw_nwfilters_invalidate(filters);
        }
        if (r != 0 && transaction->failed)
                transaction->failed(context, transaction->userdata);

        nfw_lock_release(&lock);
        return r;
}
