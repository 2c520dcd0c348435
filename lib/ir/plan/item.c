/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/plan/item.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

struct nfw_plan_item *nfw_plan_item_free(struct nfw_plan_item *item) {
        if (!item)
                return NULL;

        for (size_t i = 0; i < NFW_N_POLICY_FIELDS; i++)
                nfw_ranges_deinit(&item->ranges[i]);
        nfw_vec_foreach (operand, &item->operands)
                nfw_vec_deinit(&operand->learned.vec);
        nfw_vec_deinit(&item->operands);
        nfw_vec_deinit(&item->sources.vec);
        free(item);

        return NULL;
}

void nfw_plan_items_deinit(struct nfw_plan_items *items) {
        nfw_vec_foreach (item, &items->vec)
                nfw_plan_item_free(*item);
        nfw_vec_deinit(&items->vec);
}

static int index_compare(const void *a, const void *b) {
        size_t x = *(const size_t *)a, y = *(const size_t *)b;

        return (x > y) - (x < y);
}

static int operand_compare(const void *a, const void *b) {
        return nfw_plan_operand_compare(a, b);
}

/* Drops duplicates, too. */
static void sort_operands(struct nfw_plan_item *item) {
        struct nfw_plan_operand *items = item->operands.items;
        size_t n = 0;

        if (item->operands.n < 2)
                return;
        qsort(items, item->operands.n, sizeof(*items), operand_compare);
        for (size_t i = 1; i < item->operands.n; i++) {
                if (operand_compare(&items[i], &items[n]) != 0)
                        items[++n] = items[i];
                else
                        nfw_vec_deinit(&items[i].learned.vec);
        }
        item->operands.n = n + 1;
}

static int add_operand(struct nfw_plan_item *item, const struct nfw_match *match) {
        struct nfw_plan_operand operand = { .field = match->field,
                                            .negate = match->negate,
                                            .kind = match->kind };
        int r = 0;

        switch (match->kind) {
        case NFW_OPERAND_RANGES:
                operand.ranges = &match->ranges;
                break;
        case NFW_OPERAND_FLAGS:
                operand.flags = match->flags;
                break;
        case NFW_OPERAND_PARAMETER:
                operand.parameter = match->parameter;
                break;
        case NFW_OPERAND_LEARNED:
                r = nfw_vec_push(&operand.learned.vec, match->learned);
                break;
        default: /* for filters, which are not folded */
                return -EOPNOTSUPP;
        }
        if (r == 0)
                r = nfw_vec_push(&item->operands, operand);
        if (r < 0)
                nfw_vec_deinit(&operand.learned.vec);
        return r;
}

static int add_ranges(struct nfw_plan_item *item, enum nfw_field field, const struct nfw_ranges *ranges) {
        struct nfw_ranges *mine = &item->ranges[field];
        struct nfw_ranges both;
        int r;

        if (!(item->fields & 1U << field)) {
                item->fields |= 1U << field;
                return nfw_ranges_add_all(mine, ranges);
        }

        r = nfw_ranges_intersect(mine, ranges, &both);
        if (r < 0)
                return r;
        nfw_ranges_deinit(mine);
        *mine = both;
        return 0;
}

/* Without the protocol, other protocols' bytes would be taken for ports. */
static int add_port_protocols(struct nfw_plan_item *item, bool has_ports) {
        static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP };

        if (!has_ports || item->fields & 1U << NFW_FIELD_L4PROTO)
                return 0;

        item->fields |= 1U << NFW_FIELD_L4PROTO;
        for (size_t i = 0; i < NFW_ARRAY_SIZE(protocols); i++) {
                struct nfw_range range = nfw_range_from_number(protocols[i], 1);
                int r = nfw_ranges_add(&item->ranges[NFW_FIELD_L4PROTO], &range);

                if (r < 0)
                        return r;
        }
        return 0;
}

static bool is_possible(const struct nfw_plan_item *item) {
        for (size_t i = 0; i < NFW_N_POLICY_FIELDS; i++) {
                if (item->fields & 1U << i && item->ranges[i].vec.n == 0)
                        return false;
        }
        return nfw_plan_item_families(item) != 0;
}

int nfw_plan_item_new(const struct nfw_ir_rule *rule, size_t source, struct nfw_plan_item **ret_item) {
        nfw_cleanup(nfw_plan_item_freep) struct nfw_plan_item *item = calloc(1, sizeof(*item));
        bool has_ports = false;
        int r;

        if (!item)
                return -ENOMEM;
        item->verdict = rule->verdict;

        r = nfw_vec_push(&item->sources.vec, source);
        nfw_vec_foreach (match, &rule->matches) {
                if (r < 0)
                        return r;
                if (match->field == NFW_FIELD_TH_SPORT || match->field == NFW_FIELD_TH_DPORT)
                        has_ports = true;
                if (match->kind == NFW_OPERAND_RANGES && !match->negate)
                        r = add_ranges(item, match->field, &match->ranges);
                else
                        r = add_operand(item, match);
        }
        if (r == 0)
                r = add_port_protocols(item, has_ports);
        if (r < 0)
                return r;

        sort_operands(item);
        *ret_item = is_possible(item) ? nfw_steal(item) : NULL;
        return 0;
}

int nfw_plan_indices_add_all(struct nfw_plan_indices *indices, const struct nfw_plan_indices *more) {
        int r = nfw_vec_reserve(&indices->vec, more->vec.n);

        if (r < 0)
                return r;
        for (size_t i = 0; i < more->vec.n; i++)
                indices->vec.items[indices->vec.n++] = more->vec.items[i];
        return 0;
}

int nfw_plan_item_merge(struct nfw_plan_item *item, const struct nfw_plan_item *other, unsigned int axis) {
        int r = nfw_plan_indices_add_all(&item->sources, &other->sources);

        if (r == 0 && axis < NFW_N_POLICY_FIELDS)
                r = nfw_ranges_add_all(&item->ranges[axis], &other->ranges[axis]);
        for (size_t i = 0; r == 0 && axis == NFW_PLAN_AXIS_LEARNED && i < item->operands.n; i++)
                r = nfw_plan_indices_add_all(&item->operands.items[i].learned,
                                             &other->operands.items[i].learned);
        return r;
}

void nfw_plan_indices_sort(struct nfw_plan_indices *indices) {
        size_t *items = indices->vec.items;
        size_t n = 0;

        if (indices->vec.n < 2)
                return;
        qsort(items, indices->vec.n, sizeof(*items), index_compare);
        for (size_t i = 1; i < indices->vec.n; i++) {
                if (items[i] != items[n])
                        items[++n] = items[i];
        }
        indices->vec.n = n + 1;
}

void nfw_plan_item_normalize(struct nfw_plan_item *item, unsigned int axis) {
        nfw_plan_indices_sort(&item->sources);
        if (axis < NFW_N_POLICY_FIELDS)
                nfw_ranges_normalize(&item->ranges[axis], nfw_field_info((enum nfw_field)axis)->size);
        nfw_vec_foreach (operand, &item->operands)
                nfw_plan_indices_sort(&operand->learned);
}
