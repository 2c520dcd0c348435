/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "nft/dump.h"

struct nfw_nft_policy_entry;

/* The policies of one table of a snapshot by their names. Zero it to begin with. */
struct nfw_nft_policy_index {
        struct nfw_nft_policy_entry *entries;
};

/*
 * The snapshot's array of policies must stay where it is as long as the index is used. 0 or -ENOMEM; to be
 * deinitialised in any case.
 */
int nfw_nft_policy_index_init(struct nfw_nft_policy_index *index,
                              struct nfw_nft_snapshot *snapshot,
                              enum nfw_table table);
void nfw_nft_policy_index_deinit(struct nfw_nft_policy_index *index);

/* Calls back for each, until the callback returns other than 0; returns that. */
int nfw_nft_policy_index_foreach(const struct nfw_nft_policy_index *index,
                                 int (*callback)(struct nfw_nft_policy *policy, void *userdata),
                                 void *userdata);
/* The policy whose name is the first size octets, or NULL. */
struct nfw_nft_policy *nfw_nft_policy_index_find(const struct nfw_nft_policy_index *index,
                                                 const char *name,
                                                 size_t size);
