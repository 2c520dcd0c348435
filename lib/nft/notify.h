/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What others commit, as the kernel tells everybody who listens: which grants came and went, and what else. A
 * transaction's notifications arrive one after the other and end with the generation they made.
 */

#include "nft/dump.h"

struct nfw_nft_notifier;

/* Who committed, as the kernel has it: the process may have ended, and its name is what it says of itself. */
struct nfw_nft_author {
        uint32_t pid;
        char name[16];
};

/* Any of them may return a negative errno, which ends the dispatch; all but end and lost may be NULL. */
struct nfw_nft_notify_handlers {
        /* An element of one of our sets whose key is that of a grant; the set may be another than a learned one. */
        int (*grant)(const char *set, bool added, const struct nfw_nft_grant *grant, void *userdata);
        /* A set of ours was made or deleted: policies are being loaded, replaced or unloaded. */
        int (*set)(void *userdata);
        /* Elements of one of our sets or maps. */
        int (*elements)(const char *set, void *userdata);
        /* Anything else of ours. */
        int (*object)(void *userdata);
        /* Anything of the table that nfw_nft_notifier_watch_filters() names. */
        int (*filter)(void *userdata);
        /* The transaction is complete. */
        int (*end)(const struct nfw_nft_author *author, void *userdata);
        /* Notifications did not fit into the socket's buffer; how many is not known. */
        int (*lost)(void *userdata);
};

/* table_name is what our tables are called; it is borrowed. 0 or a negative errno; -EPERM without CAP_NET_ADMIN. */
int nfw_nft_notifier_new(const char *table_name, struct nfw_nft_notifier **ret_notifier);
struct nfw_nft_notifier *nfw_nft_notifier_free(struct nfw_nft_notifier *notifier);
NFW_DEFINE_CLEANUP(struct nfw_nft_notifier, nfw_nft_notifier_free)

/* The bridge table of network filters is watched as well; its name is borrowed. */
void nfw_nft_notifier_watch_filters(struct nfw_nft_notifier *notifier, const char *table_name);

/* Readable when there is something to dispatch. */
int nfw_nft_notifier_get_fd(const struct nfw_nft_notifier *notifier);

/* Handles what has arrived, without waiting, and a bounded amount of it: the descriptor stays readable. */
int nfw_nft_notifier_dispatch(struct nfw_nft_notifier *notifier,
                              const struct nfw_nft_notify_handlers *handlers,
                              void *userdata);
