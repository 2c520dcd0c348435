/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the implicit rules of every policy look up. A table has these sets once, whatever its policies: the kernel finds
 * sets by comparing names, and with a set for each of these rules a hundred policies would take it ten times as long.
 */

#include "ir/plan/plan.h"

enum nfw_plan_constant {
        NFW_CONSTANT_TCP_UDP,
        NFW_CONSTANT_NEIGHBOUR_DISCOVERY,
        NFW_CONSTANT_LINK_ADDRESSES,
        NFW_CONSTANT_MULTICAST_REPORTS,
        NFW_CONSTANT_ETHER_TYPES,
        NFW_N_CONSTANTS,
};

const char *nfw_plan_constant_name(enum nfw_plan_constant constant);

/* Routed packets have no frame to look at. */
bool nfw_plan_constant_is_in(enum nfw_plan_constant constant, enum nfw_table table);

/* The set, which borrows all that it has. */
void nfw_plan_constant_set(enum nfw_plan_constant constant, struct nfw_plan_set *ret_set);

/* The constant that holds the same as a set without a name, or NFW_N_CONSTANTS. */
enum nfw_plan_constant nfw_plan_constant_find(enum nfw_table table, const struct nfw_plan_set *set);
