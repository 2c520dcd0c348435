/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "nft/set.h"

/* The longest prefix of a log message that the kernel takes, with its NUL. */
#define NFW_NFT_PREFIX_MAX 128

/* "nfwpolicy web 0123456789abcdef query"; -ENAMETOOLONG where that is longer. */
int nfw_nft_mirror_prefix(const struct nfw_plan *plan,
                          enum nfw_mirror mirror,
                          char buffer[static NFW_NFT_PREFIX_MAX]);

struct nftnl_rule;

/* A rule with its expressions, behind those that the chain has. 0 or a negative errno. */
int nfw_nft_put_built_rule(struct nfw_nft_batch *batch,
                           enum nfw_table table,
                           const char *chain,
                           struct nftnl_rule *rule,
                           const struct nfw_nft_origin *origin);

/* One rule of a plan's chain, behind those that the chain has, with the anonymous sets that belong to it. */
int nfw_nft_put_rule(struct nfw_nft_batch *batch,
                     const struct nfw_plan *plan,
                     const struct nfw_plan_chain *chain,
                     const struct nfw_plan_rule *rule);

/* iifname vmap @egress, in the base chain of that direction. */
int nfw_nft_put_dispatch_rule(struct nfw_nft_batch *batch,
                              enum nfw_table table,
                              enum nfw_direction direction);

/* iifname @set goto target, in whatever chain of that direction. */
int nfw_nft_put_port_rule(struct nfw_nft_batch *batch,
                          enum nfw_table table,
                          const char *chain,
                          enum nfw_direction direction,
                          const char *set,
                          const char *target);

/* Deletes all rules of a chain. */
int nfw_nft_put_flush(struct nfw_nft_batch *batch,
                      enum nfw_table table,
                      const char *chain,
                      const struct nfw_nft_origin *origin);
