/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A policy of many rules of mixed shape: addresses, networks, names and ports, both families, all protocols, allow
 * and deny. A rule follows from its number, so packets for it can be made without keeping the policy.
 */

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct mixed {
        unsigned int n_rules;
        bool names; /* false: rules for addresses instead of those for names */
};

/* The text, which the caller frees. */
char *mixed_policy(const struct mixed *mixed);

/* Whether the rule is one for a name; it is that of bench_dns_query() with the rule's number. */
bool mixed_is_name(const struct mixed *mixed, unsigned int rule);

/* A destination that the rule is about; the order and the action decide what becomes of a packet to it. */
struct mixed_destination {
        bool ipv6;
        struct sockaddr_in6 ipv6_address;
        struct sockaddr_in ipv4_address;
};

void mixed_destination(const struct mixed *mixed,
                       unsigned int rule,
                       unsigned int variant,
                       struct mixed_destination *ret_destination);
