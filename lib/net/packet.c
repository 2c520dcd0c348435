/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/packet.h"

#include <netinet/in.h>
#include <string.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"

/* A sender needs no more (RFC 8200, section 4.1 names six); a longer row of headers only costs us time. */
#define MAX_EXTENSION_HEADERS 8

#define IPV4_MIN_HEADER       20
#define IPV6_HEADER           40
#define UDP_HEADER            8
#define TCP_MIN_HEADER        20

static uint16_t read_u16(const uint8_t *p) {
        return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t read_u32(const uint8_t *p) {
        return (uint32_t)read_u16(p) << 16 | read_u16(p + 2);
}

/* Of the beginning of a packet: what has no ports has none to tell. */
static int parse_transport_head(struct nfw_packet *packet) {
        const uint8_t *p = packet->transport;

        if ((packet->protocol != IPPROTO_UDP && packet->protocol != IPPROTO_TCP) ||
            packet->transport_size < 2 * sizeof(uint16_t))
                return 0;
        packet->source_port = read_u16(p);
        packet->destination_port = read_u16(p + 2);
        return 0;
}

static int parse_transport(bool whole, struct nfw_packet *packet) {
        const uint8_t *p = packet->transport;
        size_t header;

        if (!whole)
                return parse_transport_head(packet);
        switch (packet->protocol) {
        case IPPROTO_UDP:
                /* Octets behind what UDP counts belong to nobody; two readers would disagree on them. */
                if (packet->transport_size < UDP_HEADER || read_u16(p + 4) != packet->transport_size)
                        return NFW_E_INVALID;
                header = UDP_HEADER;
                break;

        case IPPROTO_TCP:
                if (packet->transport_size < TCP_MIN_HEADER)
                        return NFW_E_INVALID;
                header = (size_t)(p[12] >> 4) * 4;
                if (header < TCP_MIN_HEADER || header > packet->transport_size)
                        return NFW_E_INVALID;
                packet->tcp_sequence = read_u32(p + 4);
                packet->tcp_flags = p[13];
                break;

        default:
                return 0;
        }

        packet->source_port = read_u16(p);
        packet->destination_port = read_u16(p + 2);
        packet->payload = p + header;
        packet->payload_size = packet->transport_size - header;
        return 0;
}

static int parse_ipv4(const uint8_t *data, size_t size, bool whole, struct nfw_packet *packet) {
        size_t header, total;

        if (size < IPV4_MIN_HEADER)
                return NFW_E_INVALID;

        header = (size_t)(data[0] & 0x0f) * 4;
        total = read_u16(data + 2);
        /* A link may have padded the frame, so there may be more octets than the packet has. */
        if (whole && (header < IPV4_MIN_HEADER || total < header || total > size))
                return NFW_E_INVALID;

        nfw_addr_from_bytes(AF_INET, data + 12, &packet->source);
        nfw_addr_from_bytes(AF_INET, data + 16, &packet->destination);
        packet->protocol = packet->matched_protocol = data[9];
        /* More fragments follow, or this is not the first. */
        if (read_u16(data + 6) & 0x3fff) {
                packet->fragment = true;
                return 0;
        }

        total = NFW_MIN(total, size);
        if (header < IPV4_MIN_HEADER || total < header)
                return 0;
        packet->transport = data + header;
        packet->transport_size = total - header;
        return parse_transport(whole, packet);
}

static void set_matched(struct nfw_packet *packet, uint8_t protocol) {
        if (packet->matched_protocol == 0)
                packet->matched_protocol = protocol;
}

/* From the first header behind that of IPv6, which is of the type next, to the transport. */
static int parse_extensions(
        const uint8_t *p, size_t left, uint8_t next, bool whole, struct nfw_packet *packet) {
        size_t length;

        for (size_t n = 0; n <= MAX_EXTENSION_HEADERS; n++) {
                switch (next) {
                case IPPROTO_HOPOPTS:
                        /* RFC 8200, section 4.3: directly behind the IPv6 header or not at all. */
                        if (n > 0)
                                return NFW_E_INVALID;
                        length = left < 8 ? 0 : ((size_t)p[1] + 1) * 8;
                        break;
                case IPPROTO_MH:
                        set_matched(packet, next);
                        length = left < 8 ? 0 : ((size_t)p[1] + 1) * 8;
                        break;
                case IPPROTO_ROUTING:
                case IPPROTO_DSTOPTS:
                        length = left < 8 ? 0 : ((size_t)p[1] + 1) * 8;
                        break;
                case IPPROTO_AH:
                        set_matched(packet, next);
                        /* RFC 4302, section 2.2: counted in units of four octets, less two. */
                        length = left < 8 ? 0 : ((size_t)p[1] + 2) * 4;
                        break;
                case IPPROTO_FRAGMENT:
                        if (left < 8)
                                return NFW_E_INVALID;
                        /* An atomic fragment (RFC 6946) is a whole datagram. */
                        if (read_u16(p + 2) & 0xfff9) {
                                packet->protocol = p[0];
                                packet->fragment = true;
                                return 0;
                        }
                        length = 8;
                        break;
                default:
                        set_matched(packet, next);
                        packet->protocol = next;
                        packet->transport = p;
                        packet->transport_size = left;
                        return parse_transport(whole, packet);
                }

                if (length == 0 || length > left)
                        return NFW_E_INVALID;
                next = p[0];
                p += length;
                left -= length;
        }

        return NFW_E_INVALID;
}

static int parse_ipv6(const uint8_t *data, size_t size, bool whole, struct nfw_packet *packet) {
        size_t left;
        int r;

        if (size < IPV6_HEADER)
                return NFW_E_INVALID;

        left = read_u16(data + 4);
        if (whole && left > size - IPV6_HEADER)
                return NFW_E_INVALID;
        left = NFW_MIN(left, size - IPV6_HEADER);

        nfw_addr_from_bytes(AF_INET6, data + 8, &packet->source);
        nfw_addr_from_bytes(AF_INET6, data + 24, &packet->destination);
        r = parse_extensions(data + IPV6_HEADER, left, data[6], whole, packet);
        return whole ? r : 0;
}

static int parse(const void *data, size_t size, bool whole, struct nfw_packet *ret_packet) {
        const uint8_t *bytes = data;
        struct nfw_packet packet = { 0 };
        int r;

        if (size == 0)
                return NFW_E_INVALID;

        switch (bytes[0] >> 4) {
        case 4:
                r = parse_ipv4(bytes, size, whole, &packet);
                break;
        case 6:
                r = parse_ipv6(bytes, size, whole, &packet);
                break;
        default:
                return NFW_E_INVALID;
        }
        if (r)
                return r;

        *ret_packet = packet;
        return 0;
}

int nfw_packet_parse(const void *data, size_t size, struct nfw_packet *ret_packet) {
        return parse(data, size, true, ret_packet);
}

int nfw_packet_parse_head(const void *data, size_t size, struct nfw_packet *ret_packet) {
        return parse(data, size, false, ret_packet);
}
