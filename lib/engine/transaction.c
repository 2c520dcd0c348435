/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/transaction.h"

#include <errno.h>

#include "base/error.h"
#include "engine/attempts.h"

/* It is in force all the same. */
static int warn_not_recorded(struct nfw_report *report, int error) {
        int r;

        r = nfw_report_warning(report, "state/not-recorded", NULL,
                               "make room in the state directory (--state-directory), and do it again",
                               "what is in force cannot be remembered: %s", nfw_strerror(-error));
        return r < 0 ? r : 0;
}

static int commit(struct nfw_context *context,
                  const struct nfw_transaction *transaction,
                  const struct nfw_attempt_batch *batch,
                  struct nfw_report *report) {
        int r;

        r = nfw_attempt_commit(batch, report);
        if (r == -EAGAIN && *batch->ret_expired)
                nfw_leaving_widen(&context->leaving);
        if (r != 0)
                return r;
        /* What building has noted there has not come to be. */
        if (transaction->dry_run) {
                nfw_shadow_invalidate(&context->shadow);
                return 0;
        }

        nfw_shadow_advance(&context->shadow);
        r = transaction->applied ? transaction->applied(context, transaction->userdata) : -EAGAIN;
        if (r >= 0)
                return 0;
        nfw_shadow_invalidate(&context->shadow);
        return r == -EAGAIN || r == -ENOMEM ? 0 : warn_not_recorded(report, r);
}

static int attempt(struct nfw_context *context, void *userdata, struct nfw_report *report) {
        const struct nfw_transaction *transaction = userdata;
        bool fresh = !context->shadow.valid, has_expired = false;
        struct nfw_attempt_batch batch;
        int r;

        r = nfw_shadow_refresh(&context->shadow, context->nft);
        if (r < 0)
                return r;

        nfw_nft_batch_reset(context->batch);
        nfw_leaving_clear(&context->leaving);
        if (transaction->asks_for_many_links)
                nfw_rtnl_hold(context->rtnl);
        r = transaction->build(context, transaction->userdata, report);
        if (transaction->asks_for_many_links)
                nfw_rtnl_release(context->rtnl);
        if (r == 0)
                r = nfw_leaving_put(context);
        batch = (struct nfw_attempt_batch){
                .nft = context->nft,
                .batch = context->batch,
                .generation = context->shadow.generation,
                .dry_run = transaction->dry_run,
                .ret_expired = &has_expired,
        };
        /*
         * A refusal, and that there is nothing to do, must rest on what the kernel holds now, not on what it held
         * after our last commit; the kernel itself sees to that for what it is sent.
         */
        if (r == 0 && !nfw_nft_batch_is_empty(context->batch))
                return commit(context, transaction, &batch, report);
        return r == -EINTR || (!fresh && nfw_attempt_is_outdated(&batch)) ? -EAGAIN : r;
}

static void invalidate(struct nfw_context *context) {
        nfw_shadow_invalidate(&context->shadow);
}

static void failed(struct nfw_context *context, void *userdata) {
        const struct nfw_transaction *transaction = userdata;

        if (transaction->failed)
                transaction->failed(context, transaction->userdata);
}

int nfw_transaction_run(struct nfw_context *context,
                        const struct nfw_transaction *transaction,
                        struct nfw_report *report) {
        const struct nfw_attempts attempts = {
                .attempt = attempt,
                .invalidate = invalidate,
                .failed = failed,
                .userdata = (void *)transaction,
        };

        nfw_leaving_begin(&context->leaving);
        return nfw_attempts_run(context, &attempts, report);
}
