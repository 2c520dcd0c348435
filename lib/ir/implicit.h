/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Rules that no policy says: written as tables, turned into rules of the IR where their condition holds. */

#include "ir/ir.h"

enum nfw_implicit_condition {
        NFW_ALWAYS,
        NFW_IN_BRIDGE_TABLE,
        NFW_WITH_LEARNED,           /* the policy waits for names to be looked up */
        NFW_WITH_TRUSTED_RESOLVERS, /* the same, and only some name servers are believed */
        NFW_WITH_ANY_RESOLVER,      /* the same, and all of them are */
};

enum nfw_implicit_address {
        NFW_ADDRESS_ANY,
        NFW_ADDRESS_ANY6,
        NFW_ADDRESS_BROADCAST,
        NFW_ADDRESS_LINK6, /* what no router forwards: link-local unicast and multicast */
        NFW_ADDRESS_DHCPV6_SERVERS,
        NFW_ADDRESS_PARAMETER_V4,
        NFW_ADDRESS_PARAMETER_V6,
};

/* What is zero is not looked at. */
struct nfw_implicit {
        const char *name;
        enum nfw_implicit_condition condition;
        enum nfw_verdict verdict;
        enum nfw_mirror mirror;
        uint16_t ether_types[3];
        bool not_ether_types;
        uint16_t l4proto[2];
        uint16_t icmpv6_types[3];
        uint16_t hop_limit;
        uint16_t sport, dport;
        enum nfw_implicit_address address; /* the destination */
        enum nfw_parameter parameter;
        uint32_t ct_state;
};

/* What the conditions are about. */
struct nfw_lower_facts {
        enum nfw_table table;
        bool has_learned;
        bool any_resolver;
};

/* Appends those of the n rules whose condition holds, fixed in their place. 0 or -ENOMEM. */
int nfw_implicit_append(const struct nfw_implicit *rules,
                        size_t n,
                        const struct nfw_lower_facts *facts,
                        struct nfw_ir_chain *chain);
