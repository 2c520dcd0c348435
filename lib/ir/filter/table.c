/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/filter/table.h"

#include <netinet/in.h>

#include "base/macros.h"

#define IPV4(...)                                                                                            \
        { .ether_type = NFW_ETHER_TYPE_IPV4, __VA_ARGS__ }
#define IPV6(...)                                                                                            \
        { .ether_type = NFW_ETHER_TYPE_IPV6, .is_ipv6 = true, __VA_ARGS__ }

static const struct nfw_filter_protocol protocols[NFW_N_NWFILTER_PROTOCOLS] = {
        [NFW_NWFILTER_VLAN] = { .ether_type = NFW_ETHER_TYPE_VLAN },
        [NFW_NWFILTER_STP] = { .is_bridge_group = true },
        [NFW_NWFILTER_ARP] = { .ether_type = NFW_ETHER_TYPE_ARP },
        [NFW_NWFILTER_RARP] = { .ether_type = NFW_ETHER_TYPE_RARP },
        [NFW_NWFILTER_IP] = IPV4(),
        [NFW_NWFILTER_IPV6] = IPV6(),
        [NFW_NWFILTER_TCP] = IPV4(.l4proto = IPPROTO_TCP),
        [NFW_NWFILTER_UDP] = IPV4(.l4proto = IPPROTO_UDP),
        [NFW_NWFILTER_UDPLITE] = IPV4(.l4proto = IPPROTO_UDPLITE),
        [NFW_NWFILTER_ESP] = IPV4(.l4proto = IPPROTO_ESP),
        [NFW_NWFILTER_AH] = IPV4(.l4proto = IPPROTO_AH),
        [NFW_NWFILTER_SCTP] = IPV4(.l4proto = IPPROTO_SCTP),
        [NFW_NWFILTER_ICMP] = IPV4(.l4proto = IPPROTO_ICMP),
        [NFW_NWFILTER_IGMP] = IPV4(.l4proto = IPPROTO_IGMP),
        [NFW_NWFILTER_ALL] = IPV4(),
        [NFW_NWFILTER_TCP_IPV6] = IPV6(.l4proto = IPPROTO_TCP),
        [NFW_NWFILTER_UDP_IPV6] = IPV6(.l4proto = IPPROTO_UDP),
        [NFW_NWFILTER_UDPLITE_IPV6] = IPV6(.l4proto = IPPROTO_UDPLITE),
        [NFW_NWFILTER_ESP_IPV6] = IPV6(.l4proto = IPPROTO_ESP),
        [NFW_NWFILTER_AH_IPV6] = IPV6(.l4proto = IPPROTO_AH),
        [NFW_NWFILTER_SCTP_IPV6] = IPV6(.l4proto = IPPROTO_SCTP),
        [NFW_NWFILTER_ICMPV6] = IPV6(.l4proto = IPPROTO_ICMPV6),
        [NFW_NWFILTER_IGMP_IPV6] = IPV6(.l4proto = IPPROTO_IGMP),
        [NFW_NWFILTER_ALL_IPV6] = IPV6(),
};

static const enum nfw_nwfilter_protocol chain_protocols[] = {
        [NFW_NWFILTER_CHAIN_ROOT] = NFW_NWFILTER_NONE, [NFW_NWFILTER_CHAIN_MAC] = NFW_NWFILTER_MAC,
        [NFW_NWFILTER_CHAIN_VLAN] = NFW_NWFILTER_VLAN, [NFW_NWFILTER_CHAIN_STP] = NFW_NWFILTER_STP,
        [NFW_NWFILTER_CHAIN_ARP] = NFW_NWFILTER_ARP,   [NFW_NWFILTER_CHAIN_RARP] = NFW_NWFILTER_RARP,
        [NFW_NWFILTER_CHAIN_IPV4] = NFW_NWFILTER_IP,   [NFW_NWFILTER_CHAIN_IPV6] = NFW_NWFILTER_IPV6,
};

#define ALONE(attribute_, field_, field6_)                                                                   \
        {                                                                                                    \
                NFW_NWFILTER_##attribute_, NFW_N_NWFILTER_ATTRIBUTES, false, NFW_FIELD_##field_,             \
                        NFW_FIELD_##field6_                                                                  \
        }
