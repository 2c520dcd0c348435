/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP segments of a few connections in any order. Each is five octets and its payload: the flow (2 bits) and the
 * direction (1 bit) with the TCP flags above them, a distance from the flow's own count (two octets, signed), the
 * seconds that have passed, and the payload's length.
 */
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>

#include "dns/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_FLOWS 3
#define MAX_BYTES 4096

static void require(bool condition) {
        if (!condition)
                abort();
}

static int look_at(const void *message, size_t size, void *userdata) {
        struct nfw_dns_message parsed;

        require(size >= 12 && size <= 65535);
        /* Reads all of it, so that a sanitizer can complain. */
        if (!nfw_dns_message_parse(message, size, &parsed))
                (*(size_t *)userdata)++;
        return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct nfw_dns_streams *streams;
        uint32_t sequence[4][2] = { { 0, UINT32_MAX - 50 }, { 7, 9 }, { UINT32_MAX, 1U << 31 }, { 3, 3 } };
        uint64_t now_ms = 0;
        size_t n_parsed = 0;

        if (nfw_dns_streams_new(MAX_FLOWS, MAX_BYTES, &streams) < 0)
                return 0;

        while (size >= 5) {
                struct nfw_dns_flow flow = { .protocol = IPPROTO_TCP,
                                             .server_port = 53,
                                             .guest_port = data[0] & 3 };
                bool from_guest = data[0] & 4;
                uint32_t *next = &sequence[data[0] & 3][from_guest];
                int16_t distance = (int16_t)(data[1] << 8 | data[2]);
                struct nfw_packet segment = {
                        .protocol = IPPROTO_TCP,
                        .tcp_sequence = *next + (uint32_t)distance,
                        /* SYN, ACK, FIN, RST, URG */
                        .tcp_flags = (uint8_t)((data[0] & 0x08 ? 0x02 : 0) | (data[0] & 0x10 ? 0x10 : 0) |
                                               (data[0] & 0x20 ? 0x01 : 0) | (data[0] & 0x40 ? 0x04 : 0) |
                                               (data[0] & 0x80 ? 0x20 : 0)),
                        .payload = data + 5,
                        .payload_size = data[4] < size - 5 ? data[4] : size - 5,
                };

                now_ms += (uint64_t)data[3] * 1000;
                require(nfw_dns_streams_push(streams, &flow, from_guest, &segment, now_ms, look_at,
                                             &n_parsed) == 0);
                require(nfw_dns_streams_n_flows(streams) <= MAX_FLOWS);
                require(nfw_dns_streams_n_bytes(streams) <= MAX_BYTES);
                if (distance == 0)
                        *next += (uint32_t)segment.payload_size + ((segment.tcp_flags & 0x02) ? 1 : 0);
                data += 5 + segment.payload_size;
                size -= 5 + segment.payload_size;
        }

        require(!nfw_dns_streams_free(streams));
        return 0;
}
