/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The readers of each protocol. All of them: 0 or NFW_E_INVALID; message is zero to begin with. */

#include "net/packet.h"
#include "snoop/message.h"

static inline uint16_t nfw_snoop_u16(const uint8_t *p) {
        return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t nfw_snoop_u32(const uint8_t *p) {
        return (uint32_t)nfw_snoop_u16(p) << 16 | nfw_snoop_u16(p + 2);
}

/* Whether one host can have it: no multicast, loopback, unspecified or reserved address. */
bool nfw_snoop_is_host(const struct nfw_addr *addr);
/* Adds the address if a host can have it and there is room: who says more than that is not believed all of it. */
void nfw_snoop_add(struct nfw_snoop_message *message, const struct nfw_addr *addr, uint32_t lifetime);

int nfw_snoop_read_arp(const uint8_t *data, size_t size, struct nfw_snoop_message *message);
int nfw_snoop_read_ip(bool from_guest, const uint8_t *data, size_t size, struct nfw_snoop_message *message);
/* The UDP payload of a message to or from a server. */
int nfw_snoop_read_dhcp4(bool from_guest, const struct nfw_packet *packet, struct nfw_snoop_message *message);
int nfw_snoop_read_dhcp6(bool from_guest, const struct nfw_packet *packet, struct nfw_snoop_message *message);
/* An ICMPv6 message of the guest that came over the link and no router (hop limit 255). */
int nfw_snoop_read_nd(const struct nfw_packet *packet, struct nfw_snoop_message *message);
