/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/filter/value.h"

#include <string.h>

#define MAC_SIZE 6

bool nfw_filter_constant_equal(const struct nfw_nwfilter_constant *a, const struct nfw_nwfilter_constant *b) {
        return a->number == b->number && a->mask == b->mask && memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 &&
               nfw_addr_equal(&a->addr, &b->addr);
}

static bool constant_value(enum nfw_field field,
                           const struct nfw_nwfilter_constant *constant,
                           uint8_t ret_value[static NFW_VALUE_MAX]) {
        size_t size = nfw_field_info(field)->size;
        uint8_t family = nfw_field_address_family(field);
        struct nfw_range number;

        memset(ret_value, 0, NFW_VALUE_MAX);
        if (family != 0) {
                if (constant->addr.family != family)
                        return false;
                memcpy(ret_value, constant->addr.bytes, size);
        } else if (size == MAC_SIZE) {
                memcpy(ret_value, constant->mac, size);
        } else {
                if (size < sizeof(constant->number) && constant->number >> size * 8 != 0)
                        return false;
                number = nfw_range_from_number(constant->number, size);
                memcpy(ret_value, number.first, size);
        }
        return true;
}

bool nfw_filter_mask(enum nfw_field field,
                     const struct nfw_nwfilter_constant *constant,
                     uint8_t ret_mask[static NFW_VALUE_MAX]) {
        size_t size = nfw_field_info(field)->size;
        size_t n_bits = size * 8, length = 0;
        uint8_t mask[NFW_VALUE_MAX] = { 0 };

        if (nfw_field_address_family(field) != 0) {
                if (constant->number > n_bits)
                        return false;
                length = (size_t)constant->number;
        } else {
                while (length < n_bits && constant->mac[length / 8] & 0x80 >> length % 8)
                        length++;
                for (size_t bit = length; bit < n_bits; bit++) {
                        if (constant->mac[bit / 8] & 0x80 >> bit % 8)
                                return false;
                }
        }

        for (size_t bit = 0; bit < length; bit++)
                mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        memcpy(ret_mask, mask, sizeof(mask));
        return true;
}

bool nfw_filter_range(enum nfw_field field,
                      const struct nfw_nwfilter_constant *value,
                      const struct nfw_nwfilter_constant *second,
                      bool second_is_mask,
                      struct nfw_range *ret_range) {
        size_t size = nfw_field_info(field)->size;
        uint8_t mask[NFW_VALUE_MAX];
        struct nfw_range range;

        if (!constant_value(field, value, range.first))
                return false;
        memcpy(range.last, range.first, sizeof(range.last));
        if (second && second_is_mask) {
                if (!nfw_filter_mask(field, second, mask))
                        return false;
                for (size_t i = 0; i < size; i++) {
                        range.first[i] &= mask[i];
                        range.last[i] |= (uint8_t)~mask[i];
                }
        } else if (second) {
                if (!constant_value(field, second, range.last) ||
                    nfw_value_compare(range.first, range.last) > 0)
                        return false;
        }

        *ret_range = range;
        return true;
}
