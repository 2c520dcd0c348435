/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What a rule can look at, as the front ends and the evaluator know it. How a field is loaded in the kernel is
 * the business of the nft layer.
 */

#include <stdint.h>

enum nfw_field {
        NFW_FIELD_ETHER_TYPE, /* as on the wire: 0x8100 for a tagged frame */
        NFW_FIELD_IP_SADDR,
        NFW_FIELD_IP_DADDR,
        NFW_FIELD_IP6_SADDR,
        NFW_FIELD_IP6_DADDR,
        NFW_FIELD_IP6_HOPLIMIT,
        NFW_FIELD_L4PROTO, /* of the transport, after any extension headers */
        NFW_FIELD_TH_SPORT,
        NFW_FIELD_TH_DPORT,
        NFW_FIELD_ICMPV6_TYPE,
        NFW_FIELD_CT_STATE, /* a set of enum nfw_ct_state bits */
        NFW_N_POLICY_FIELDS,
        /* What follows is for filters only. */
        NFW_FIELD_ETHER_SADDR = NFW_N_POLICY_FIELDS,
        NFW_FIELD_ETHER_DADDR,
        NFW_FIELD_VLAN_ID,   /* 12 bits */
        NFW_FIELD_VLAN_TYPE, /* what is inside the tag */
        NFW_FIELD_ARP_HTYPE, /* of ARP and RARP */
        NFW_FIELD_ARP_PTYPE,
        NFW_FIELD_ARP_OPERATION,
        NFW_FIELD_ARP_SADDR_ETHER,
        NFW_FIELD_ARP_SADDR_IP,
        NFW_FIELD_ARP_DADDR_ETHER,
        NFW_FIELD_ARP_DADDR_IP,
        NFW_FIELD_IP_DSCP, /* 6 bits */
        NFW_FIELD_IP6_DSCP,
        NFW_FIELD_ICMP_TYPE,
        NFW_FIELD_ICMP_CODE,
        NFW_FIELD_ICMPV6_CODE,
        NFW_FIELD_TCP_FLAGS,
        NFW_FIELD_TCP_OPTION,   /* the kind of an option that is there: a packet has a set of them */
        NFW_FIELD_CT_DIRECTION, /* 0 original, 1 reply */
        NFW_FIELD_LLC,          /* the three octets behind the length: 0x424203 for a BPDU */
        NFW_FIELD_STP_TYPE,
        NFW_FIELD_STP_FLAGS,
        NFW_FIELD_STP_ROOT_PRIORITY,
        NFW_FIELD_STP_ROOT_ADDRESS,
        NFW_FIELD_STP_ROOT_COST,
        NFW_FIELD_STP_SENDER_PRIORITY,
        NFW_FIELD_STP_SENDER_ADDRESS,
        NFW_FIELD_STP_PORT,
        NFW_FIELD_STP_AGE,
        NFW_FIELD_STP_MAX_AGE,
        NFW_FIELD_STP_HELLO_TIME,
        NFW_FIELD_STP_FORWARD_DELAY,
        NFW_FIELD_TRANSPORT, /* the first octets of its header, whatever they are: in plans only */
        NFW_N_FIELDS,
};

/* The bits are those of the kernel's NF_CT_STATE_BIT(). */
enum nfw_ct_state {
        NFW_CT_INVALID = 1 << 0,
        NFW_CT_ESTABLISHED = 1 << 1,
        NFW_CT_RELATED = 1 << 2,
        NFW_CT_NEW = 1 << 3,
        NFW_CT_UNTRACKED = 1 << 6,
};

struct nfw_field_info {
        const char *name; /* "ip daddr" */
        uint8_t size;     /* octets of a value */
        uint8_t family;   /* AF_INET or AF_INET6 where looking at it implies the protocol, else 0 */
};

const struct nfw_field_info *nfw_field_info(enum nfw_field field);

/* AF_INET or AF_INET6 where the field is such an address, else 0. */
uint8_t nfw_field_address_family(enum nfw_field field);
