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
                int c = a->fields & 1U << i ? nfw_ranges_compare(&a->ranges[i], &b->ranges[i]) : 0;

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

int nfw_plan_assign_levels(struct nfw_plan_item **items, size_t n_items, size_t *ret_n_levels) {
        struct representatives accepting = { 0 }, dropping = { 0 };
        nfw_cleanup(nfw_freep) size_t *signatures =
                NULL;                                /* the place of the first item that is like this one */
        nfw_cleanup(nfw_freep) size_t *found = NULL; /* that item's place among the representatives */
        size_t n_levels = 0;
        int r = 0;

        if (n_items == 0) {
                *ret_n_levels = 0;
                return 0;
        }
        signatures = calloc(n_items, sizeof(*signatures));
        found = calloc(n_items, sizeof(*found));
        if (!signatures || !found)
                return -ENOMEM;
        r = find_signatures(items, n_items, signatures);

        for (size_t i = 0; r == 0 && i < n_items; i++) {
                bool accepts = items[i]->verdict == NFW_VERDICT_ACCEPT;
                struct representatives *mine = accepts ? &accepting : &dropping;
                struct representative it = { .item = items[i], .bounds = item_bounds(items[i]) };

                it.level = level_above(accepts ? &dropping : &accepting, it.item, &it.bounds);
                items[i]->level = it.level;
                n_levels = NFW_MAX(n_levels, it.level + 1);

                if (signatures[i] != i) {
                        struct representative *same = &mine->vec.items[found[signatures[i]]];

                        same->level = NFW_MAX(same->level, it.level);
                } else {
                        found[i] = mine->vec.n;
                        r = nfw_vec_push(&mine->vec, it);
                }
        }

        nfw_vec_deinit(&accepting.vec);
        nfw_vec_deinit(&dropping.vec);
        if (r < 0)
                return r;
        *ret_n_levels = n_levels;
        return 0;
}
