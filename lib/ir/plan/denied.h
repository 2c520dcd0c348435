/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ir/plan/plan.h"

/*
 * Makes every rule that drops go to a chain, one for each direction, that hands a copy of the packet to user space
 * before it drops. To be called last: it uses the numbers of sets. 0 or -ENOMEM.
 */
int nfw_plan_log_denied(struct nfw_plan *plan);
