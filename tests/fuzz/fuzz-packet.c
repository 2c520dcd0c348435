/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An IP packet: whatever it says of itself, what is found in it lies inside it. */
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>

#include "net/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
        if (!condition)
                abort();
}

static bool is_inside(const uint8_t *data, size_t size, const uint8_t *part, size_t part_size) {
        return part >= data && part_size <= size && (size_t)(part - data) <= size - part_size;
}

/* The beginning of a packet, of which the whole says the same and more. */
static void take_head(const uint8_t *data, size_t size) {
        struct nfw_packet head, whole;

        if (nfw_packet_parse_head(data, size, &head))
                return;
        require(head.source.family == (data[0] >> 4 == 4 ? AF_INET : AF_INET6));
        require(head.destination.family == head.source.family);
        require(!head.payload && head.payload_size == 0);
        require(!head.transport || is_inside(data, size, head.transport, head.transport_size));
        if (nfw_packet_parse(data, size, &whole))
                return;
        require(head.protocol == whole.protocol && head.fragment == whole.fragment);
        require(head.source_port == whole.source_port && head.destination_port == whole.destination_port);
        require(nfw_addr_equal(&head.source, &whole.source));
        require(nfw_addr_equal(&head.destination, &whole.destination));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct nfw_packet packet;

        take_head(data, size);
        if (nfw_packet_parse(data, size, &packet))
                return 0;

        require(packet.source.family == packet.destination.family);
        require(packet.source.family == (data[0] >> 4 == 4 ? AF_INET : AF_INET6));
        if (packet.fragment) {
                require(!packet.transport && !packet.payload && packet.source_port == 0);
                return 0;
        }

        require(is_inside(data, size, packet.transport, packet.transport_size));
        if (packet.protocol != IPPROTO_UDP && packet.protocol != IPPROTO_TCP) {
                require(!packet.payload && packet.payload_size == 0);
                return 0;
        }
        require(is_inside(packet.transport, packet.transport_size, packet.payload, packet.payload_size));
        require(packet.payload + packet.payload_size == packet.transport + packet.transport_size);
        require(packet.payload - packet.transport >= (packet.protocol == IPPROTO_UDP ? 8 : 20));
        require(packet.source_port == (packet.transport[0] << 8 | packet.transport[1]));
        return 0;
}
