/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/filter/frame.h"

#include <netinet/in.h>
#include <string.h>

#include "base/macros.h"
#include "ir/filter/table.h"

#define NETWORK         14 /* where the header behind Ethernet's begins */
#define IPV4_MIN_HEADER 20
#define IPV6_HEADER     40
#define TCP_MIN_HEADER  20

/* Where a field is that always stands at the same place. */
struct place {
        size_t offset;

        enum {
                ON_LINK,      /* from the frame's first octet */
                ON_NETWORK,   /* from the header behind Ethernet's */
                ON_TRANSPORT, /* from the transport's header */
        } base;

        uint8_t l4proto; /* without which it is not looked at, or 0 */
};

static const struct place places[NFW_N_FIELDS] = {
        [NFW_FIELD_ETHER_TYPE] = { .offset = 12 },
        [NFW_FIELD_ETHER_DADDR] = { .offset = 0 },
        [NFW_FIELD_ETHER_SADDR] = { .offset = 6 },
        [NFW_FIELD_VLAN_TYPE] = { .offset = 16 },
        [NFW_FIELD_ARP_HTYPE] = { .base = ON_NETWORK, .offset = 0 },
        [NFW_FIELD_ARP_PTYPE] = { .base = ON_NETWORK, .offset = 2 },
        [NFW_FIELD_ARP_OPERATION] = { .base = ON_NETWORK, .offset = 6 },
        [NFW_FIELD_ARP_SADDR_ETHER] = { .base = ON_NETWORK, .offset = 8 },
        [NFW_FIELD_ARP_SADDR_IP] = { .base = ON_NETWORK, .offset = 14 },
        [NFW_FIELD_ARP_DADDR_ETHER] = { .base = ON_NETWORK, .offset = 18 },
        [NFW_FIELD_ARP_DADDR_IP] = { .base = ON_NETWORK, .offset = 24 },
        [NFW_FIELD_IP_SADDR] = { .base = ON_NETWORK, .offset = 12 },
        [NFW_FIELD_IP_DADDR] = { .base = ON_NETWORK, .offset = 16 },
        [NFW_FIELD_IP6_HOPLIMIT] = { .base = ON_NETWORK, .offset = 7 },
        [NFW_FIELD_IP6_SADDR] = { .base = ON_NETWORK, .offset = 8 },
        [NFW_FIELD_IP6_DADDR] = { .base = ON_NETWORK, .offset = 24 },
        [NFW_FIELD_TH_SPORT] = { .base = ON_TRANSPORT, .offset = 0 },
        [NFW_FIELD_TH_DPORT] = { .base = ON_TRANSPORT, .offset = 2 },
        [NFW_FIELD_ICMP_TYPE] = { .base = ON_TRANSPORT, .offset = 0, .l4proto = IPPROTO_ICMP },
        [NFW_FIELD_ICMP_CODE] = { .base = ON_TRANSPORT, .offset = 1, .l4proto = IPPROTO_ICMP },
        [NFW_FIELD_ICMPV6_TYPE] = { .base = ON_TRANSPORT, .offset = 0, .l4proto = IPPROTO_ICMPV6 },
        [NFW_FIELD_ICMPV6_CODE] = { .base = ON_TRANSPORT, .offset = 1, .l4proto = IPPROTO_ICMPV6 },
        [NFW_FIELD_TCP_FLAGS] = { .base = ON_TRANSPORT, .offset = 13, .l4proto = IPPROTO_TCP },
        [NFW_FIELD_LLC] = { .offset = 14 },
        [NFW_FIELD_STP_TYPE] = { .offset = 20 },
        [NFW_FIELD_STP_FLAGS] = { .offset = 21 },
        [NFW_FIELD_STP_ROOT_PRIORITY] = { .offset = 22 },
        [NFW_FIELD_STP_ROOT_ADDRESS] = { .offset = 24 },
        [NFW_FIELD_STP_ROOT_COST] = { .offset = 30 },
        [NFW_FIELD_STP_SENDER_PRIORITY] = { .offset = 34 },
        [NFW_FIELD_STP_SENDER_ADDRESS] = { .offset = 36 },
        [NFW_FIELD_STP_PORT] = { .offset = 42 },
        [NFW_FIELD_STP_AGE] = { .offset = 44 },
        [NFW_FIELD_STP_MAX_AGE] = { .offset = 46 },
        [NFW_FIELD_STP_HELLO_TIME] = { .offset = 48 },
        [NFW_FIELD_STP_FORWARD_DELAY] = { .offset = 50 },
        [NFW_FIELD_TRANSPORT] = { .base = ON_TRANSPORT, .offset = 0 },
};

