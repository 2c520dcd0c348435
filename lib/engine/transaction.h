/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "engine/context.h"

/*
 * One change of the kernel, from the lock to the commit. build() looks at the context's shadow and fills the
 * context's batch; it is called again when somebody else committed in the meantime, so it must start from
 * scratch each time. It returns 0, a condition that ends the transaction (with a report) or a negative errno.
 * applied(), which may be NULL, brings the shadow up to date after the commit; without it, and where it returns -EAGAIN or
 * another negative errno, the kernel is read anew next time. What it says cannot be written is told, as a warning.
 */
struct nfw_transaction {
        int (*build)(struct nfw_context *context, void *userdata, struct nfw_report *report);
        int (*applied)(struct nfw_context *context, void *userdata);
        /* At the end, under the lock, where nothing was committed and something went wrong. May be NULL. */
        void (*failed)(struct nfw_context *context, void *userdata);
        void *userdata;
        bool asks_for_many_links; /* so that they are read once; whoever runs it hears of what changes meanwhile */
        bool dry_run;
};

/*
 * The place of the state is made first if need be. 0, what build() returned, NFW_E_REFUSED with the kernel's reason in
 * the report, or a negative errno.
 */
int nfw_transaction_run(struct nfw_context *context,
                        const struct nfw_transaction *transaction,
                        struct nfw_report *report);
