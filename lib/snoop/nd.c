/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/icmp6.h>

#include <nfwpolicy/nfwpolicy.h>

#include "snoop/message-internal.h"

/* RFC 4861, sections 4.3 and 4.4: the target of a solicitation and of an advertisement. */
#define ND_MIN_SIZE 24
#define ND_TARGET   8

int nfw_snoop_read_nd(const struct nfw_packet *packet, struct nfw_snoop_message *message) {
        const uint8_t *icmp = packet->transport;
        struct nfw_addr target;

        if (packet->transport_size < 4)
                return NFW_E_INVALID;
        message->kind = NFW_SNOOP_CLAIM;
        nfw_snoop_add(message, &packet->source, NFW_SNOOP_FOR_EVER);
        if (icmp[0] != ND_NEIGHBOR_SOLICIT && icmp[0] != ND_NEIGHBOR_ADVERT)
                return 0;
        if (packet->transport_size < ND_MIN_SIZE || icmp[1] != 0)
                return NFW_E_INVALID;

        /* Who asks without an address of its own looks whether it can have the target (RFC 4862, section 5.4). */
        nfw_addr_from_bytes(AF_INET6, icmp + ND_TARGET, &target);
        if (icmp[0] == ND_NEIGHBOR_ADVERT || message->n_addresses == 0)
                nfw_snoop_add(message, &target, NFW_SNOOP_FOR_EVER);
        return 0;
}
