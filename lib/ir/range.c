/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/range.h"

#include <endian.h>
#include <string.h>

struct nfw_range nfw_range_from_prefix(const struct nfw_prefix *prefix) {
        size_t size = nfw_addr_size(prefix->addr.family);
        struct nfw_range range;

        memcpy(range.first, prefix->addr.bytes, sizeof(range.first));
        memcpy(range.last, prefix->addr.bytes, sizeof(range.last));
        for (size_t bit = prefix->length; bit < size * 8; bit++) {
                uint8_t mask = (uint8_t)(0x80 >> (bit % 8));

                range.first[bit / 8] &= (uint8_t)~mask;
                range.last[bit / 8] |= mask;
        }

        return range;
}

struct nfw_range nfw_range_from_number(uint64_t number, size_t size) {
        struct nfw_range range = { 0 };

        for (size_t i = size; i-- > 0; number >>= 8)
                range.first[i] = (uint8_t)number;
        memcpy(range.last, range.first, sizeof(range.last));

        return range;
}

struct nfw_range nfw_range_from_ports(const struct nfw_port_range *ports) {
        struct nfw_range range = nfw_range_from_number(ports->first, sizeof(ports->first));
        struct nfw_range last = nfw_range_from_number(ports->last, sizeof(ports->last));

        memcpy(range.last, last.last, sizeof(range.last));
        return range;
}

bool nfw_range_is_prefix(const struct nfw_range *range, size_t size, unsigned int *ret_length) {
        unsigned int length = 0;
        unsigned int n_bits = (unsigned int)size * 8;
        unsigned int bit;

        for (bit = 0; bit < n_bits; bit++, length++) {
                if ((range->first[bit / 8] ^ range->last[bit / 8]) & (0x80 >> (bit % 8)))
                        break;
        }
        for (; bit < n_bits; bit++) {
                unsigned int mask = 0x80U >> (bit % 8);

                if ((range->first[bit / 8] & mask) || !(range->last[bit / 8] & mask))
                        return false;
        }

        *ret_length = length;
        return true;
}

bool nfw_value_next(uint8_t value[static NFW_VALUE_MAX], size_t size) {
        for (size_t i = size; i-- > 0;) {
                if (++value[i] != 0)
                        return true;
        }
        return false;
}

static bool is_behind(const uint8_t value[static NFW_VALUE_MAX],
                      const uint8_t next[static NFW_VALUE_MAX],
                      size_t size) {
        uint8_t expected[NFW_VALUE_MAX];

        /* Nearly always that is enough. */
        if ((uint8_t)(value[size - 1] + 1) != next[size - 1])
                return false;
        memcpy(expected, value, sizeof(expected));
        return nfw_value_next(expected, size) && nfw_value_compare(expected, next) == 0;
}

bool nfw_range_touches(const struct nfw_range *a, const struct nfw_range *b, size_t size) {
        return is_behind(a->last, b->first, size) || is_behind(b->last, a->first, size);
}

static void value_halves(const uint8_t value[static NFW_VALUE_MAX], uint64_t *ret_high, uint64_t *ret_low) {
        uint64_t high, low;

        memcpy(&high, value, sizeof(high));
        memcpy(&low, value + sizeof(high), sizeof(low));
        *ret_high = be64toh(high);
        *ret_low = be64toh(low);
}

uint64_t nfw_range_n_values(const struct nfw_range *range, size_t size) {
        uint64_t first_high, first_low, last_high, last_low, difference;

        value_halves(range->first, &first_high, &first_low);
        value_halves(range->last, &last_high, &last_low);

        if (size <= sizeof(uint64_t)) {
                difference = last_high - first_high;
                difference >>= 64 - size * 8;
        } else if (last_high == first_high) {
                difference = last_low - first_low;
        } else {
                return UINT64_MAX;
        }

        return difference == UINT64_MAX ? UINT64_MAX : difference + 1;
}
