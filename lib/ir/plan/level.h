/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ir/plan/item.h"

/*
 * Gives each item its level: one more than the highest level of the earlier items with the other verdict that
 * may match the same packet, 0 where there are none. Neighbours that wait for the same names to be looked up get
 * the highest of their levels. Items are in the order of evaluation; verdicts are ACCEPT
 * and DROP. *ret_n_levels is one more than the highest level. 0 or -ENOMEM.
 */
int nfw_plan_assign_levels(struct nfw_plan_item **items, size_t n_items, size_t *ret_n_levels);
