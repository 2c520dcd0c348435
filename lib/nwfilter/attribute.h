/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The words of the grammar: protocols and their attributes. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum nfw_nwfilter_protocol {
        NFW_NWFILTER_NONE, /* a rule without an element: all frames */
        NFW_NWFILTER_MAC,
        NFW_NWFILTER_VLAN,
        NFW_NWFILTER_STP,
        NFW_NWFILTER_ARP,
        NFW_NWFILTER_RARP,
        NFW_NWFILTER_IP,
        NFW_NWFILTER_IPV6,
        /* From here on these are layer 3: they look at packets, know connections and ignore chains. */
        NFW_NWFILTER_TCP,
        NFW_NWFILTER_UDP,
        NFW_NWFILTER_UDPLITE,
        NFW_NWFILTER_ESP,
        NFW_NWFILTER_AH,
        NFW_NWFILTER_SCTP,
        NFW_NWFILTER_ICMP,
        NFW_NWFILTER_IGMP,
        NFW_NWFILTER_ALL,
        NFW_NWFILTER_TCP_IPV6,
        NFW_NWFILTER_UDP_IPV6,
        NFW_NWFILTER_UDPLITE_IPV6,
        NFW_NWFILTER_ESP_IPV6,
        NFW_NWFILTER_AH_IPV6,
        NFW_NWFILTER_SCTP_IPV6,
        NFW_NWFILTER_ICMPV6,
        NFW_NWFILTER_IGMP_IPV6,
        NFW_NWFILTER_ALL_IPV6,
        NFW_N_NWFILTER_PROTOCOLS,
};

static inline bool nfw_nwfilter_is_network_layer(enum nfw_nwfilter_protocol protocol) {
        return protocol >= NFW_NWFILTER_TCP;
}

enum nfw_nwfilter_attribute {
        NFW_NWFILTER_SRCMACADDR,
        NFW_NWFILTER_SRCMACMASK,
        NFW_NWFILTER_DSTMACADDR,
        NFW_NWFILTER_DSTMACMASK,
        NFW_NWFILTER_PROTOCOLID,
        NFW_NWFILTER_VLANID,
        NFW_NWFILTER_ENCAP_PROTOCOL,
        NFW_NWFILTER_STP_TYPE,
        NFW_NWFILTER_STP_FLAGS,
        NFW_NWFILTER_ROOT_PRIORITY,
        NFW_NWFILTER_ROOT_PRIORITY_HI,
        NFW_NWFILTER_ROOT_ADDRESS,
        NFW_NWFILTER_ROOT_ADDRESS_MASK,
        NFW_NWFILTER_ROOT_COST,
        NFW_NWFILTER_ROOT_COST_HI,
        NFW_NWFILTER_SENDER_PRIORITY,
        NFW_NWFILTER_SENDER_PRIORITY_HI,
        NFW_NWFILTER_SENDER_ADDRESS,
        NFW_NWFILTER_SENDER_ADDRESS_MASK,
        NFW_NWFILTER_STP_PORT,
        NFW_NWFILTER_STP_PORT_HI,
        NFW_NWFILTER_AGE,
        NFW_NWFILTER_AGE_HI,
        NFW_NWFILTER_MAX_AGE,
        NFW_NWFILTER_MAX_AGE_HI,
        NFW_NWFILTER_HELLO_TIME,
        NFW_NWFILTER_HELLO_TIME_HI,
        NFW_NWFILTER_FORWARD_DELAY,
        NFW_NWFILTER_FORWARD_DELAY_HI,
        NFW_NWFILTER_HWTYPE,
        NFW_NWFILTER_PROTOCOLTYPE,
        NFW_NWFILTER_OPCODE,
        NFW_NWFILTER_ARPSRCMACADDR,
        NFW_NWFILTER_ARPDSTMACADDR,
        NFW_NWFILTER_ARPSRCIPADDR,
        NFW_NWFILTER_ARPSRCIPMASK,
        NFW_NWFILTER_ARPDSTIPADDR,
        NFW_NWFILTER_ARPDSTIPMASK,
        NFW_NWFILTER_GRATUITOUS,
        NFW_NWFILTER_SRCIPADDR,
        NFW_NWFILTER_SRCIPMASK,
        NFW_NWFILTER_DSTIPADDR,
        NFW_NWFILTER_DSTIPMASK,
        NFW_NWFILTER_SRCIPFROM,
        NFW_NWFILTER_SRCIPTO,
        NFW_NWFILTER_DSTIPFROM,
        NFW_NWFILTER_DSTIPTO,
        NFW_NWFILTER_PROTOCOL,
        NFW_NWFILTER_SRCPORTSTART,
        NFW_NWFILTER_SRCPORTEND,
        NFW_NWFILTER_DSTPORTSTART,
        NFW_NWFILTER_DSTPORTEND,
        NFW_NWFILTER_DSCP,
        NFW_NWFILTER_TYPE, /* of ICMP and ICMPv6 */
        NFW_NWFILTER_TYPE_END,
        NFW_NWFILTER_CODE,
        NFW_NWFILTER_CODE_END,
        NFW_NWFILTER_FLAGS, /* of TCP, "MASK/FLAGS" */
        NFW_NWFILTER_OPTION,
        NFW_NWFILTER_STATE, /* bits of enum nfw_nwfilter_state */
        NFW_NWFILTER_CONNLIMIT_ABOVE,
        NFW_NWFILTER_IPSET,
        NFW_NWFILTER_IPSETFLAGS,
        NFW_NWFILTER_COMMENT,
        NFW_N_NWFILTER_ATTRIBUTES,
};

