/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A plan as messages: its sets with their elements, its chains, its rules. */

#include "ir/plan/plan.h"
#include "nft/batch.h"

/*
 * with_chains: the policy is new, create its chains; otherwise they exist, empty (see
 * nfw_nft_put_policy_removal()), and keep being referred to by the verdict maps.
 */
int nfw_nft_put_plan(struct nfw_nft_batch *batch, const struct nfw_plan *plan, bool with_chains);
/* The names of a policy's chains: "web-egress". buffer holds NFW_NFT_NAME_MAX octets; returns buffer. */
#define NFW_NFT_NAME_MAX 128
const char *nfw_nft_chain_name(const char *policy, enum nfw_direction direction, char *buffer);
