/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/field.h"

#include <sys/socket.h>

static const struct nfw_field_info fields[NFW_N_FIELDS] = {
        [NFW_FIELD_ETHER_TYPE] = { .name = "ether type", .size = 2 },
        [NFW_FIELD_IP_SADDR] = { .name = "ip saddr", .size = 4, .family = AF_INET },
        [NFW_FIELD_IP_DADDR] = { .name = "ip daddr", .size = 4, .family = AF_INET },
        [NFW_FIELD_IP6_SADDR] = { .name = "ip6 saddr", .size = 16, .family = AF_INET6 },
        [NFW_FIELD_IP6_DADDR] = { .name = "ip6 daddr", .size = 16, .family = AF_INET6 },
        [NFW_FIELD_IP6_HOPLIMIT] = { .name = "ip6 hoplimit", .size = 1, .family = AF_INET6 },
        [NFW_FIELD_L4PROTO] = { .name = "meta l4proto", .size = 1 },
        [NFW_FIELD_TH_SPORT] = { .name = "th sport", .size = 2 },
        [NFW_FIELD_TH_DPORT] = { .name = "th dport", .size = 2 },
        [NFW_FIELD_ICMPV6_TYPE] = { .name = "icmpv6 type", .size = 1, .family = AF_INET6 },
        [NFW_FIELD_CT_STATE] = { .name = "ct state", .size = 4 },
};

const struct nfw_field_info *nfw_field_info(enum nfw_field field) {
        return &fields[field];
}
