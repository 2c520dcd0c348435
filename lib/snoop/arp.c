/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <linux/if_arp.h>
#include <linux/if_ether.h>

#include <nfwpolicy/nfwpolicy.h>

#include "snoop/message-internal.h"

/* RFC 826 for Ethernet and IPv4. */
#define ARP_SIZE           28
#define ARP_SENDER_ADDRESS 8
#define ARP_SENDER_IP      14

int nfw_snoop_read_arp(const uint8_t *data, size_t size, struct nfw_snoop_message *message) {
        struct nfw_addr sender;

        if (size < ARP_SIZE || nfw_snoop_u16(data) != ARPHRD_ETHER || nfw_snoop_u16(data + 2) != ETH_P_IP ||
            data[4] != ETH_ALEN || data[5] != 4)
                return NFW_E_INVALID;

        nfw_addr_from_bytes(AF_INET, data + ARP_SENDER_IP, &sender);
        memcpy(message->mac, data + ARP_SENDER_ADDRESS, sizeof(message->mac));
        message->has_mac = true;
        message->kind = NFW_SNOOP_CLAIM;
        /* The sender of a probe (RFC 5227, section 2.1.1) is 0.0.0.0: it does not use the address yet. */
        nfw_snoop_add(message, &sender, NFW_SNOOP_FOR_EVER);
        return 0;
}
