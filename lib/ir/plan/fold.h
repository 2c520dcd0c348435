/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ir/plan/item.h"

/*
 * Makes as few items as is cheap of items whose order does not matter: unites those that differ in one field
 * only, then drops those that others cover. The result is in the order of the first source rule. 0 or -ENOMEM.
 */
int nfw_plan_fold(struct nfw_plan_items *items);
