/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A rule as the planner handles it: for each field that it compares with constants one set of ranges, and apart
 * from these the operands whose values are not known before a packet comes. An item is one rule to begin with,
 * and becomes several as items are merged.
 */

#include "ir/ir.h"

struct nfw_plan_indices {
        NFW_VEC(size_t) vec;
};

struct nfw_plan_operand {
        enum nfw_field field;
        bool negate;
        enum nfw_operand_kind kind;      /* RANGES for negated ones only */
        const struct nfw_ranges *ranges; /* borrowed from the IR */
        uint32_t flags;
        enum nfw_parameter parameter;
        struct nfw_plan_indices learned; /* indices into struct nfw_ir.learned, sorted: any of them will do */
};

struct nfw_plan_item {
        enum nfw_verdict verdict;
        size_t level;
        unsigned int fields; /* one bit for each field that ranges says something about */
        struct nfw_ranges ranges[NFW_N_POLICY_FIELDS];
        NFW_VEC(struct nfw_plan_operand) operands; /* sorted */
        struct nfw_plan_indices sources;           /* the rules' places in the chain, the first one first */
};

struct nfw_plan_items {
        NFW_VEC(struct nfw_plan_item *) vec;
};

void nfw_plan_items_deinit(struct nfw_plan_items *items);

int nfw_plan_indices_add_all(struct nfw_plan_indices *indices, const struct nfw_plan_indices *more);
/* Drops duplicates, too. */
void nfw_plan_indices_sort(struct nfw_plan_indices *indices);

/* What nfw_plan_item_compare() may leave out besides a field: the names to learn. */
#define NFW_PLAN_AXIS_LEARNED NFW_N_POLICY_FIELDS

/* 0 and the item, or 0 and NULL for a rule that no packet can match, or -ENOMEM. */
int nfw_plan_item_new(const struct nfw_ir_rule *rule, size_t source, struct nfw_plan_item **ret_item);
struct nfw_plan_item *nfw_plan_item_free(struct nfw_plan_item *item);
NFW_DEFINE_CLEANUP(struct nfw_plan_item, nfw_plan_item_free)

/* One bit for IPv4 and one for IPv6: those whose packets can match. */
unsigned int nfw_plan_item_families(const struct nfw_plan_item *item);

/* Items that are equal but for one axis are one item with the union there. */
int nfw_plan_item_compare(const struct nfw_plan_item *a, const struct nfw_plan_item *b, unsigned int axis);
/* The same, but only what is looked at, not the values: fields and operands. */
int nfw_plan_item_compare_shape(const struct nfw_plan_item *a, const struct nfw_plan_item *b);
/* Adds what the other one has on that axis, and its sources. */
int nfw_plan_item_merge(struct nfw_plan_item *item, const struct nfw_plan_item *other, unsigned int axis);
/* To be called once after merging. */
void nfw_plan_item_normalize(struct nfw_plan_item *item, unsigned int axis);

/* Whether the names to learn are an axis: sets of names that must both match cannot be widened one by one. */
bool nfw_plan_item_has_learned_axis(const struct nfw_plan_item *item);
/* The names to learn of an item that has them as an axis. */
const struct nfw_plan_indices *nfw_plan_item_learned(const struct nfw_plan_item *item);
int nfw_plan_operand_compare(const struct nfw_plan_operand *a, const struct nfw_plan_operand *b);

/* False only where it is certain that no packet can match both. */
bool nfw_plan_item_may_overlap(const struct nfw_plan_item *a, const struct nfw_plan_item *b);
/* True only where it is certain that every packet that matches the inner one matches the outer one. */
bool nfw_plan_item_covers(const struct nfw_plan_item *outer, const struct nfw_plan_item *inner);
