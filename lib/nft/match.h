/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A plan's matches as expressions. */

#include "nft/expr.h"

/* What a rule under construction is part of, and what it has established so far of the packets that get there. */
struct nfw_nft_match_state {
        const struct nfw_plan_rule *rule;
        enum nfw_table table;
        enum nfw_direction direction;
        bool is_ipv4;
        bool is_ipv6;
        bool is_arp;
        bool is_vlan;
        bool is_icmp;
        bool is_icmpv6;
        bool is_transport; /* which one is told by an earlier match of the rule, if any does */
};

/*
 * Appends a match of the rule, or nothing where another one of them brings it along. The form and the order are
 * those in which nft writes the same rule, so that a ruleset that went through nft can be compared with ours. set
 * describes the set of a NFW_PLAN_SET match. 0, -EOPNOTSUPP where the kernel has no way to look at the field so,
 * or another negative errno.
 */
int nfw_nft_match_add(struct nftnl_rule *rule,
                      struct nfw_nft_match_state *state,
                      const struct nfw_plan_match *match,
                      const struct nfw_nft_set *set);

/* The match of the rule that says what the frame's type is, or NULL. */
const struct nfw_plan_match *nfw_nft_match_ether_type(const struct nfw_plan_rule *rule);
/* Whether the rule is about RARP, which has ARP's fields, and no names for them in nft. */
bool nfw_nft_rule_is_rarp(const struct nfw_plan_rule *rule);

/* As nfw_nft_match_add(), of the kinds that only filters have, and of fields that are part of octets. */
int nfw_nft_match_add_for_filter(struct nftnl_rule *rule,
                                 const struct nfw_nft_match_state *state,
                                 const struct nfw_plan_match *match,
                                 const struct nfw_nft_set *set);
/* The anonymous set of all pairs of which that octet is the same and all others are zero. 0 or a negative errno. */
int nfw_nft_put_octet_pairs(struct nfw_nft_batch *batch,
                            enum nfw_table table,
                            const struct nfw_plan_match *match,
                            const struct nfw_nft_origin *origin,
                            struct nfw_nft_set *ret_set);
/* What the field's octets are compared with, and how many they are. */
size_t nfw_nft_encode_value(const struct nfw_nft_field *field, const uint8_t *value, uint8_t *ret_octets);

/* The key that a match on a set or a parameter looks up. */
int nfw_nft_match_key(const struct nfw_plan_match *match,
                      enum nfw_direction direction,
                      bool per_port,
                      struct nfw_nft_key *ret_key);

/* The length of the prefix that the range is, or -1. size is in octets. */
int nfw_nft_range_prefix_length(const struct nfw_range *range, size_t size);
