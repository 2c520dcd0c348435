/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Sets of values of one field, as sorted ranges that neither touch nor overlap. A value stands in network
 * order at the beginning of its 16 octets, the rest is zero, so that the order of octets is that of every field.
 */

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/vec.h"
#include "net/port_range.h"
#include "net/prefix.h"

#define NFW_VALUE_MAX 16

struct nfw_range {
        uint8_t first[NFW_VALUE_MAX];
        uint8_t last[NFW_VALUE_MAX];
};

struct nfw_ranges {
        NFW_VEC(struct nfw_range) vec;
};

/* As memcmp(), which has to be called: sorting and joining does little else than compare values. */
static inline int nfw_value_compare(const uint8_t a[static NFW_VALUE_MAX],
                                    const uint8_t b[static NFW_VALUE_MAX]) {
        for (size_t i = 0; i < NFW_VALUE_MAX; i += sizeof(uint64_t)) {
                uint64_t x, y;

                memcpy(&x, a + i, sizeof(x));
                memcpy(&y, b + i, sizeof(y));
                if (x != y)
                        return be64toh(x) < be64toh(y) ? -1 : 1;
        }
        return 0;
}

struct nfw_range nfw_range_from_prefix(const struct nfw_prefix *prefix);
struct nfw_range nfw_range_from_ports(const struct nfw_port_range *ports);
/* A single number of size octets. */
struct nfw_range nfw_range_from_number(uint64_t number, size_t size);

static inline bool nfw_range_is_single(const struct nfw_range *range) {
        return nfw_value_compare(range->first, range->last) == 0;
}

/* Whether it is all the values that begin with the same *ret_length bits; size is the field's. */
bool nfw_range_is_prefix(const struct nfw_range *range, size_t size, unsigned int *ret_length);

static inline bool nfw_range_overlaps(const struct nfw_range *a, const struct nfw_range *b) {
        return nfw_value_compare(a->first, b->last) <= 0 && nfw_value_compare(b->first, a->last) <= 0;
}

static inline bool nfw_range_covers(const struct nfw_range *outer, const struct nfw_range *inner) {
        return nfw_value_compare(outer->first, inner->first) <= 0 &&
               nfw_value_compare(inner->last, outer->last) <= 0;
}

/* Whether one begins right behind the other. */
bool nfw_range_touches(const struct nfw_range *a, const struct nfw_range *b, size_t size);
/* The number of values, UINT64_MAX where there are as many or more. */
uint64_t nfw_range_n_values(const struct nfw_range *range, size_t size);
/* The value behind this one; false where there is none. */
bool nfw_value_next(uint8_t value[static NFW_VALUE_MAX], size_t size);

int nfw_ranges_add(struct nfw_ranges *ranges, const struct nfw_range *range);
int nfw_ranges_add_all(struct nfw_ranges *ranges, const struct nfw_ranges *more);
/* Sorts, and joins what overlaps or touches; size is the field's. Needed after nfw_ranges_add(). */
void nfw_ranges_normalize(struct nfw_ranges *ranges, size_t size);
bool nfw_ranges_overlap(const struct nfw_ranges *a, const struct nfw_ranges *b);
bool nfw_ranges_contain(const struct nfw_ranges *ranges, const uint8_t value[static NFW_VALUE_MAX]);
bool nfw_ranges_contain_all(const struct nfw_ranges *outer, const struct nfw_ranges *inner);
bool nfw_ranges_equal(const struct nfw_ranges *a, const struct nfw_ranges *b);
/* An order without further meaning, for sorting: negative, 0 or positive. */
int nfw_ranges_compare(const struct nfw_ranges *a, const struct nfw_ranges *b);
/* What is in both, normalised. 0 or -ENOMEM. */
int nfw_ranges_intersect(const struct nfw_ranges *a,
                         const struct nfw_ranges *b,
                         struct nfw_ranges *ret_ranges);
void nfw_ranges_deinit(struct nfw_ranges *ranges);
