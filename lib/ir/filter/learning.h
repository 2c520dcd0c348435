/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What is in the table of filters so that the addresses of guests can be learned, whatever the filters say: as a plan,
 * so that it is sent and compared as they are. Ports that nothing is known of can do DHCP and neighbour discovery and
 * nothing else; the filters' network layer does not see what passes there, and nothing else of it either. Of the others
 * DHCP and neighbour discovery are looked at, and it is up to their filters.
 */

#include "ir/filter/filter.h"
#include "ir/plan/plan.h"

/* Indices into the plan's sets; keys begin with the port. */
enum nfw_learning_set {
        NFW_LEARNING_PORTS, /* all that learn */
        NFW_LEARNING_MACS,  /* whose frames count, of each of them */
        NFW_LEARNING_WAITS, /* of which nothing is known */
        NFW_LEARNING_TYPES, /* and, where something is, the types of frames of which nothing is */
        NFW_LEARNING_LEASES4,
        NFW_LEARNING_LEASES6,
        NFW_LEARNING_RATE_DHCP_EGRESS, /* these the kernel fills */
        NFW_LEARNING_RATE_DHCP_INGRESS,
        NFW_LEARNING_RATE_CLAIMS,
        NFW_N_LEARNING_SETS,
};

const char *nfw_learning_set_name(enum nfw_learning_set set);

struct nfw_learning_plan {
        struct nfw_plan *plan; /* blocks are its chains */
        /* What the base chains begin with. */
        struct nfw_plan_chain dispatch[NFW_N_FILTER_LAYERS][NFW_N_DIRECTIONS];
};

/* Copies of what guests and their servers say, in a group beside those for DNS and for what is denied. */
static inline uint16_t nfw_plan_learning_group(uint16_t nflog_group) {
        return nflog_group <= UINT16_MAX - 2 ? (uint16_t)(nflog_group + 2) : UINT16_MAX - 2;
}

/* The comment of the set of ports; the group is behind it. */
#define NFW_LEARNING_COMMENT "guests' addresses, nflog group "

/* How many copies of one port's messages: of DHCP in either direction, and of all else that tells an address. */
#define NFW_LEARNING_PER_SECOND 10
#define NFW_LEARNING_BURST      20

/* base_chains are the names of the chains that the dispatch is for; copied. 0 or -ENOMEM. */
int nfw_learning_plan_new(const char *const base_chains[NFW_N_FILTER_LAYERS][NFW_N_DIRECTIONS],
                          uint16_t nflog_group,
                          struct nfw_learning_plan **ret_plan);
struct nfw_learning_plan *nfw_learning_plan_free(struct nfw_learning_plan *plan);
NFW_DEFINE_CLEANUP(struct nfw_learning_plan, nfw_learning_plan_free)
