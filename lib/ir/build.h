/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What front ends build rules with. Everything answers 0 or -ENOMEM. */

#include "ir/ir.h"

/* A rule without matches. The name is copied, the position's file name borrowed. */
int nfw_ir_rule_init(struct nfw_ir_rule *rule,
                     enum nfw_verdict verdict,
                     const char *name,
                     const struct nfw_pos *pos);
int nfw_ir_rule_copy(const struct nfw_ir_rule *rule, struct nfw_ir_rule *ret_copy);
/* Moves the rule to the chain's end; the rule is freed where that fails. */
int nfw_ir_chain_take(struct nfw_ir_chain *chain, struct nfw_ir_rule *rule);

/* Normalises the ranges and moves them into the rule; they are freed where that fails. */
int nfw_ir_rule_take_ranges(struct nfw_ir_rule *rule, enum nfw_field field, struct nfw_ranges *ranges);
int nfw_ir_rule_match_numbers(struct nfw_ir_rule *rule,
                              enum nfw_field field,
                              const uint16_t *numbers,
                              size_t n);
int nfw_ir_rule_match_number(struct nfw_ir_rule *rule, enum nfw_field field, uint16_t number);
int nfw_ir_rule_match_flags(struct nfw_ir_rule *rule, enum nfw_field field, uint32_t flags);
int nfw_ir_rule_match_parameter(struct nfw_ir_rule *rule, enum nfw_field field, enum nfw_parameter parameter);
int nfw_ir_rule_match_learned(struct nfw_ir_rule *rule, enum nfw_field field, size_t learned);

/*
 * Adds the other rule's matches, so that both must hold. Ranges of one field are intersected. *ret_possible is
 * false where no packet can match any more.
 */
int nfw_ir_rule_conjoin(struct nfw_ir_rule *rule, const struct nfw_ir_rule *other, bool *ret_possible);