enum nfw_nwfilter_state {
        NFW_NWFILTER_STATE_NEW = 1 << 0,
        NFW_NWFILTER_STATE_ESTABLISHED = 1 << 1,
        NFW_NWFILTER_STATE_RELATED = 1 << 2,
        NFW_NWFILTER_STATE_INVALID = 1 << 3,
        NFW_NWFILTER_STATE_NONE = 1 << 4, /* no match on the state at all */
};

/* What the value of an attribute looks like, and which member of struct nfw_nwfilter_constant holds it. */
enum nfw_nwfilter_type {
        NFW_NWFILTER_TYPE_NUMBER,   /* decimal or 0x…, between min and max, or one of the words: number */
        NFW_NWFILTER_TYPE_MAC,      /* mac */
        NFW_NWFILTER_TYPE_MAC_MASK, /* ones, then zeros: mac, and the length in bits as number */
        NFW_NWFILTER_TYPE_IP,       /* of the protocol's family: addr */
        NFW_NWFILTER_TYPE_IP_MASK,  /* a length or a mask of ones, then zeros: the length in bits as number */
        NFW_NWFILTER_TYPE_BOOLEAN,  /* number; of gratuitous: 0 is no condition */
        NFW_NWFILTER_TYPE_STATE,    /* bits of enum nfw_nwfilter_state as number, and text */
        NFW_NWFILTER_TYPE_TCP_FLAGS, /* those that are looked at as mask, those of them that are set as number */
        NFW_NWFILTER_TYPE_IPSET,     /* text */
        NFW_NWFILTER_TYPE_IPSET_FLAGS, /* text, in small letters */
        NFW_NWFILTER_TYPE_COMMENT,     /* text */
};

struct nfw_nwfilter_word {
        const char *name;
        uint32_t value;
};

struct nfw_nwfilter_attribute_info {
        const char *name;
        const char *alias; /* what documents call it, or NULL */
        enum nfw_nwfilter_type type;
        uint32_t min; /* of numbers */
        uint32_t max;
        const struct nfw_nwfilter_word *words;
        size_t n_words;
        bool no_variable;
        bool has_of;
        enum nfw_nwfilter_attribute
                of;           /* must be there as well: of a mask the address, of a range's end its start */
        const char *expected; /* for messages; NULL where it depends on the protocol */
};

/* "tcp-ipv6"; "" for NFW_NWFILTER_NONE. */
const char *nfw_nwfilter_protocol_name(enum nfw_nwfilter_protocol protocol);
/* Of its IP addresses: AF_INET, AF_INET6, or AF_UNSPEC where it has none. */
uint8_t nfw_nwfilter_protocol_family(enum nfw_nwfilter_protocol protocol);
bool nfw_nwfilter_protocol_find(const char *name, enum nfw_nwfilter_protocol *ret_protocol);
/* The attributes that it can have, values of enum nfw_nwfilter_attribute, in the order in which they are written. */
const uint8_t *nfw_nwfilter_protocol_attributes(enum nfw_nwfilter_protocol protocol, size_t *ret_n);

/* "root-priority-hi". */
const char *nfw_nwfilter_attribute_name(enum nfw_nwfilter_attribute attribute);
const struct nfw_nwfilter_attribute_info *nfw_nwfilter_attribute_info(enum nfw_nwfilter_attribute attribute);
bool nfw_nwfilter_attribute_find(enum nfw_nwfilter_protocol protocol,
                                 const char *name,
                                 enum nfw_nwfilter_attribute *ret_attribute);
/* Letter case does not count. */
bool nfw_nwfilter_word_find(const struct nfw_nwfilter_attribute_info *info,
                            const char *text,
                            size_t size,
                            uint32_t *ret_value);
