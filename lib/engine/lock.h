/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The single writer: whoever changes the kernel's rules or our state files holds it, the learner too. It is a
 * file lock, so the kernel lets go of it when its holder dies. Closing it after a change is also what wakes
 * the learner (it watches the file).
 */

#include "engine/context.h"

struct nfw_lock {
        int fd;
};

#define NFW_LOCK_INIT                                                                                        \
        { .fd = -1 }

/* Waits for the lock. 0 or a negative errno. */
int nfw_lock_acquire(struct nfw_lock *lock, const struct nfw_context *context);
void nfw_lock_release(struct nfw_lock *lock);
/* The file's path; the caller frees it. */
int nfw_lock_path(const struct nfw_context *context, char **ret_path);