#define MASKED(attribute_, mask_, field_, field6_)                                                           \
        { NFW_NWFILTER_##attribute_, NFW_NWFILTER_##mask_, true, NFW_FIELD_##field_, NFW_FIELD_##field6_ }
#define RANGE(attribute_, end_, field_, field6_)                                                             \
        { NFW_NWFILTER_##attribute_, NFW_NWFILTER_##end_, false, NFW_FIELD_##field_, NFW_FIELD_##field6_ }

static const struct nfw_filter_attribute attributes[] = {
        MASKED(SRCMACADDR, SRCMACMASK, ETHER_SADDR, ETHER_SADDR),
        MASKED(DSTMACADDR, DSTMACMASK, ETHER_DADDR, ETHER_DADDR),
        ALONE(PROTOCOLID, ETHER_TYPE, ETHER_TYPE),
        ALONE(VLANID, VLAN_ID, VLAN_ID),
        ALONE(ENCAP_PROTOCOL, VLAN_TYPE, VLAN_TYPE),
        ALONE(STP_TYPE, STP_TYPE, STP_TYPE),
        ALONE(STP_FLAGS, STP_FLAGS, STP_FLAGS),
        RANGE(ROOT_PRIORITY, ROOT_PRIORITY_HI, STP_ROOT_PRIORITY, STP_ROOT_PRIORITY),
        MASKED(ROOT_ADDRESS, ROOT_ADDRESS_MASK, STP_ROOT_ADDRESS, STP_ROOT_ADDRESS),
        RANGE(ROOT_COST, ROOT_COST_HI, STP_ROOT_COST, STP_ROOT_COST),
        RANGE(SENDER_PRIORITY, SENDER_PRIORITY_HI, STP_SENDER_PRIORITY, STP_SENDER_PRIORITY),
        MASKED(SENDER_ADDRESS, SENDER_ADDRESS_MASK, STP_SENDER_ADDRESS, STP_SENDER_ADDRESS),
        RANGE(STP_PORT, STP_PORT_HI, STP_PORT, STP_PORT),
        RANGE(AGE, AGE_HI, STP_AGE, STP_AGE),
        RANGE(MAX_AGE, MAX_AGE_HI, STP_MAX_AGE, STP_MAX_AGE),
        RANGE(HELLO_TIME, HELLO_TIME_HI, STP_HELLO_TIME, STP_HELLO_TIME),
        RANGE(FORWARD_DELAY, FORWARD_DELAY_HI, STP_FORWARD_DELAY, STP_FORWARD_DELAY),
        ALONE(HWTYPE, ARP_HTYPE, ARP_HTYPE),
        ALONE(PROTOCOLTYPE, ARP_PTYPE, ARP_PTYPE),
        ALONE(OPCODE, ARP_OPERATION, ARP_OPERATION),
        ALONE(ARPSRCMACADDR, ARP_SADDR_ETHER, ARP_SADDR_ETHER),
        ALONE(ARPDSTMACADDR, ARP_DADDR_ETHER, ARP_DADDR_ETHER),
        MASKED(ARPSRCIPADDR, ARPSRCIPMASK, ARP_SADDR_IP, ARP_SADDR_IP),
        MASKED(ARPDSTIPADDR, ARPDSTIPMASK, ARP_DADDR_IP, ARP_DADDR_IP),
        MASKED(SRCIPADDR, SRCIPMASK, IP_SADDR, IP6_SADDR),
        MASKED(DSTIPADDR, DSTIPMASK, IP_DADDR, IP6_DADDR),
        RANGE(SRCIPFROM, SRCIPTO, IP_SADDR, IP6_SADDR),
        RANGE(DSTIPFROM, DSTIPTO, IP_DADDR, IP6_DADDR),
        ALONE(PROTOCOL, L4PROTO, L4PROTO),
        RANGE(SRCPORTSTART, SRCPORTEND, TH_SPORT, TH_SPORT),
        RANGE(DSTPORTSTART, DSTPORTEND, TH_DPORT, TH_DPORT),
        ALONE(DSCP, IP_DSCP, IP6_DSCP),
        RANGE(TYPE, TYPE_END, ICMP_TYPE, ICMPV6_TYPE),
        RANGE(CODE, CODE_END, ICMP_CODE, ICMPV6_CODE),
};

static const enum nfw_field sides[][2] = {
        { NFW_FIELD_ETHER_SADDR, NFW_FIELD_ETHER_DADDR },
        { NFW_FIELD_IP_SADDR, NFW_FIELD_IP_DADDR },
        { NFW_FIELD_IP6_SADDR, NFW_FIELD_IP6_DADDR },
        { NFW_FIELD_TH_SPORT, NFW_FIELD_TH_DPORT },
        { NFW_FIELD_ARP_SADDR_ETHER, NFW_FIELD_ARP_DADDR_ETHER },
        { NFW_FIELD_ARP_SADDR_IP, NFW_FIELD_ARP_DADDR_IP },
};

const uint16_t nfw_filter_with_ports[5] = {
        IPPROTO_TCP, IPPROTO_UDP, IPPROTO_DCCP, IPPROTO_SCTP, IPPROTO_UDPLITE,
};

const struct nfw_filter_protocol *nfw_filter_protocol(enum nfw_nwfilter_protocol protocol) {
        return &protocols[protocol];
}

const struct nfw_filter_protocol *nfw_filter_chain_protocol(enum nfw_nwfilter_chain chain) {
        return &protocols[chain_protocols[chain]];
}

const struct nfw_filter_attribute *nfw_filter_attribute(enum nfw_nwfilter_attribute attribute) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(attributes); i++) {
                if (attributes[i].attribute == attribute)
                        return &attributes[i];
        }
        return NULL;
}

const struct nfw_filter_attribute *nfw_filter_attribute_first(enum nfw_nwfilter_attribute second) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(attributes); i++) {
                if (attributes[i].second == second)
                        return &attributes[i];
        }
        return NULL;
}

enum nfw_field nfw_filter_swap_field(enum nfw_field field) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(sides); i++) {
                if (sides[i][0] == field)
                        return sides[i][1];
                if (sides[i][1] == field)
                        return sides[i][0];
        }
        return field;
}

bool nfw_filter_has_ports(uint64_t l4proto) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(nfw_filter_with_ports); i++) {
                if (nfw_filter_with_ports[i] == l4proto)
                        return true;
        }
        return false;
}

bool nfw_filter_is_stp(enum nfw_field field) {
        return field >= NFW_FIELD_STP_TYPE && field <= NFW_FIELD_STP_FORWARD_DELAY;
}
