/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The small world that policies and packets are drawn from, so that they meet: few addresses, few ports, few
 * names, and whatever a rule's edge is or lies beside.
 */

#include "../shared/random.h"
#include "net/addr.h"
#include "policy/policy.h"

#define GUEST4 "10.77.1.2"
#define GUEST6 "fd77:1::2"

/* The host's address and network on the guest's link, and the trusted name servers, first IPv4, then IPv6. */
extern const char *const world_local[2];
extern const char *const world_subnet[2];
extern const char *const world_resolver[2];

/* A name's grant: what a lookup of the name has opened. */
struct grant {
        const char *name;
        struct nfw_addr addr;
};

#define WORLD_MAX_GRANTS 24

struct world {
        struct random random;
        struct grant grants[WORLD_MAX_GRANTS];
        size_t n_grants;
};

struct nfw_addr world_addr(const char *text);
/* Any address that a packet may go to. */
struct nfw_addr world_destination(struct world *world, const struct nfw_policy *policy);
/* Any port, of the policy's rules or beside them, or of the basic services. */
uint16_t world_port(struct world *world, const struct nfw_policy *policy);
/* Draws the grants. */
void world_learn(struct world *world);
/* The text of a random policy; the caller frees it. NULL when out of memory. */
char *world_policy(struct world *world);
