/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/plan/item.h"

#define FAMILY_V4       1U
#define FAMILY_V6       2U

#define COMPARE(a_, b_) (((a_) > (b_)) - ((a_) < (b_)))

static unsigned int field_families(enum nfw_field field) {
        switch (nfw_field_info(field)->family) {
        case AF_INET:
                return FAMILY_V4;
        case AF_INET6:
                return FAMILY_V6;
        default:
                return FAMILY_V4 | FAMILY_V6;
        }
}

unsigned int nfw_plan_item_families(const struct nfw_plan_item *item) {
        unsigned int families = FAMILY_V4 | FAMILY_V6;

        for (unsigned int i = 0; i < NFW_N_POLICY_FIELDS; i++) {
                if (item->fields & 1U << i)
                        families &= field_families((enum nfw_field)i);
        }
        nfw_vec_foreach (operand, &item->operands)
                families &= field_families(operand->field);
        return families;
}

static int operand_compare_shape(const struct nfw_plan_operand *a, const struct nfw_plan_operand *b) {
        int c = COMPARE(a->kind, b->kind);

        if (c == 0)
                c = COMPARE(a->field, b->field);
        if (c == 0)
                c = COMPARE(a->negate, b->negate);
        if (c == 0)
                c = COMPARE(a->flags, b->flags);
        if (c == 0)
                c = COMPARE(a->parameter, b->parameter);
        if (c == 0 && a->kind == NFW_OPERAND_RANGES)
                c = nfw_ranges_compare(a->ranges, b->ranges);
        return c;
}

static int operand_compare_learned(const struct nfw_plan_operand *a, const struct nfw_plan_operand *b) {
        if (a->learned.vec.n != b->learned.vec.n)
                return COMPARE(a->learned.vec.n, b->learned.vec.n);

        for (size_t i = 0; i < a->learned.vec.n; i++) {
                int c = COMPARE(a->learned.vec.items[i], b->learned.vec.items[i]);

                if (c != 0)
                        return c;
        }
        return 0;
}

int nfw_plan_operand_compare(const struct nfw_plan_operand *a, const struct nfw_plan_operand *b) {
        int c = operand_compare_shape(a, b);

        return c ? c : operand_compare_learned(a, b);
}

bool nfw_plan_item_has_learned_axis(const struct nfw_plan_item *item) {
        size_t n = 0;

        nfw_vec_foreach (operand, &item->operands) {
                if (operand->kind != NFW_OPERAND_LEARNED)
                        continue;
                if (operand->negate)
                        return false;
                n++;
        }
        return n == 1;
}

const struct nfw_plan_indices *nfw_plan_item_learned(const struct nfw_plan_item *item) {
        nfw_vec_foreach (operand, &item->operands) {
                if (operand->kind == NFW_OPERAND_LEARNED)
                        return &operand->learned;
        }
        return NULL;
}

static int compare_operands(const struct nfw_plan_item *a, const struct nfw_plan_item *b, bool with_learned) {
        int c = COMPARE(a->operands.n, b->operands.n);

        for (size_t i = 0; c == 0 && i < a->operands.n; i++)
                c = operand_compare_shape(&a->operands.items[i], &b->operands.items[i]);
        for (size_t i = 0; with_learned && c == 0 && i < a->operands.n; i++)
                c = operand_compare_learned(&a->operands.items[i], &b->operands.items[i]);
        return c;
}

int nfw_plan_item_compare_shape(const struct nfw_plan_item *a, const struct nfw_plan_item *b) {
        int c = COMPARE(a->fields, b->fields);

        return c ? c : compare_operands(a, b, true);
}

int nfw_plan_item_compare(const struct nfw_plan_item *a, const struct nfw_plan_item *b, unsigned int axis) {
        int c = COMPARE(a->fields, b->fields);

        if (c == 0)
                c = compare_operands(a, b,
                                     axis != NFW_PLAN_AXIS_LEARNED || !nfw_plan_item_has_learned_axis(a));
        for (unsigned int i = 0; c == 0 && i < NFW_N_POLICY_FIELDS; i++) {
                if (i != axis && a->fields & 1U << i)
                        c = nfw_ranges_compare(&a->ranges[i], &b->ranges[i]);
        }
        return c;
}

bool nfw_plan_item_may_overlap(const struct nfw_plan_item *a, const struct nfw_plan_item *b) {
        unsigned int common = a->fields & b->fields;

        if (!(nfw_plan_item_families(a) & nfw_plan_item_families(b)))
                return false;
        for (unsigned int i = 0; i < NFW_N_POLICY_FIELDS; i++) {
                if (common & 1U << i && !nfw_ranges_overlap(&a->ranges[i], &b->ranges[i]))
                        return false;
        }
        return true;
}

static bool operand_covers(const struct nfw_plan_operand *outer, const struct nfw_plan_operand *inner) {
        size_t i = 0;

        if (operand_compare_shape(outer, inner) != 0)
                return false;
        if (outer->negate)
                return operand_compare_learned(outer, inner) == 0;

        for (size_t j = 0; j < outer->learned.vec.n && i < inner->learned.vec.n; j++) {
                if (outer->learned.vec.items[j] == inner->learned.vec.items[i])
                        i++;
        }
        return i == inner->learned.vec.n;
}

static bool any_operand_covered(const struct nfw_plan_operand *outer, const struct nfw_plan_item *inner) {
        nfw_vec_foreach (operand, &inner->operands) {
                if (operand_covers(outer, operand))
                        return true;
        }
        return false;
}

bool nfw_plan_item_covers(const struct nfw_plan_item *outer, const struct nfw_plan_item *inner) {
        if (outer->fields & ~inner->fields)
                return false;
        for (size_t i = 0; i < NFW_N_POLICY_FIELDS; i++) {
                if (outer->fields & 1U << i && !nfw_ranges_contain_all(&outer->ranges[i], &inner->ranges[i]))
                        return false;
        }
        nfw_vec_foreach (operand, &outer->operands) {
                if (!any_operand_covered(operand, inner))
                        return false;
        }
        return true;
}
