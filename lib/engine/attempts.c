/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/attempts.h"

#include <errno.h>
#include <string.h>

#include "engine/lock.h"
#include "engine/state.h"

/* Only programs that are not ours can get in between while the lock is held; they do not do so for ever. */
#define MAX_ATTEMPTS 64

/* It was there when the set was read; what a learner has put there ends by itself. */
static bool is_expired_grant(const struct nfw_nft_failure *failure) {
        return failure->error == ENOENT && failure->origin.what && strcmp(failure->origin.what, "grant") == 0;
}

int nfw_attempt_commit(const struct nfw_attempt_batch *batch, struct nfw_report *report) {
        struct nfw_nft_failure failure = { 0 };
        int r;

        r = nfw_nft_commit(batch->nft, batch->batch, batch->generation, batch->dry_run, &failure);
        if (batch->ret_expired)
                *batch->ret_expired = is_expired_grant(&failure);
        if (r == NFW_NFT_STALE || (r == -ENOENT && batch->may_expire) || is_expired_grant(&failure))
                return -EAGAIN;
        return r == 0 ? 0 : nfw_context_report_failure(report, r, &failure);
}

bool nfw_attempt_is_outdated(const struct nfw_attempt_batch *batch) {
        uint32_t generation;

        return nfw_nft_generation(batch->nft, &generation) == 0 && generation != batch->generation;
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

int nfw_attempts_run(struct nfw_context *context,
                     const struct nfw_attempts *attempts,
                     struct nfw_report *report) {
        size_t n_diagnostics = report ? nfw_report_n_diagnostics(report) : 0;
        struct nfw_lock lock = NFW_LOCK_INIT;
        int r;

        r = acquire(&lock, context, report);
        if (r < 0)
                return r;

        r = -EAGAIN;
        for (int i = 0; r == -EAGAIN && i < MAX_ATTEMPTS; i++) {
                r = attempts->attempt(context, attempts->userdata, report);
                if (r != 0)
                        attempts->invalidate(context);
                if (r == -EAGAIN)
                        nfw_report_truncate(report, n_diagnostics);
        }
        if (r != 0 && attempts->failed)
                attempts->failed(context, attempts->userdata);

        nfw_lock_release(&lock);
        return r;
}
