/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Finds the transport payload in the bytes of an IPv4 or IPv6 packet that a guest may have made: every length
 * is checked against what is there, IPv6 extension headers are walked with a bound, nothing is allocated.
 */

#include "net/addr.h"

struct nfw_packet {
        struct nfw_addr source;
        struct nfw_addr destination;
        uint8_t protocol;         /* of the transport, after any extension headers */
        uint8_t matched_protocol; /* what rules take for it: IPv6 authentication and mobility headers themselves */
        bool fragment;            /* not the whole datagram; then nothing below is set */
        const uint8_t *transport; /* header and payload of the transport */
        size_t transport_size;
        uint16_t source_port; /* TCP and UDP only, else 0 */
        uint16_t destination_port;
        uint32_t tcp_sequence;
        uint8_t tcp_flags;
        const uint8_t *payload; /* behind the UDP or TCP header */
        size_t payload_size;
};

/* 0, or NFW_E_INVALID where the bytes are not such a packet to the end. */
int nfw_packet_parse(const void *data, size_t size, struct nfw_packet *ret_packet);

/*
 * The same of what may have been cut off: says from whom to whom it is, and the protocol and the ports as far as
 * they are there. 0, or NFW_E_INVALID where there are no two addresses.
 */
int nfw_packet_parse_head(const void *data, size_t size, struct nfw_packet *ret_packet);
