/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>

#include "snoop/message-internal.h"

#define PORT_DHCP_SERVER   67
#define PORT_DHCP_CLIENT   68
#define PORT_DHCPV6_CLIENT 546
#define PORT_DHCPV6_SERVER 547

#define HOP_LIMIT_OFFSET   7
#define HOP_LIMIT_LINK     255

static bool is_dhcp(bool from_guest, const struct nfw_packet *packet) {
        bool is_ipv4 = packet->source.family == AF_INET;
        uint16_t client = is_ipv4 ? PORT_DHCP_CLIENT : PORT_DHCPV6_CLIENT;
        uint16_t server = is_ipv4 ? PORT_DHCP_SERVER : PORT_DHCPV6_SERVER;

        if (packet->fragment || packet->protocol != IPPROTO_UDP || !packet->payload)
                return false;
        return packet->source_port == (from_guest ? client : server) &&
               packet->destination_port == (from_guest ? server : client);
}

int nfw_snoop_read_ip(bool from_guest, const uint8_t *data, size_t size, struct nfw_snoop_message *message) {
        struct nfw_packet packet;
        int r;

        r = nfw_packet_parse(data, size, &packet);
        if (r)
                return r;

        if (is_dhcp(from_guest, &packet)) {
                message->is_dhcp = true;
                if (!from_guest)
                        message->server = packet.source;
                return packet.source.family == AF_INET ? nfw_snoop_read_dhcp4(from_guest, &packet, message)
                                                       : nfw_snoop_read_dhcp6(from_guest, &packet, message);
        }
        if (!from_guest)
                return 0;
        if (!packet.fragment && packet.protocol == IPPROTO_ICMPV6 && packet.source.family == AF_INET6 &&
            data[HOP_LIMIT_OFFSET] == HOP_LIMIT_LINK)
                return nfw_snoop_read_nd(&packet, message);

        message->kind = NFW_SNOOP_CLAIM;
        nfw_snoop_add(message, &packet.source, NFW_SNOOP_FOR_EVER);
        return 0;
}
