/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/plan_level.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * Every item is compared with the earlier ones of the other verdict, so what makes most pairs disjoint at first
 * sight is kept in one place: the smallest range around the item's values in the fields of format 1.0.
 */
struct bounds {
        uint64_t addr_first[2], addr_last[2];
        uint16_t port_first, port_last;
        uint8_t protocol_first, protocol_last;
        uint8_t families;
};

/* Items of one verdict that match the same packets as far as the planner knows; the highest level stands for all. */
struct representative {
        const struct nfw_plan_item *item;
        struct bounds bounds;
        size_t level;
};

static void set_bounds(const struct nfw_plan_item *item,
                       enum nfw_field field,
                       uint8_t first[static NFW_VALUE_MAX],
                       uint8_t last[static NFW_VALUE_MAX]) {
        const struct nfw_ranges *ranges = &item->ranges[field];

        if (!(item->fields & 1U << field))
                return;
        memcpy(first, ranges->vec.items[0].first, NFW_VALUE_MAX);
        memcpy(last, ranges->vec.items[ranges->vec.n - 1].last, NFW_VALUE_MAX);
}

static void to_numbers(const uint8_t value[static NFW_VALUE_MAX], uint64_t ret_numbers[static 2]) {
        memcpy(ret_numbers, value, NFW_VALUE_MAX);
        ret_numbers[0] = be64toh(ret_numbers[0]);
        ret_numbers[1] = be64toh(ret_numbers[1]);
}

static struct bounds item_bounds(const struct nfw_plan_item *item) {
        uint8_t first[3][NFW_VALUE_MAX], last[3][NFW_VALUE_MAX];
        struct bounds bounds = { .families = (uint8_t)nfw_plan_item_families(item) };

        memset(first, 0, sizeof(first));
        memset(last, 0xff, sizeof(last));
        set_bounds(item, NFW_FIELD_IP_DADDR, first[0], last[0]);
        set_bounds(item, NFW_FIELD_IP6_DADDR, first[0], last[0]);
        set_bounds(item, NFW_FIELD_TH_DPORT, first[1], last[1]);
        set_bounds(item, NFW_FIELD_L4PROTO, first[2], last[2]);

        to_numbers(first[0], bounds.addr_first);
        to_numbers(last[0], bounds.addr_last);
        bounds.port_first = (uint16_t)(first[1][0] << 8 | first[1][1]);
        bounds.port_last = (uint16_t)(last[1][0] << 8 | last[1][1]);
        bounds.protocol_first = first[2][0];
        bounds.protocol_last = last[2][0];
        return bounds;
}

static bool is_less(const uint64_t a[static 2], const uint64_t b[static 2]) {
        return a[0] != b[0] ? a[0] < b[0] : a[1] < b[1];
}

static bool bounds_overlap(const struct bounds *a, const struct bounds *b) {
        return a->families & b->families && !is_less(a->addr_last, b->addr_first) &&
               !is_less(b->addr_last, a->addr_first) && a->port_first <= b->port_last &&
               b->port_first <= a->port_last && a->protocol_first <= b->protocol_last &&
               b->protocol_first <= a->protocol_last;
}

/* Operands do not count, but for the IP version that they imply: nothing is known of their values. */
static int signature_compare(const struct nfw_plan_item *a, const struct nfw_plan_item *b) {
        unsigned int a_families = nfw_plan_item_families(a), b_families = nfw_plan_item_families(b);

        if (a->verdict != b->verdict)
                return a->verdict < b->verdict ? -1 : 1;
        if (a->fields != b->fields)
                return a->fields < b->fields ? -1 : 1;
        if (a_families != b_families)
                return a_families < b_families ? -1 : 1;

        for (size_t i = 0; i < NFW_N_FIELDS; i++) {
                int c = (a->fields & 1U << i) ? nfw_ranges_compare(&a->ranges[i], &b->ranges[i]) : 0;

                if (c != 0)
                        return c;
        }
        return 0;
}

static int place_compare(const void *a, const void *b, void *userdata) {
        struct nfw_plan_item *const *items = userdata;
        size_t x = *(const size_t *)a, y = *(const size_t *)b;
        int c = signature_compare(items[x], items[y]);

        return c ? c : (x > y) - (x < y);
}

