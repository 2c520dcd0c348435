/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A plan in the making: what its parts share while rules are turned into sets and look-ups. */

#include "ir/plan/box.h"
#include "ir/plan/item.h"
#include "ir/plan/plan.h"

/* Sets of one field with no more elements than this are written in the rule. */
#define NFW_PLAN_MAX_ANONYMOUS 8

struct nfw_plan_name;

struct nfw_plan_builder {
        const struct nfw_ir *ir;
        struct nfw_plan *plan;
        enum nfw_direction direction;
        size_t block_size;
        size_t n_levels;                  /* of the chain so far: for names of sets */
        bool is_long;                     /* there are so many levels that each should do with few sets */
        struct nfw_plan_chain *chain;     /* where rules are appended */
        size_t block;                     /* where those that jump go */
        struct nfw_plan_name *names;      /* how often each name of a set was wanted */
        NFW_VEC(uint64_t) learned_hashes; /* of the patterns of each entry of plan->learned */
};

void nfw_plan_rule_deinit(struct nfw_plan_rule *rule);
void nfw_plan_chain_deinit(struct nfw_plan_chain *chain);

void nfw_plan_builder_deinit(struct nfw_plan_builder *builder);

/* What rules do, and what the names of their sets are for: the rules of a verdict that stand at the same place. */
struct nfw_plan_group {
        enum nfw_verdict verdict;
        size_t number; /* of the level or the block, from 1 on; 0 for rules that keep their place */
};

static inline bool nfw_plan_is_branch(enum nfw_verdict verdict) {
        return verdict == NFW_VERDICT_JUMP || verdict == NFW_VERDICT_GOTO;
}

/* "web-allow1-ip-proto-port", made unique by a number at its end. 0 or -ENOMEM. */
int nfw_plan_set_name(struct nfw_plan_builder *builder,
                      const struct nfw_plan_group *group,
                      const char *what,
                      char **ret_name);

/* The names of the source rules, shortened. 0 or -ENOMEM. */
int nfw_plan_source_comment(const struct nfw_plan_builder *builder,
                            const struct nfw_plan_indices *sources,
                            char **ret_comment);

/*
 * Adds a set and moves the part's elements to it. A set of few values of one field stays without a name.
 * 0 or -ENOMEM.
 */
int nfw_plan_add_set(struct nfw_plan_builder *builder,
                     const struct nfw_plan_group *group,
                     const enum nfw_field *fields,
                     size_t n_fields,
                     struct nfw_plan_part *part,
                     const struct nfw_plan_indices *sources,
                     size_t *ret_set);

/*
 * Finds or adds the pair of sets for the names of all these entries of ir->learned, and says which of them
 * serves the field. 0 or -ENOMEM.
 */
int nfw_plan_use_learned(struct nfw_plan_builder *builder,
                         const struct nfw_plan_group *group,
                         const struct nfw_plan_indices *indices,
                         enum nfw_field field,
                         size_t *ret_set);

/* Appends one rule that says what the item says, with a match for each field. 0 or -ENOMEM. */
int nfw_plan_emit_rule(struct nfw_plan_builder *builder,
                       const struct nfw_plan_group *group,
                       const struct nfw_plan_item *item);

/*
 * Appends as many rules as the boxes need sets, each with the operands of the item; the item's own ranges do
 * not count. The boxes are used up. 0 or -ENOMEM.
 */
int nfw_plan_emit_boxes(struct nfw_plan_builder *builder,
                        const struct nfw_plan_group *group,
                        struct nfw_plan_boxes *boxes,
                        const struct nfw_plan_item *item,
                        const struct nfw_plan_indices *sources);

/* Appends the rules for items of one verdict whose order does not matter; reorders them. 0 or -ENOMEM. */
int nfw_plan_emit(struct nfw_plan_builder *builder,
                  const struct nfw_plan_group *group,
                  struct nfw_plan_items *items);
