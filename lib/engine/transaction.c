/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/transaction.h"

#include <errno.h>

#include "engine/lock.h"
#include "engine/state.h"

/* Only programs that are not ours can get in between while the lock is held; they do not do so for ever. */
#define MAX_ATTEMPTS 64

static int commit(struct nfw_context *context,
                  const struct nfw_transaction *transaction,
                  struct nfw_report *report) {
        struct nfw_nft_failure failure = { 0 };
        int r;

        r = nfw_nft_commit(context->nft, context->batch, context->shadow.generation, transaction->dry_run,
                           &failure);
        if (r != 0)
                return r == NFW_NFT_STALE ? -EAGAIN : nfw_context_report_failure(report, r, &failure);
        if (transaction->dry_run)
                return 0;

        nfw_shadow_advance(&context->shadow);
        if (!transaction->applied || transaction->applied(context, transaction->userdata) < 0)
                nfw_shadow_invalidate(&context->shadow);
        return 0;
}

static bool has_moved_on(struct nfw_context *context) {
        uint32_t generation;

        return nfw_nft_generation(context->nft, &generation) == 0 && generation != context->shadow.generation;
}

static int attempt(struct nfw_context *context,
                   const struct nfw_transaction *transaction,
                   struct nfw_report *report) {
        size_t n_diagnostics = report ? nfw_report_n_diagnostics(report) : 0;
        bool fresh = !context->shadow.valid;
        int r;

        r = nfw_shadow_refresh(&context->shadow, context->nft);
        if (r < 0)
                return r;

        nfw_nft_batch_reset(context->batch);
        r = transaction->build(context, transaction->userdata, report);
        /*
         * A refusal, and that there is nothing to do, must rest on what the kernel holds now, not on what it held
         * after our last commit; the kernel itself sees to that for what it is sent.
         */
        if (r == 0 && !nfw_nft_batch_is_empty(context->batch))
                r = commit(context, transaction, report);
        else if (r == -EINTR || (!fresh && has_moved_on(context)))
                r = -EAGAIN;
        if (r == -EAGAIN)
                nfw_report_truncate(report, n_diagnostics);
        return r;
}

/* Nearly always the place of the state is there, and attaching a port takes a few microseconds. */
static int acquire(struct nfw_lock *lock, const struct nfw_context *context, struct nfw_report *report) {
        int r;

        r = nfw_lock_acquire(lock, context);
        if (r == 0)
                return 0;
        r = nfw_state_prepare(context, report);
        return r < 0 ? r : nfw_lock_acquire(lock, context);
}

int nfw_transaction_run(struct nfw_context *context,
                        const struct nfw_transaction *transaction,
                        struct nfw_report *report) {
        struct nfw_lock lock = NFW_LOCK_INIT;
        int r;

        r = acquire(&lock, context, report);
        if (r < 0)
                return r;

        r = -EAGAIN;
        for (int i = 0; r == -EAGAIN && i < MAX_ATTEMPTS; i++) {
                r = attempt(context, transaction, report);
                if (r != 0)
                        nfw_shadow_invalidate(&context->shadow);
        }

        nfw_lock_release(&lock);
        return r;
}