static uint16_t read_u16(const uint8_t *p) {
        return (uint16_t)(p[0] << 8 | p[1]);
}

static void parse_ipv4(struct nfw_filter_frame *frame) {
        const uint8_t *p = frame->bytes + NETWORK;
        size_t left = frame->size - NETWORK, header, total;

        frame->family = AF_INET;
        if (left < IPV4_MIN_HEADER)
                return;
        header = (size_t)(p[0] & 0x0f) * 4;
        total = read_u16(p + 2);
        if (p[0] >> 4 != 4 || header < IPV4_MIN_HEADER || total < header || total > left)
                return;

        frame->has_l4proto = true;
        frame->l4proto = p[9];
        if ((read_u16(p + 6) & 0x1fff) == 0)
                frame->transport = NETWORK + header;
}

static bool is_extension(uint8_t type) {
        return type == IPPROTO_HOPOPTS || type == IPPROTO_ROUTING || type == IPPROTO_DSTOPTS ||
               type == IPPROTO_FRAGMENT || type == IPPROTO_AH;
}

/*
 * From the first header behind IPv6's to the transport's. What comes behind one that is longer than the frame is known
 * all the same. False where a header is not there, or cannot be followed.
 */
static bool walk_extensions(const struct nfw_filter_frame *frame,
                            uint8_t next,
                            uint8_t *ret_l4proto,
                            size_t *ret_transport) {
        size_t at = NETWORK + IPV6_HEADER;

        while (is_extension(next)) {
                const uint8_t *p = frame->bytes + at;

                if (at > frame->size || frame->size - at < (next == IPPROTO_FRAGMENT ? 4 : 2))
                        return false;
                /* The kernel takes it for the transport's, but only where it begins within the frame. */
                if (next == IPPROTO_AH)
                        break;
                if (next == IPPROTO_FRAGMENT && read_u16(p + 2) & 0xfff8) {
                        *ret_l4proto = p[0];
                        *ret_transport = 0;
                        return !is_extension(p[0]);
                }
                at += next == IPPROTO_FRAGMENT ? 8 : ((size_t)p[1] + 1) * 8;
                next = p[0];
        }
        *ret_l4proto = next;
        *ret_transport = at;
        return true;
}

static void parse_ipv6(struct nfw_filter_frame *frame) {
        const uint8_t *p = frame->bytes + NETWORK;
        size_t left = frame->size - NETWORK, payload;

        frame->family = AF_INET6;
        if (left < IPV6_HEADER)
                return;
        payload = read_u16(p + 4);
        if (p[0] >> 4 != 6 || payload > left - IPV6_HEADER)
                return;

        frame->has_l4proto = walk_extensions(frame, p[6], &frame->l4proto, &frame->transport);
}

bool nfw_filter_frame_parse(const void *bytes, size_t size, struct nfw_filter_frame *ret_frame) {
        struct nfw_filter_frame frame = { .bytes = bytes, .size = size };

        if (size < NETWORK)
                return false;
        frame.ether_type = read_u16(frame.bytes + 12);
        if (frame.ether_type == NFW_ETHER_TYPE_IPV4)
                parse_ipv4(&frame);
        else if (frame.ether_type == NFW_ETHER_TYPE_IPV6)
                parse_ipv6(&frame);
        *ret_frame = frame;
        return true;
}

static void set_number(enum nfw_field field, uint64_t number, uint8_t ret_value[static NFW_VALUE_MAX]) {
        struct nfw_range range = nfw_range_from_number(number, nfw_field_info(field)->size);

        memcpy(ret_value, range.first, NFW_VALUE_MAX);
}

