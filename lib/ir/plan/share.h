/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ir/plan/build.h"

/*
 * Gives a name to what would be one set without a name for each of many rules, { tcp, udp } above all: the kernel
 * finds sets by comparing names, so that thousands of them take it seconds. 0 or -ENOMEM.
 */
int nfw_plan_share_sets(struct nfw_plan *plan);
