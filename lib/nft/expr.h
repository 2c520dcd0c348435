/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The kernel's expressions, appended to a rule in the forms in which nft writes them, since only those are
 * listed as what they mean. All return 0 or -ENOMEM.
 */

#include <stdbool.h>

#include <libnftnl/rule.h>

#include "nft/set.h"

/* The register of a key that begins n octets behind the first one, as the kernel numbers it in dumps. */
uint32_t nfw_nft_register(size_t octets);

/* size octets from the beginning of the field (0: all of it), into the register. */
int nfw_nft_expr_load(struct nftnl_rule *rule, const struct nfw_nft_field *field, size_t size, uint32_t reg);
/* The fields of a key, one behind the other; masks may be NULL. */
int nfw_nft_expr_load_key(struct nftnl_rule *rule,
                          const struct nfw_nft_key *key,
                          const struct nfw_nft_masks *masks);
int nfw_nft_expr_meta(struct nftnl_rule *rule, uint32_t key, uint32_t reg);
/* The first register against a value; op is NFT_CMP_x. */
int nfw_nft_expr_cmp(struct nftnl_rule *rule, uint32_t op, const void *value, size_t size);
int nfw_nft_expr_not_in_range(struct nftnl_rule *rule, const void *first, const void *last, size_t size);
int nfw_nft_expr_mask(struct nftnl_rule *rule, const void *mask, size_t size);
int nfw_nft_expr_mask_in(struct nftnl_rule *rule, uint32_t reg, const void *mask, size_t size);
/* Whether the TCP header has an option of that kind: 1 or 0 in the first register. */
int nfw_nft_expr_tcp_option(struct nftnl_rule *rule, uint8_t kind);
/* set_id is 0 for a set with a name of its own. */
int nfw_nft_expr_lookup(struct nftnl_rule *rule, const char *set, uint32_t set_id, bool negate);
/* The map's verdict. */
int nfw_nft_expr_vmap(struct nftnl_rule *rule, const char *map);
int nfw_nft_expr_log(struct nftnl_rule *rule, const char *prefix, uint16_t group);
/* Only the first octets of the packet. */
int nfw_nft_expr_log_head(struct nftnl_rule *rule, const char *prefix, uint16_t group, uint32_t n_octets);
/* Puts what is in the first register into the set; the rule goes on if that has not come too often in a second. */
int nfw_nft_expr_meter(struct nftnl_rule *rule, const char *set, uint64_t per_second, uint32_t burst);
/* Puts the key in the first registers into the set; the rule goes on if it has more connections open than that. */
int nfw_nft_expr_connections(struct nftnl_rule *rule, const char *set, uint32_t count);
/* Tells the sender, in whatever way its protocol has, that the port cannot be reached. */
int nfw_nft_expr_reject(struct nftnl_rule *rule);
int nfw_nft_expr_counter(struct nftnl_rule *rule);
/* NF_ACCEPT, NF_DROP or NFT_RETURN. */
int nfw_nft_expr_verdict(struct nftnl_rule *rule, uint32_t verdict);
/* NFT_JUMP or NFT_GOTO. */
int nfw_nft_expr_branch(struct nftnl_rule *rule, int verdict, const char *chain);
