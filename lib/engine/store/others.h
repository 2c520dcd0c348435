/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Networks and network filters on their way back, in the transaction of the policies: a guest that has several of them
 * never has some of them only.
 */

#include "engine/network/network.h"
#include "engine/nwfilter/restore.h"
#include "engine/store/store.h"

struct nfw_returning_others {
        bool come_later; /* in transactions of their own: something of all was refused */
        bool wants_filters, has_joined, filters_are_back;
        struct nfw_running_networks networks;
        struct nfw_nwfilter_restoration filters;
};

/* Of two results: what went wrong is told before what was left out. */
static inline int nfw_worse_result(int a, int b) {
        return a < 0 || (a > 0 && b >= 0) ? a : b;
}

void nfw_returning_others_deinit(struct nfw_returning_others *others);

/* Before the transaction: what is stored is to be in force. 0, a condition, or a negative errno. */
int nfw_returning_others_prepare(struct nfw_returning_others *others,
                                 const struct nfw_store *store,
                                 struct nfw_report *report);
/* Into the context's batch, behind the policies, each time it is built. As nfw_nwfilter_join(). */
int nfw_returning_others_join(struct nfw_returning_others *others,
                              struct nfw_context *context,
                              struct nfw_report *report);
/* After the commit, or where there was none. */
void nfw_returning_others_end(struct nfw_returning_others *others,
                              struct nfw_context *context,
                              bool is_committed);
/* Bridges, and what was not in the transaction. 0, a condition, or a negative errno. */
int nfw_returning_others_finish(struct nfw_returning_others *others,
                                struct nfw_context *context,
                                struct nfw_report *report);
