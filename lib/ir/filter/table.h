/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the words of network filters mean in terms of fields. */

#include "ir/field.h"
#include "nwfilter/filter.h"

#define NFW_ETHER_TYPE_VLAN 0x8100
#define NFW_ETHER_TYPE_QINQ 0x88a8
#define NFW_ETHER_TYPE_IPV4 0x0800
#define NFW_ETHER_TYPE_ARP  0x0806
#define NFW_ETHER_TYPE_RARP 0x8035
#define NFW_ETHER_TYPE_IPV6 0x86dd

/* What is below is no type but the length of a frame of IEEE 802.3. */
#define NFW_ETHER_TYPE_LOWEST 0x0600

/* Where bridges send what they tell each other. */
#define NFW_BRIDGE_GROUP ((uint8_t[]){ 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00 })

/* What a rule with that protocol looks at, whatever else it says. */
struct nfw_filter_protocol {
        uint16_t ether_type; /* 0: any */
        uint8_t l4proto;     /* 0: any */
        bool is_ipv6;
        bool is_bridge_group; /* the frame's destination */
};

const struct nfw_filter_protocol *nfw_filter_protocol(enum nfw_nwfilter_protocol protocol);
/* What a jump to such a chain looks at. */
const struct nfw_filter_protocol *nfw_filter_chain_protocol(enum nfw_nwfilter_chain chain);

/* An attribute, with its mask or the end of its range, that is a condition on one field. */
struct nfw_filter_attribute {
        enum nfw_nwfilter_attribute attribute;
        enum nfw_nwfilter_attribute second; /* NFW_N_NWFILTER_ATTRIBUTES: there is none */
        bool second_is_mask;
        enum nfw_field field;
        enum nfw_field field6; /* of IPv6 */
};

/* NULL where it is none of its own. */
const struct nfw_filter_attribute *nfw_filter_attribute(enum nfw_nwfilter_attribute attribute);
/* The one that the mask or end belongs to, or NULL. */
const struct nfw_filter_attribute *nfw_filter_attribute_first(enum nfw_nwfilter_attribute second);

/* The same of the other side where there is one: source for destination. */
enum nfw_field nfw_filter_swap_field(enum nfw_field field);
/* The IP protocols that have ports. */
extern const uint16_t nfw_filter_with_ports[5];
bool nfw_filter_has_ports(uint64_t l4proto);
/* Of a BPDU; those but the type are in configuration messages only. */
bool nfw_filter_is_stp(enum nfw_field field);
