/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "ir/range.h"

/* Where one side is this many times longer, searching it beats walking along both. */
#define SEARCH_RATIO 16

/* Fewer ranges are not worth the extra memory. */
#define RADIX_SORT_MIN 256

int nfw_ranges_add(struct nfw_ranges *ranges, const struct nfw_range *range) {
        return nfw_vec_push(&ranges->vec, *range);
}

int nfw_ranges_add_all(struct nfw_ranges *ranges, const struct nfw_ranges *more) {
        int r;

        if (more->vec.n == 0)
                return 0;
        r = nfw_vec_reserve(&ranges->vec, more->vec.n);
        if (r < 0)
                return r;

        memcpy(ranges->vec.items + ranges->vec.n, more->vec.items, more->vec.n * sizeof(*more->vec.items));
        ranges->vec.n += more->vec.n;
        return 0;
}

static int range_compare(const void *a, const void *b) {
        return memcmp(a, b, sizeof(struct nfw_range));
}

/* A part of a first value, and which of the ranges it belongs to. */
struct sort_key {
        uint32_t part;
        uint32_t index;
};

/* Octet by octet from the last, but for those that are the same everywhere. The keys end up in either. */
static struct sort_key *sort_keys(struct sort_key *keys, struct sort_key *spare, size_t n) {
        size_t counts[sizeof(keys->part)][256] = { 0 };

        for (size_t i = 0; i < n; i++)
                for (size_t octet = 0; octet < sizeof(keys->part); octet++)
                        counts[octet][keys[i].part >> 8 * octet & 255]++;

        for (size_t octet = 0; octet < sizeof(keys->part); octet++) {
                struct sort_key *swap = keys;
                size_t at = 0;

                if (counts[octet][keys[0].part >> 8 * octet & 255] == n)
                        continue;
                for (size_t value = 0; value < 256; value++) {
                        size_t count = counts[octet][value];

                        counts[octet][value] = at;
                        at += count;
                }
                for (size_t i = 0; i < n; i++)
                        spare[counts[octet][keys[i].part >> 8 * octet & 255]++] = keys[i];
                keys = spare;
                spare = swap;
        }
        return keys;
}

/* Puts in each place the item that its key names; uses the keys up. A copy of all items would cost more. */
static void permute(struct nfw_range *items, struct sort_key *keys, size_t n) {
        for (size_t i = 0; i < n; i++) {
                struct nfw_range first = items[i];
                size_t at = i;

                while (keys[at].index != i) {
                        size_t from = keys[at].index;

                        items[at] = items[from];
                        keys[at].index = (uint32_t)at;
                        at = from;
                }
                items[at] = first;
                keys[at].index = (uint32_t)at;
        }
}

/* By the first value only, a part of it at a time: several times faster than comparing. False if out of memory. */
static bool radix_sort(struct nfw_range *items, size_t n, size_t size) {
        const size_t part_size = sizeof(uint32_t);
        nfw_cleanup(nfw_freep) struct sort_key *both = reallocarray(NULL, 2 * n, sizeof(*both));
        struct sort_key *keys = both;

        if (!both)
                return false;

        for (size_t i = 0; i < n; i++)
                keys[i].index = (uint32_t)i;
        for (size_t place = (size + part_size - 1) / part_size; place-- > 0;) {
                for (size_t i = 0; i < n; i++) {
                        uint32_t part;

                        memcpy(&part, items[keys[i].index].first + place * part_size, part_size);
                        keys[i].part = be32toh(part);
                }
                keys = sort_keys(keys, keys == both ? both + n : both, n);
        }
        permute(items, keys, n);
        return true;
}

/* In the order of the first values. */
static void sort(struct nfw_range *items, size_t n, size_t size) {
        if (n < RADIX_SORT_MIN || n > UINT32_MAX || !radix_sort(items, n, size))
                qsort(items, n, sizeof(*items), range_compare);
}

static bool is_normal(const struct nfw_ranges *ranges, size_t size) {
        for (size_t i = 1; i < ranges->vec.n; i++) {
                const struct nfw_range *before = &ranges->vec.items[i - 1];
                const struct nfw_range *range = &ranges->vec.items[i];

                if (nfw_value_compare(before->last, range->first) >= 0 ||
                    nfw_range_touches(before, range, size))
                        return false;
        }
        return true;
}

