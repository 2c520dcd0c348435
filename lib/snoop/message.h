/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What ARP, DHCP, DHCPv6 and neighbour discovery say of a guest's addresses. A strict reader of bytes that the guest or
 * anybody on its network may have made: every length is checked, nothing is allocated, nothing recurses.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"

enum nfw_snoop_kind {
        NFW_SNOOP_NOTHING, /* well formed, and of no interest here */
        NFW_SNOOP_CLAIM,   /* the guest uses the address, or says that it is going to */
        NFW_SNOOP_REQUEST, /* the guest asks for a lease; a server's answer has the same transaction */
        NFW_SNOOP_LEASE,   /* a server gives the addresses, or takes back those with a lifetime of 0 */
        NFW_SNOOP_REFUSAL, /* a server says that the guest must stop using what it asked for (DHCPNAK) */
        NFW_SNOOP_RELEASE, /* the guest gives the addresses back */
        NFW_SNOOP_DECLINE, /* the guest found that somebody else uses them */
};

#define NFW_SNOOP_MAX_ADDRESSES 16
#define NFW_SNOOP_FOR_EVER      UINT32_MAX

struct nfw_snoop_address {
        struct nfw_addr addr;
        uint32_t lifetime; /* seconds; of LEASE only */
};

struct nfw_snoop_message {
        enum nfw_snoop_kind kind;
        bool is_dhcp;
        uint32_t transaction; /* of DHCP */
        bool has_mac;
        uint8_t mac[6];         /* whom it is about: the client of DHCP, the sender in ARP */
        struct nfw_addr server; /* who sent what came from a server; family 0 for the rest */
        struct nfw_snoop_address addresses[NFW_SNOOP_MAX_ADDRESSES];
        size_t n_addresses;
};

/*
 * data begins at the network header; from_guest tells which way it went. 0, or NFW_E_INVALID where it is not what it
 * says it is.
 */
int nfw_snoop_read(bool from_guest,
                   uint16_t ether_type,
                   const void *data,
                   size_t size,
                   struct nfw_snoop_message *ret_message);
