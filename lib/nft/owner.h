/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "nft/policy_index.h"

/*
 * Finds which policy each set of a table belongs to. What we wrote says so itself, in its user data. A table that
 * went through `nft list` and `nft -f` has lost that; then it is the policy whose rules look the set up, and
 * where none does, the one with the longest name that the set's name begins with.
 */
int nfw_nft_assign_sets(struct nfw_nft_socket *nft,
                        enum nfw_table table,
                        const struct nfw_nft_policy_index *policies);

struct nfw_nft_policy *nfw_nft_find_policy(const struct nfw_nft_snapshot *snapshot,
                                           enum nfw_table table,
                                           const char *name);

/* The policy's name in "web-egress"; NULL where the chain is no policy's of that direction. The caller frees it. */
int nfw_nft_policy_of_chain(const char *chain, enum nfw_direction direction, char **ret_policy);

/* The same for "web-egress-block12", of any direction. */
int nfw_nft_policy_of_block(const char *chain, char **ret_policy);

/* The id in "policy web, id 0123456789abcdef"; "" in "policy web"; NULL in what is no comment of that policy. */
const char *nfw_nft_comment_id(const char *comment, const char *policy);
