/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Matches of a rule that nft writes, and lists, as part of another one. */

#include "ir/plan/plan.h"

/* "tcp" where nft lists "tcp dport" for a protocol; NULL where that is "meta l4proto X th dport". */
const char *nfw_nft_transport_name(uint8_t protocol);

/* Whether the match looks at a port. */
bool nfw_nft_match_has_port(const struct nfw_plan_match *match);

/* The earlier match of the rule that says which transport protocol it is, or NULL. */
const struct nfw_plan_match *nfw_nft_match_protocol(const struct nfw_plan_rule *rule,
                                                    const struct nfw_plan_match *match);

/*
 * Whether the match says which transport protocol it is, and a later one of the rule says it too: in "udp dport",
 * or in "icmpv6 type". nft tests it directly before the first of these.
 */
bool nfw_nft_match_is_implied(const struct nfw_plan_rule *rule, const struct nfw_plan_match *match);

/* The other port of the packet where the rule compares both with one value each: nft loads them in one go. */
const struct nfw_plan_match *nfw_nft_match_other_port(const struct nfw_plan_rule *rule,
                                                      const struct nfw_plan_match *match);