/* The place of the first item with the same signature, for each item. */
static int find_signatures(struct nfw_plan_item **items, size_t n_items, size_t *ret_signatures) {
        nfw_cleanup(nfw_freep) size_t *places = calloc(n_items, sizeof(*places));

        if (!places)
                return -ENOMEM;
        for (size_t i = 0; i < n_items; i++)
                places[i] = i;
        qsort_r(places, n_items, sizeof(*places), place_compare, items);

        for (size_t i = 0, first = 0; i < n_items; i++) {
                if (i == 0 || signature_compare(items[places[i]], items[first]) != 0)
                        first = places[i];
                ret_signatures[places[i]] = first;
        }
        return 0;
}

struct representatives {
        NFW_VEC(struct representative) vec;
};

static size_t level_above(const struct representatives *others,
                          const struct nfw_plan_item *item,
                          const struct bounds *bounds) {
        size_t level = 0;

        /* Late ones have high levels: looking at these first rules out most of the others. */
        for (size_t i = others->vec.n; i-- > 0;) {
                const struct representative *other = &others->vec.items[i];

                if (other->level >= level && bounds_overlap(&other->bounds, bounds) &&
                    nfw_plan_item_may_overlap(other->item, item))
                        level = other->level + 1;
        }
        return level;
}

/* Parts of one rule that wait for the same names: on one level they share a pair of sets. */
static bool are_siblings(const struct nfw_plan_item *a, const struct nfw_plan_item *b) {
        return a->verdict == b->verdict && nfw_plan_item_has_learned_axis(a) &&
               nfw_plan_item_has_learned_axis(b) &&
               nfw_plan_item_learned(a)->vec.items[0] == nfw_plan_item_learned(b)->vec.items[0];
}

struct levels {
        struct nfw_plan_item **items;
        size_t n_items;
        size_t *signatures; /* for each item, the place of the first one that is like it */
        size_t *found;      /* for each of these, its place among the representatives */
        struct representatives accepting, dropping;
};

static void levels_deinit(struct levels *levels) {
        free(levels->signatures);
        free(levels->found);
        nfw_vec_deinit(&levels->accepting.vec);
        nfw_vec_deinit(&levels->dropping.vec);
}

static int levels_init(struct levels *levels, struct nfw_plan_item **items, size_t n_items) {
        levels->items = items;
        levels->n_items = n_items;
        levels->signatures = calloc(n_items, sizeof(*levels->signatures));
        levels->found = calloc(n_items, sizeof(*levels->found));
        if (!levels->signatures || !levels->found)
                return -ENOMEM;
        return find_signatures(items, n_items, levels->signatures);
}

/* Makes later items respect this one, whose level is set. */
static int add_representative(struct levels *levels, size_t place) {
        const struct nfw_plan_item *item = levels->items[place];
        struct representatives *mine =
                item->verdict == NFW_VERDICT_ACCEPT ? &levels->accepting : &levels->dropping;
        size_t first = levels->signatures[place];

        if (first != place) {
                struct representative *same = &mine->vec.items[levels->found[first]];

                same->level = NFW_MAX(same->level, item->level);
                return 0;
        }

        levels->found[place] = mine->vec.n;
        return nfw_vec_push(&mine->vec, ((struct representative){
                                                .item = item,
                                                .bounds = item_bounds(item),
                                                .level = item->level,
                                        }));
}

/* The siblings [first, end) have one verdict, so that they do not hinder each other. */
static int assign_level(struct levels *levels, size_t first, size_t end) {
        bool accepts = levels->items[first]->verdict == NFW_VERDICT_ACCEPT;
        const struct representatives *others = accepts ? &levels->dropping : &levels->accepting;
        size_t level = 0;
        int r = 0;

        for (size_t i = first; i < end; i++) {
                struct bounds bounds = item_bounds(levels->items[i]);

                level = NFW_MAX(level, level_above(others, levels->items[i], &bounds));
        }
        for (size_t i = first; r == 0 && i < end; i++) {
                levels->items[i]->level = level;
                r = add_representative(levels, i);
        }
        return r;
}

int nfw_plan_assign_levels(struct nfw_plan_item **items, size_t n_items, size_t *ret_n_levels) {
        nfw_cleanup(levels_deinit) struct levels levels = { 0 };
        size_t n_levels = 0;
        int r = n_items > 0 ? levels_init(&levels, items, n_items) : 0;

        for (size_t i = 0, next; r == 0 && i < n_items; i = next) {
                next = i + 1;
                while (next < n_items && are_siblings(items[i], items[next]))
                        next++;
                r = assign_level(&levels, i, next);
                n_levels = NFW_MAX(n_levels, items[i]->level + 1);
        }
        if (r < 0)
                return r;

        *ret_n_levels = n_levels;
        return 0;
}
