/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/plan/bounds.h"

#include <endian.h>
#include <string.h>

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

struct nfw_plan_bounds nfw_plan_item_bounds(const struct nfw_plan_item *item) {
        uint8_t first[3][NFW_VALUE_MAX], last[3][NFW_VALUE_MAX];
        struct nfw_plan_bounds bounds = { .families = (uint8_t)nfw_plan_item_families(item) };

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

bool nfw_plan_bounds_overlap(const struct nfw_plan_bounds *a, const struct nfw_plan_bounds *b) {
        return a->families & b->families && !is_less(a->addr_last, b->addr_first) &&
               !is_less(b->addr_last, a->addr_first) && a->port_first <= b->port_last &&
               b->port_first <= a->port_last && a->protocol_first <= b->protocol_last &&
               b->protocol_first <= a->protocol_last;
}

void nfw_plan_bounds_extend(struct nfw_plan_bounds *bounds, const struct nfw_plan_bounds *other) {
        if (is_less(other->addr_first, bounds->addr_first))
                memcpy(bounds->addr_first, other->addr_first, sizeof(bounds->addr_first));
        if (is_less(bounds->addr_last, other->addr_last))
                memcpy(bounds->addr_last, other->addr_last, sizeof(bounds->addr_last));
        bounds->port_first = NFW_MIN(bounds->port_first, other->port_first);
        bounds->port_last = NFW_MAX(bounds->port_last, other->port_last);
        bounds->protocol_first = NFW_MIN(bounds->protocol_first, other->protocol_first);
        bounds->protocol_last = NFW_MAX(bounds->protocol_last, other->protocol_last);
        bounds->families |= other->families;
}
