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
        [NFW_FIELD_ETHER_SADDR] = { .name = "ether saddr", .size = 6 },
        [NFW_FIELD_ETHER_DADDR] = { .name = "ether daddr", .size = 6 },
        [NFW_FIELD_VLAN_ID] = { .name = "vlan id", .size = 2 },
        [NFW_FIELD_VLAN_TYPE] = { .name = "vlan type", .size = 2 },
        [NFW_FIELD_ARP_HTYPE] = { .name = "arp htype", .size = 2 },
        [NFW_FIELD_ARP_PTYPE] = { .name = "arp ptype", .size = 2 },
        [NFW_FIELD_ARP_OPERATION] = { .name = "arp operation", .size = 2 },
        [NFW_FIELD_ARP_SADDR_ETHER] = { .name = "arp saddr ether", .size = 6 },
        [NFW_FIELD_ARP_SADDR_IP] = { .name = "arp saddr ip", .size = 4 },
        [NFW_FIELD_ARP_DADDR_ETHER] = { .name = "arp daddr ether", .size = 6 },
        [NFW_FIELD_ARP_DADDR_IP] = { .name = "arp daddr ip", .size = 4 },
        [NFW_FIELD_IP_DSCP] = { .name = "ip dscp", .size = 1, .family = AF_INET },
        [NFW_FIELD_IP6_DSCP] = { .name = "ip6 dscp", .size = 1, .family = AF_INET6 },
        [NFW_FIELD_ICMP_TYPE] = { .name = "icmp type", .size = 1, .family = AF_INET },
        [NFW_FIELD_ICMP_CODE] = { .name = "icmp code", .size = 1, .family = AF_INET },
        [NFW_FIELD_ICMPV6_CODE] = { .name = "icmpv6 code", .size = 1, .family = AF_INET6 },
        [NFW_FIELD_TCP_FLAGS] = { .name = "tcp flags", .size = 1 },
        [NFW_FIELD_TCP_OPTION] = { .name = "tcp option", .size = 1 },
        [NFW_FIELD_CT_DIRECTION] = { .name = "ct direction", .size = 1 },
        [NFW_FIELD_LLC] = { .name = "llc", .size = 3 },
        [NFW_FIELD_STP_TYPE] = { .name = "stp type", .size = 1 },
        [NFW_FIELD_STP_FLAGS] = { .name = "stp flags", .size = 1 },
        [NFW_FIELD_STP_ROOT_PRIORITY] = { .name = "stp root priority", .size = 2 },
        [NFW_FIELD_STP_ROOT_ADDRESS] = { .name = "stp root address", .size = 6 },
        [NFW_FIELD_STP_ROOT_COST] = { .name = "stp root cost", .size = 4 },
        [NFW_FIELD_STP_SENDER_PRIORITY] = { .name = "stp sender priority", .size = 2 },
        [NFW_FIELD_STP_SENDER_ADDRESS] = { .name = "stp sender address", .size = 6 },
        [NFW_FIELD_STP_PORT] = { .name = "stp port", .size = 2 },
        [NFW_FIELD_STP_AGE] = { .name = "stp age", .size = 2 },
        [NFW_FIELD_STP_MAX_AGE] = { .name = "stp max age", .size = 2 },
        [NFW_FIELD_STP_HELLO_TIME] = { .name = "stp hello time", .size = 2 },
        [NFW_FIELD_STP_FORWARD_DELAY] = { .name = "stp forward delay", .size = 2 },
        [NFW_FIELD_TRANSPORT] = { .name = "transport", .size = 3 },
};

const struct nfw_field_info *nfw_field_info(enum nfw_field field) {
        return &fields[field];
}

uint8_t nfw_field_address_family(enum nfw_field field) {
        switch (field) {
        case NFW_FIELD_IP_SADDR:
        case NFW_FIELD_IP_DADDR:
        case NFW_FIELD_ARP_SADDR_IP:
        case NFW_FIELD_ARP_DADDR_IP:
                return AF_INET;
        case NFW_FIELD_IP6_SADDR:
        case NFW_FIELD_IP6_DADDR:
                return AF_INET6;
        default:
                return 0;
        }
}
