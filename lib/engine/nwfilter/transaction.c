/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "engine/attempts.h"
#include "engine/nwfilter/record.h"
#include "engine/nwfilter/state.h"

/* Policies and filters are one ruleset to the kernel, and have one generation. */
static void advance(uint32_t *generation) {
        if (++*generation == 0)
                *generation = 1;
}

static int commit(struct nfw_context *context,
                  const struct nfw_nwfilter_transaction *transaction,
                  const struct nfw_attempt_batch *batch,
                  struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        int r;

        r = nfw_attempt_commit(batch, report);
        if (r != 0 || transaction->dry_run)
                return r;

        /* What is known of policies is as true as it was. */
        if (context->shadow.valid && context->shadow.generation == batch->generation)
                nfw_shadow_advance(&context->shadow);
        advance(&filters->snapshot->generation);
        if (!transaction->applied || transaction->applied(context, transaction->userdata) != 0)
                nfw_nwfilters_invalidate(filters);
        return 0;
}

/* From a build to the commit, if there is anything to commit. */
static int put_in_force(struct nfw_context *context,
                        const struct nfw_nwfilter_transaction *transaction,
                        bool fresh,
                        int built,
                        struct nfw_report *report) {
        struct nfw_nwfilters *filters = context->nwfilters;
        const struct nfw_attempt_batch batch = {
                .nft = filters->nft,
                .batch = filters->batch,
                .generation = filters->snapshot->generation,
                .dry_run = transaction->dry_run,
                .may_expire = filters->snapshot->has_learning,
        };

        if (built == 0 && !nfw_nft_batch_is_empty(filters->batch))
                return commit(context, transaction, &batch, report);
        if (built == -EINTR || (!fresh && nfw_attempt_is_outdated(&batch)))
                return -EAGAIN;
        if (built == 0 && transaction->applied && !transaction->dry_run &&
            transaction->applied(context, transaction->userdata) != 0)
                nfw_nwfilters_invalidate(filters);
        return built;
}

struct run {
        const struct nfw_nwfilter_transaction *transaction;
        bool has_followed; /* what has become of the definitions, which is done once */
};

static int build(struct nfw_context *context,
                 const struct nfw_nwfilter_transaction *transaction,
                 struct nfw_filter_record_log *log,
                 struct nfw_report *report) {
        int r = transaction->build(context, transaction->userdata, report);

        if (r == 0 && transaction->change && !transaction->dry_run)
                r = nfw_filter_records_write(context, transaction->change, log);
        return r;
}

static void end(struct nfw_context *context, const struct nfw_filter_record_log *log, bool is_committed) {
        if (is_committed)
                nfw_filter_records_settle(context->nwfilters, log);
        else
                nfw_filter_records_undo(context->nwfilters, log);
}

static int attempt(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        nfw_cleanup(nfw_filter_record_log_deinit) struct nfw_filter_record_log log = { 0 };
        struct nfw_nwfilters *filters = context->nwfilters;
        struct run *run = userdata;
        bool fresh;
        int r = 0;

        if (!run->has_followed)
                r = nfw_nwfilters_follow(filters);
        run->has_followed = true;
        fresh = !filters->snapshot;
        if (r == 0 && fresh)
                r = nfw_nft_filter_snapshot_new(filters->nft, &filters->snapshot);
        if (r < 0)
                return r;

        nfw_nft_batch_reset(filters->batch);
        r = build(context, run->transaction, &log, report);
        r = put_in_force(context, run->transaction, fresh, r, report);
        end(context, &log, r == 0);
        return r;
}

int nfw_nwfilter_join(struct nfw_context *context,
                      const struct nfw_nwfilter_transaction *transaction,
                      struct nfw_report *report,
                      struct nfw_filter_record_log *log) {
        struct nfw_nwfilters *filters = context->nwfilters;
        int r;

        r = nfw_nwfilters_follow(filters);
        if (r == 0 && !filters->snapshot)
                r = nfw_nft_filter_snapshot_new(filters->nft, &filters->snapshot);
        if (r < 0)
                return r;
        if (filters->snapshot->generation != context->shadow.generation) {
                nfw_nwfilters_invalidate(filters);
                return -EAGAIN;
        }

        nfw_nft_batch_reset(filters->batch);
        nfw_nft_batch_continue(filters->batch, context->batch);
        r = build(context, transaction, log, report);
        return r == 0 ? nfw_nft_batch_append(context->batch, filters->batch) : r;
}

void nfw_nwfilter_join_end(struct nfw_context *context,
                           struct nfw_filter_record_log *log,
                           bool is_committed) {
        end(context, log, is_committed);
        nfw_filter_record_log_deinit(log);
        *log = (struct nfw_filter_record_log){ 0 };
        nfw_nwfilters_invalidate(context->nwfilters);
}

static void invalidate(struct nfw_context *context) {
        nfw_nwfilters_invalidate(context->nwfilters);
}

static void failed(struct nfw_context *context, void *userdata) {
        const struct run *run = userdata;

        if (run->transaction->failed)
                run->transaction->failed(context, run->transaction->userdata);
}

int nfw_nwfilter_transaction_run(struct nfw_context *context,
                                 const struct nfw_nwfilter_transaction *transaction,
                                 struct nfw_report *report) {
        struct run run = { .transaction = transaction };
        const struct nfw_attempts attempts = {
                .attempt = attempt,
                .invalidate = invalidate,
                .failed = failed,
                .userdata = &run,
        };

        return nfw_attempts_run(context, &attempts, report);
}
