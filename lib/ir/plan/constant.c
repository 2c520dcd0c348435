/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/plan/constant.h"

#include <string.h>

#include "base/macros.h"
#include "ir/plan/share.h"

#define MAX_ELEMENTS 3

/* A number of one octet, or of two. */
#define NUMBER(...)                                                                                          \
        {                                                                                                    \
                .first = { __VA_ARGS__ }, .last = { __VA_ARGS__ }                                            \
        }

/* Sorted, as the planner has them. */
static const struct constant {
        const char *name;
        enum nfw_field field;
        bool interval;
        size_t n;
        struct nfw_range elements[MAX_ELEMENTS];
} constants[NFW_N_CONSTANTS] = {
        [NFW_CONSTANT_TCP_UDP] = {
                .name = "tcp_udp",
                .field = NFW_FIELD_L4PROTO,
                .n = 2,
                .elements = { NUMBER(6), NUMBER(17) },
        },
        /* What a guest says, RFC 4861: solicitations of routers and neighbours, and its own address. */
        [NFW_CONSTANT_NEIGHBOUR_DISCOVERY] = {
                .name = "neighbour_discovery",
                .field = NFW_FIELD_ICMPV6_TYPE,
                .n = 3,
                .elements = { NUMBER(133), NUMBER(135), NUMBER(136) },
        },
        /* fe80::/10 and ff02::/16, RFC 4291. */
        [NFW_CONSTANT_LINK_ADDRESSES] = {
                .name = "link_addresses",
                .field = NFW_FIELD_IP6_DADDR,
                .interval = true,
                .n = 2,
                .elements = {
                        { .first = { 0xfe, 0x80 },
                          .last = { 0xfe, 0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                    0xff, 0xff, 0xff } },
                        { .first = { 0xff, 0x02 },
                          .last = { 0xff, 0x02, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                    0xff, 0xff, 0xff } },
                },
        },
        /* RFC 2710 and RFC 3810: report, done, report of version 2. */
        [NFW_CONSTANT_MULTICAST_REPORTS] = {
                .name = "multicast_reports",
                .field = NFW_FIELD_ICMPV6_TYPE,
                .n = 3,
                .elements = { NUMBER(131), NUMBER(132), NUMBER(143) },
        },
        /* IPv4, ARP, IPv6. */
        [NFW_CONSTANT_ETHER_TYPES] = {
                .name = "ether_types",
                .field = NFW_FIELD_ETHER_TYPE,
                .n = 3,
                .elements = { NUMBER(0x08, 0x00), NUMBER(0x08, 0x06), NUMBER(0x86, 0xdd) },
        },
};

const char *nfw_plan_constant_name(enum nfw_plan_constant constant) {
        return constants[constant].name;
}

bool nfw_plan_constant_is_in(enum nfw_plan_constant constant, enum nfw_table table) {
        return constant != NFW_CONSTANT_ETHER_TYPES || table == NFW_TABLE_BRIDGE;
}

void nfw_plan_constant_set(enum nfw_plan_constant constant, struct nfw_plan_set *ret_set) {
        const struct constant *from = &constants[constant];

        *ret_set = (struct nfw_plan_set){
                .name = (char *)from->name,
                .fields = { from->field },
                .n_fields = 1,
                .interval = from->interval,
                .elements = { .items = (struct nfw_range *)from->elements, .n = from->n },
                .learned = SIZE_MAX,
                .is_shared = true,
        };
}

enum nfw_plan_constant nfw_plan_constant_find(enum nfw_table table, const struct nfw_plan_set *set) {
        for (int i = 0; i < NFW_N_CONSTANTS; i++) {
                struct nfw_plan_set constant;

                nfw_plan_constant_set(i, &constant);
                if (nfw_plan_constant_is_in(i, table) && nfw_plan_sets_hold_the_same(&constant, set))
                        return i;
        }
        return NFW_N_CONSTANTS;
}