/* Those that are a part of an octet, or no octets of the frame at all. False where it is none of them. */
static bool special_field(const struct nfw_filter_frame *frame,
                          enum nfw_field field,
                          bool *ret_there,
                          uint8_t ret_value[static NFW_VALUE_MAX]) {
        const uint8_t *network = frame->bytes + NETWORK;

        switch (field) {
        case NFW_FIELD_L4PROTO:
                *ret_there = frame->has_l4proto;
                set_number(field, frame->l4proto, ret_value);
                return true;
        case NFW_FIELD_VLAN_ID:
                *ret_there = frame->size >= NETWORK + 2;
                if (*ret_there)
                        set_number(field, read_u16(network) & 0x0fff, ret_value);
                return true;
        case NFW_FIELD_IP_DSCP:
                *ret_there = frame->family == AF_INET && frame->size >= NETWORK + 2;
                if (*ret_there)
                        set_number(field, network[1] >> 2, ret_value);
                return true;
        case NFW_FIELD_IP6_DSCP:
                *ret_there = frame->family == AF_INET6 && frame->size >= NETWORK + 2;
                if (*ret_there)
                        set_number(field, read_u16(network) >> 6 & 0x3f, ret_value);
                return true;
        default:
                return false;
        }
}

/* Where fields are that have no ether type in their description but mean nothing without. */
static bool has_layer(const struct nfw_filter_frame *frame, enum nfw_field field) {
        uint8_t family = nfw_field_info(field)->family;

        if (family != 0 && family != frame->family)
                return false;
        if (field == NFW_FIELD_VLAN_ID || field == NFW_FIELD_VLAN_TYPE)
                return frame->ether_type == NFW_ETHER_TYPE_VLAN || frame->ether_type == NFW_ETHER_TYPE_QINQ;
        if (field >= NFW_FIELD_ARP_HTYPE && field <= NFW_FIELD_ARP_DADDR_IP)
                return frame->ether_type == NFW_ETHER_TYPE_ARP || frame->ether_type == NFW_ETHER_TYPE_RARP;
        if (field == NFW_FIELD_LLC || nfw_filter_is_stp(field))
                return frame->ether_type < NFW_ETHER_TYPE_LOWEST;
        return true;
}

bool nfw_filter_frame_field(const struct nfw_filter_frame *frame,
                            enum nfw_field field,
                            uint8_t ret_value[static NFW_VALUE_MAX]) {
        const struct place *place = &places[field];
        size_t size = nfw_field_info(field)->size, offset = place->offset;
        bool there;

        if (!has_layer(frame, field))
                return false;
        if (special_field(frame, field, &there, ret_value))
                return there;
        if (field == NFW_FIELD_CT_STATE || field == NFW_FIELD_CT_DIRECTION || field == NFW_FIELD_TCP_OPTION)
                return false;

        if (place->base == ON_NETWORK)
                offset += NETWORK;
        if (place->base == ON_TRANSPORT) {
                if (frame->transport == 0 || (place->l4proto != 0 && place->l4proto != frame->l4proto))
                        return false;
                offset += frame->transport;
        }
        if (offset > frame->size || frame->size - offset < size)
                return false;
        memset(ret_value, 0, NFW_VALUE_MAX);
        memcpy(ret_value, frame->bytes + offset, size);
        return true;
}

bool nfw_filter_frame_has_option(const struct nfw_filter_frame *frame,
                                 const struct nfw_ranges *kinds,
                                 bool *ret_found) {
        const uint8_t *p = frame->bytes + frame->transport;
        size_t left, header;
        bool found = false;

        if (frame->transport == 0 || frame->l4proto != IPPROTO_TCP || frame->transport > frame->size)
                return false;
        left = frame->size - frame->transport;
        header = left < TCP_MIN_HEADER ? 0 : (size_t)(p[12] >> 4) * 4;
        /* What has no whole header has no options. */
        if (header > left)
                header = 0;

        for (size_t at = TCP_MIN_HEADER; at + 1 < header;) {
                uint8_t value[NFW_VALUE_MAX] = { p[at] };
                /* End of list and no operation (RFC 9293, section 3.1) have no length. */
                size_t length = p[at] <= 1 || p[at + 1] == 0 ? 1 : p[at + 1];

                if (nfw_ranges_contain(kinds, value)) {
                        found = length <= header - at;
                        break;
                }
                at += length;
        }
        *ret_found = found;
        return true;
}
