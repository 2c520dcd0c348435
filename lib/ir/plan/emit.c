/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "ir/plan/build.h"

/* A few rules in a row cost less than one look-up of several fields with ranges, and they are easier to read. */
#define MAX_RULES_IN_A_ROW 4

/* An item whose fields multiply to more boxes is better off as a rule with one look-up for each field. */
#define MAX_BOXES_OF_ITEM 4096

/*
 * Bounds what all items of a group multiply to: single values, which go to a hash set, and boxes of ranges, which
 * the kernel takes more time to fill in.
 */
#define MAX_VALUES_OF_GROUP 262144
#define MAX_RANGES_OF_GROUP 32768

/* What one set can look up: the addresses of one IP version, the protocol, the ports. */
#define FIELD_BIT(field_) (1U << NFW_FIELD_##field_)
#define FIELDS_V4         (FIELD_BIT(IP_SADDR) | FIELD_BIT(IP_DADDR))
#define FIELDS_V6         (FIELD_BIT(IP6_SADDR) | FIELD_BIT(IP6_DADDR))
#define FIELDS_TRANSPORT  (FIELD_BIT(L4PROTO) | FIELD_BIT(TH_SPORT) | FIELD_BIT(TH_DPORT))

static bool fits_one_set(unsigned int fields) {
        return (unsigned int)__builtin_popcount(fields) <= NFW_PLAN_MAX_BOX_FIELDS &&
               (!(fields & ~(FIELDS_V4 | FIELDS_TRANSPORT)) || !(fields & ~(FIELDS_V6 | FIELDS_TRANSPORT)));
}

static void boxes_init(struct nfw_plan_boxes *boxes, unsigned int fields) {
        *boxes = (struct nfw_plan_boxes){ 0 };
        for (unsigned int i = 0; i < NFW_N_POLICY_FIELDS; i++) {
                if (fields & 1U << i)
                        boxes->fields[boxes->n_fields++] = (enum nfw_field)i;
        }
}

/* UINT64_MAX where there are as many or more. */
static uint64_t count_boxes(const struct nfw_plan_item *item) {
        uint64_t n_boxes = 1;

        for (size_t i = 0; i < NFW_N_POLICY_FIELDS; i++) {
                if (item->fields & 1U << i &&
                    __builtin_mul_overflow(n_boxes, item->ranges[i].vec.n, &n_boxes))
                        return UINT64_MAX;
        }
        return n_boxes;
}

static bool has_single_values_only(const struct nfw_plan_item *item) {
        for (size_t i = 0; i < NFW_N_POLICY_FIELDS; i++) {
                nfw_vec_foreach (range, &item->ranges[i].vec) {
                        if (!nfw_range_is_single(range))
                                return false;
                }
        }
        return true;
}

struct budget {
        uint64_t n_values;
        uint64_t n_ranges;
};

static bool take_from_budget(struct budget *budget, const struct nfw_plan_item *item) {
        uint64_t *left = has_single_values_only(item) ? &budget->n_values : &budget->n_ranges;
        uint64_t n_boxes = count_boxes(item);

        if (n_boxes > MAX_BOXES_OF_ITEM || n_boxes > *left)
                return false;
        *left -= n_boxes;
        return true;
}

/* The addresses of the item where they are to be a rule each, or NULL. */
static struct nfw_ranges *find_separable(const struct nfw_plan_builder *builder, struct nfw_plan_item *item) {
        static const enum nfw_field addresses[] = { NFW_FIELD_IP_DADDR, NFW_FIELD_IP6_DADDR };

        for (size_t i = 0; builder->is_long && i < NFW_ARRAY_SIZE(addresses); i++) {
                struct nfw_ranges *ranges = &item->ranges[addresses[i]];

                if (item->fields & 1U << addresses[i] && ranges->vec.n > 1 &&
                    ranges->vec.n <= MAX_RULES_IN_A_ROW)
                        return ranges;
        }
        return NULL;
}

static int emit_item(struct nfw_plan_builder *builder,
                     const struct nfw_plan_group *group,
                     struct nfw_plan_item *item) {
        struct nfw_ranges *separable = find_separable(builder, item), all, one = { 0 };
        int r = 0;

        if (!separable)
                return nfw_plan_emit_rule(builder, group, item);

        all = *separable;
        one.vec.n = 1;
        for (size_t i = 0; r == 0 && i < all.vec.n; i++) {
                one.vec.items = &all.vec.items[i];
                *separable = one;
                r = nfw_plan_emit_rule(builder, group, item);
        }
        *separable = all;
        return r;
}

static int emit_rules(struct nfw_plan_builder *builder,
                      const struct nfw_plan_group *group,
                      struct nfw_plan_item *const *items,
                      size_t n_items) {
        for (size_t i = 0; i < n_items; i++) {
                int r = emit_item(builder, group, items[i]);

                if (r < 0)
                        return r;
        }
        return 0;
}

