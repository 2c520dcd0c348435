/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ir/plan/build.h"

/* Whether the rule stays where it is, because of an effect besides its verdict or because it was made to. */
bool nfw_plan_keeps_its_place(const struct nfw_ir_rule *rule);

/* Appends to the builder's chain one rule for one source rule. 0 or -ENOMEM. */
int nfw_plan_fixed(struct nfw_plan_builder *builder, size_t source);

/*
 * Appends to the builder's chain what the source rules [first, end) say, which may change places as far as that
 * makes no difference. 0 or -ENOMEM.
 */
int nfw_plan_run(struct nfw_plan_builder *builder, size_t first, size_t end);
