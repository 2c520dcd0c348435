/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * How the fields of the IR are looked at in the kernel: what loads them into a register, what has to be checked
 * before, and how nft calls them and their type.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ir/field.h"
#include "ir/ir.h"

/* Numbers of nft's data types, which it keeps with a set to print its elements. */
enum nfw_nft_type {
        NFW_NFT_TYPE_INTEGER = 4,
        NFW_NFT_TYPE_IPV4_ADDR = 7,
        NFW_NFT_TYPE_IPV6_ADDR = 8,
        NFW_NFT_TYPE_ETHER_ADDR = 9,
        NFW_NFT_TYPE_ETHER_TYPE = 10,
        NFW_NFT_TYPE_ARP_OP = 11,
        NFW_NFT_TYPE_INET_PROTO = 12,
        NFW_NFT_TYPE_INET_SERVICE = 13,
        NFW_NFT_TYPE_ICMP_TYPE = 14,
        NFW_NFT_TYPE_TCP_FLAG = 15,
        NFW_NFT_TYPE_CT_STATE = 26,
        NFW_NFT_TYPE_CT_DIR = 27,
        NFW_NFT_TYPE_ICMPV6_TYPE = 29,
        NFW_NFT_TYPE_ICMP_CODE = 32,
        NFW_NFT_TYPE_ICMPV6_CODE = 33,
        NFW_NFT_TYPE_DSCP = 36,
        NFW_NFT_TYPE_IFNAME = 41,
};

/* Set types of several fields are their fields' types, six bits each. */
#define NFW_NFT_TYPE_BITS 6

/* In a set's user data: how nft has to read the elements. */
enum nfw_nft_byteorder {
        NFW_NFT_BYTEORDER_NONE, /* single octets and concatenations */
        NFW_NFT_BYTEORDER_HOST,
        NFW_NFT_BYTEORDER_NETWORK,
};

/* What a packet must be known to be before the field means anything. */
enum nfw_nft_requirement {
        NFW_NFT_REQUIRE_NOTHING,
        NFW_NFT_REQUIRE_IPV4,
        NFW_NFT_REQUIRE_IPV6,
        NFW_NFT_REQUIRE_ARP, /* or RARP, where the rule says so */
        NFW_NFT_REQUIRE_VLAN,
        NFW_NFT_REQUIRE_ICMP,
        NFW_NFT_REQUIRE_ICMPV6,
        NFW_NFT_REQUIRE_TRANSPORT, /* the one that the rule names; several have ports */
};

enum nfw_nft_source {
        NFW_NFT_SOURCE_META,
        NFW_NFT_SOURCE_CT,
        NFW_NFT_SOURCE_PAYLOAD,
        NFW_NFT_SOURCE_TCP_OPTION, /* whether it is there */
};

struct nfw_nft_field {
        const char *name;      /* in nft's rules */
        const char *type_name; /* NULL: nft has no name for it, so no named set can have it */
        enum nfw_nft_type type;
        enum nfw_nft_byteorder byteorder;
        enum nfw_nft_requirement requirement;
        enum nfw_nft_source source;
        uint32_t key;    /* of meta or ct; of payload: the header it counts from */
        uint32_t offset; /* of payload */
        uint8_t size;    /* octets of a value */
        /* Of payload that is part of octets: those are loaded, masked, and compared with the value moved there. */
        uint8_t load_size;
        uint16_t mask; /* 0: it is all of them */
        uint8_t shift;
        /* What nft calls it in the user data of sets whose type has no name; 0: it cannot. */
        uint8_t header;
        uint8_t member;
};

const struct nfw_nft_field *nfw_nft_field(enum nfw_field field);

/* Of RARP, which has ARP's fields, and no names for them in nft; NULL for other fields. */
const struct nfw_nft_field *nfw_nft_rarp_field(enum nfw_field field);

/* Whether nft has no name for the field, so that it is "@nh,64,48" there. */
static inline bool nfw_nft_field_is_raw(const struct nfw_nft_field *field) {
        return field->name[0] == '@';
}

/* The port's name: 16 octets, meta iifname or oifname depending on the direction. */
const struct nfw_nft_field *nfw_nft_port_field(enum nfw_direction direction);

/* The octets a field takes within a concatenation: whole registers of 4. */
static inline size_t nfw_nft_padded(size_t size) {
        return (size + 3) & ~(size_t)3;
}