static void indices_deinit(struct nfw_plan_indices *indices) {
        nfw_vec_deinit(&indices->vec);
}

/* The item's part of the group. It is not needed any more: what there may be very much of is not copied. */
static int take_product(struct nfw_plan_boxes *boxes, struct nfw_plan_item *item) {
        struct nfw_ranges *ranges = &item->ranges[boxes->fields[0]];

        if (boxes->n_fields > 1 || boxes->ranges.n > 0)
                return nfw_plan_boxes_add_product(boxes, item->ranges);

        boxes->ranges.items = nfw_steal(ranges->vec.items);
        boxes->ranges.n = ranges->vec.n;
        boxes->ranges.size = ranges->vec.size;
        ranges->vec.n = ranges->vec.size = 0;
        return 0;
}

/* Items of one shape as look-ups of all their fields at once. */
static int emit_sets(struct nfw_plan_builder *builder,
                     const struct nfw_plan_group *group,
                     struct nfw_plan_item *const *items,
                     size_t n_items) {
        nfw_cleanup(nfw_plan_boxes_deinit) struct nfw_plan_boxes boxes;
        nfw_cleanup(indices_deinit) struct nfw_plan_indices sources = { 0 };
        struct budget budget = { .n_values = MAX_VALUES_OF_GROUP, .n_ranges = MAX_RANGES_OF_GROUP };

        boxes_init(&boxes, items[0]->fields);
        for (size_t i = 0; i < n_items; i++) {
                int r;

                if (boxes.n_fields > 1 && !take_from_budget(&budget, items[i])) {
                        r = nfw_plan_emit_rule(builder, group, items[i]);
                } else {
                        r = take_product(&boxes, items[i]);
                        if (r == 0)
                                r = nfw_plan_indices_add_all(&sources, &items[i]->sources);
                }
                if (r < 0)
                        return r;
        }
        if (sources.vec.n == 0)
                return 0;

        nfw_plan_indices_sort(&sources);
        return nfw_plan_emit_boxes(builder, group, &boxes, items[0], &sources);
}

/* Items that look at the same fields and have the same operands. */
static int emit_shape(struct nfw_plan_builder *builder,
                      const struct nfw_plan_group *group,
                      struct nfw_plan_item *const *items,
                      size_t n_items) {
        bool one_field = __builtin_popcount(items[0]->fields) == 1;
        size_t max_in_a_row = nfw_plan_is_branch(group->verdict) ? 1 : MAX_RULES_IN_A_ROW;
        bool in_a_row = one_field ? count_boxes(items[0]) <= NFW_PLAN_MAX_ANONYMOUS : n_items <= max_in_a_row;

        if (items[0]->fields == 0 || in_a_row || !fits_one_set(items[0]->fields))
                return emit_rules(builder, group, items, n_items);
        return emit_sets(builder, group, items, n_items);
}

struct span {
        struct nfw_plan_item **items;
        size_t n_items;
};

static int order_compare(const struct nfw_plan_item *a, const struct nfw_plan_item *b) {
        size_t x = a->sources.vec.items[0], y = b->sources.vec.items[0];

        return (x > y) - (x < y);
}

static int by_shape(const void *a, const void *b) {
        const struct nfw_plan_item *x = *(struct nfw_plan_item *const *)a;
        const struct nfw_plan_item *y = *(struct nfw_plan_item *const *)b;
        int c = nfw_plan_item_compare_shape(x, y);

        return c ? c : order_compare(x, y);
}

static int span_by_order(const void *a, const void *b) {
        const struct span *x = a, *y = b;

        return order_compare(x->items[0], y->items[0]);
}

int nfw_plan_emit(struct nfw_plan_builder *builder,
                  const struct nfw_plan_group *group,
                  struct nfw_plan_items *items) {
        nfw_cleanup(nfw_freep) struct span *spans = NULL;
        struct nfw_plan_item **all = items->vec.items;
        size_t n_spans = 0;
        int r = 0;

        if (items->vec.n == 0)
                return 0;
        spans = calloc(items->vec.n, sizeof(*spans));
        if (!spans)
                return -ENOMEM;

        qsort(all, items->vec.n, sizeof(*all), by_shape);
        for (size_t i = 0; i < items->vec.n; i++) {
                if (i > 0 && nfw_plan_item_compare_shape(all[i - 1], all[i]) == 0)
                        spans[n_spans - 1].n_items++;
                else
                        spans[n_spans++] = (struct span){ .items = &all[i], .n_items = 1 };
        }

        qsort(spans, n_spans, sizeof(*spans), span_by_order);
        for (size_t i = 0; r == 0 && i < n_spans; i++)
                r = emit_shape(builder, group, spans[i].items, spans[i].n_items);
        return r;
}
