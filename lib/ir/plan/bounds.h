/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ir/plan/item.h"

/*
 * The smallest ranges around an item's values, in the fields of format 1.0: what makes most pairs of items
 * disjoint at first sight, in one place.
 */
struct nfw_plan_bounds {
        uint64_t addr_first[2], addr_last[2];
        uint16_t port_first, port_last;
        uint8_t protocol_first, protocol_last;
        uint8_t families;
};

struct nfw_plan_bounds nfw_plan_item_bounds(const struct nfw_plan_item *item);
/* False only where no packet can be within both. */
bool nfw_plan_bounds_overlap(const struct nfw_plan_bounds *a, const struct nfw_plan_bounds *b);
/* Makes the bounds wide enough for the others, too. */
void nfw_plan_bounds_extend(struct nfw_plan_bounds *bounds, const struct nfw_plan_bounds *other);
