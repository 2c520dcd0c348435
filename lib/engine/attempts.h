/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What transactions of policies and those of filters have in common: the lock, and that they are built anew where
 * somebody else has committed since the kernel was read.
 */

#include "engine/context.h"

struct nfw_attempts {
        /* Under the lock. -EAGAIN: somebody was faster, once more; any other result ends it. */
        int (*attempt)(struct nfw_context *context, void *userdata, struct nfw_report *report);
        /* After each attempt that came to nothing: what is known of the kernel is read anew. */
        void (*invalidate)(struct nfw_context *context);
        /* At the end, where nothing was committed. May be NULL. */
        void (*failed)(struct nfw_context *context, void *userdata);
        void *userdata;
};

/*
 * The place of the state is made first if need be. What attempt() returned last; what others before it have reported is
 * taken back. Or a negative errno.
 */
int nfw_attempts_run(struct nfw_context *context,
                     const struct nfw_attempts *attempts,
                     struct nfw_report *report);

/* One batch of one of them; the kernel takes it at that generation only, else -EAGAIN. Otherwise as nfw_nft_commit(). */
struct nfw_attempt_batch {
        struct nfw_nft_socket *nft;
        struct nfw_nft_batch *batch;
        uint32_t generation;
        bool dry_run;
        bool may_expire; /* what it deletes may be gone by itself: that is as if somebody else had done it */
        bool *ret_expired; /* a grant that it deletes was gone; may be NULL */
};

int nfw_attempt_commit(const struct nfw_attempt_batch *batch, struct nfw_report *report);

/* Whether somebody has committed since. */
bool nfw_attempt_is_outdated(const struct nfw_attempt_batch *batch);