void nfw_ranges_normalize(struct nfw_ranges *ranges, size_t size) {
        struct nfw_range *items = ranges->vec.items;
        size_t n = 0;

        if (is_normal(ranges, size))
                return;
        sort(items, ranges->vec.n, size);

        for (size_t i = 1; i < ranges->vec.n; i++) {
                if (nfw_range_overlaps(&items[n], &items[i]) ||
                    nfw_range_touches(&items[n], &items[i], size)) {
                        if (nfw_value_compare(items[i].last, items[n].last) > 0)
                                memcpy(items[n].last, items[i].last, NFW_VALUE_MAX);
                } else {
                        items[++n] = items[i];
                }
        }
        ranges->vec.n = n + 1;
}

/* The first range that does not end before the value, or the number of ranges. */
static size_t lower_bound(const struct nfw_ranges *ranges, const uint8_t value[static NFW_VALUE_MAX]) {
        size_t low = 0, high = ranges->vec.n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (nfw_value_compare(ranges->vec.items[middle].last, value) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static bool overlap_by_search(const struct nfw_ranges *few, const struct nfw_ranges *many) {
        nfw_vec_foreach (range, &few->vec) {
                size_t i = lower_bound(many, range->first);

                if (i < many->vec.n && nfw_range_overlaps(range, &many->vec.items[i]))
                        return true;
        }
        return false;
}

bool nfw_ranges_overlap(const struct nfw_ranges *a, const struct nfw_ranges *b) {
        if (b->vec.n / SEARCH_RATIO >= a->vec.n)
                return overlap_by_search(a, b);
        if (a->vec.n / SEARCH_RATIO >= b->vec.n)
                return overlap_by_search(b, a);

        for (size_t i = 0, j = 0; i < a->vec.n && j < b->vec.n;) {
                if (nfw_range_overlaps(&a->vec.items[i], &b->vec.items[j]))
                        return true;
                if (nfw_value_compare(a->vec.items[i].last, b->vec.items[j].first) < 0)
                        i++;
                else
                        j++;
        }
        return false;
}

bool nfw_ranges_contain(const struct nfw_ranges *ranges, const uint8_t value[static NFW_VALUE_MAX]) {
        size_t i = lower_bound(ranges, value);

        return i < ranges->vec.n && nfw_value_compare(ranges->vec.items[i].first, value) <= 0;
}

bool nfw_ranges_contain_all(const struct nfw_ranges *outer, const struct nfw_ranges *inner) {
        nfw_vec_foreach (range, &inner->vec) {
                size_t i = lower_bound(outer, range->first);

                if (i == outer->vec.n || !nfw_range_covers(&outer->vec.items[i], range))
                        return false;
        }
        return true;
}

int nfw_ranges_compare(const struct nfw_ranges *a, const struct nfw_ranges *b) {
        if (a->vec.n != b->vec.n)
                return a->vec.n < b->vec.n ? -1 : 1;
        return a->vec.n ? memcmp(a->vec.items, b->vec.items, a->vec.n * sizeof(*a->vec.items)) : 0;
}

bool nfw_ranges_equal(const struct nfw_ranges *a, const struct nfw_ranges *b) {
        return nfw_ranges_compare(a, b) == 0;
}

int nfw_ranges_intersect(const struct nfw_ranges *a,
                         const struct nfw_ranges *b,
                         struct nfw_ranges *ret_ranges) {
        struct nfw_ranges both = { 0 };

        for (size_t i = 0, j = 0; i < a->vec.n && j < b->vec.n;) {
                const struct nfw_range *x = &a->vec.items[i];
                const struct nfw_range *y = &b->vec.items[j];
                bool x_ends_first = nfw_value_compare(x->last, y->last) < 0;

                if (nfw_range_overlaps(x, y)) {
                        struct nfw_range common;
                        bool x_begins_first = nfw_value_compare(x->first, y->first) < 0;

                        memcpy(common.first, x_begins_first ? y->first : x->first, NFW_VALUE_MAX);
                        memcpy(common.last, x_ends_first ? x->last : y->last, NFW_VALUE_MAX);
                        if (nfw_ranges_add(&both, &common) < 0) {
                                nfw_ranges_deinit(&both);
                                return -ENOMEM;
                        }
                }
                if (x_ends_first)
                        i++;
                else
                        j++;
        }

        *ret_ranges = both;
        return 0;
}

void nfw_ranges_deinit(struct nfw_ranges *ranges) {
        nfw_vec_deinit(&ranges->vec);
}
