/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Sets of values of one field, as sorted ranges that neither touch nor overlap. A value stands in network
 * order at the beginning of its 16 octets, the rest is zero, so that memcmp() is the order for every field.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

struct nfw_range nfw_range_from_prefix(const struct nfw_prefix *prefix);
struct nfw_range nfw_range_from_ports(const struct nfw_port_range *ports);
/* A single number of size octets. */
struct nfw_range nfw_range_from_number(uint64_t number, size_t size);
bool nfw_range_is_single(const struct nfw_range *range);

int nfw_ranges_add(struct nfw_ranges *ranges, const struct nfw_range *range);
/* Sorts, and joins what overlaps or touches; size is the field's. Needed after nfw_ranges_add(). */
void nfw_ranges_normalize(struct nfw_ranges *ranges, size_t size);
bool nfw_ranges_overlap(const struct nfw_ranges *a, const struct nfw_ranges *b);
bool nfw_ranges_contain(const struct nfw_ranges *ranges, const uint8_t value[static NFW_VALUE_MAX]);
bool nfw_ranges_equal(const struct nfw_ranges *a, const struct nfw_ranges *b);
void nfw_ranges_deinit(struct nfw_ranges *ranges);
