/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snoop/message.h"

#include <string.h>

#include <linux/if_ether.h>

#include <nfwpolicy/nfwpolicy.h>

#include "snoop/message-internal.h"

bool nfw_snoop_is_host(const struct nfw_addr *addr) {
        static const uint8_t loopback6[16] = { [15] = 1 };
        static const uint8_t unspecified6[16] = { 0 };

        if (addr->family == AF_INET)
                return addr->bytes[0] != 0 && addr->bytes[0] != 127 && addr->bytes[0] < 224;
        return addr->family == AF_INET6 && addr->bytes[0] != 0xff &&
               memcmp(addr->bytes, loopback6, sizeof(loopback6)) != 0 &&
               memcmp(addr->bytes, unspecified6, sizeof(unspecified6)) != 0;
}

void nfw_snoop_add(struct nfw_snoop_message *message, const struct nfw_addr *addr, uint32_t lifetime) {
        if (message->n_addresses == NFW_SNOOP_MAX_ADDRESSES || !nfw_snoop_is_host(addr))
                return;
        message->addresses[message->n_addresses++] =
                (struct nfw_snoop_address){ .addr = *addr, .lifetime = lifetime };
}

int nfw_snoop_read(bool from_guest,
                   uint16_t ether_type,
                   const void *data,
                   size_t size,
                   struct nfw_snoop_message *ret_message) {
        struct nfw_snoop_message message = { .kind = NFW_SNOOP_NOTHING };
        int r = 0;

        switch (ether_type) {
        case ETH_P_ARP:
                /* What others say in ARP is no news of this guest. */
                if (from_guest)
                        r = nfw_snoop_read_arp(data, size, &message);
                break;
        case ETH_P_IP:
        case ETH_P_IPV6:
                r = nfw_snoop_read_ip(from_guest, data, size, &message);
                break;
        default:
                break;
        }
        if (r)
                return r;

        if (message.kind != NFW_SNOOP_REQUEST && message.kind != NFW_SNOOP_REFUSAL &&
            message.n_addresses == 0)
                message.kind = NFW_SNOOP_NOTHING;
        *ret_message = message;
        return 0;
}
