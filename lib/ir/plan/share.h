/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ir/plan/build.h"

/*
 * Gives a name to what would be one set without a name for each of many rules: the kernel finds sets by comparing names,
 * so that thousands of them take it seconds. What the table has in any case, { tcp, udp } above all, is looked up there.
 * 0 or -ENOMEM.
 */
int nfw_plan_share_sets(struct nfw_plan *plan);

/* Two sets of one field each. */
bool nfw_plan_sets_hold_the_same(const struct nfw_plan_set *a, const struct nfw_plan_set *b);
