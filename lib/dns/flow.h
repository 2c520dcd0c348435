/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A flow as the key of a table. For the files of this layer only. */

#include <string.h>

#include "dns/pending.h"

/* No padding inside, so that equal flows are equal octets. */
struct nfw_dns_flow_key {
        uint8_t guest[16];
        uint8_t server[16];
        uint16_t guest_port;
        uint16_t server_port;
        uint8_t protocol;
        uint8_t guest_family;
        uint8_t server_family;
        uint8_t zero;
};

_Static_assert(sizeof(struct nfw_dns_flow_key) == 40, "the key of a flow must have no padding");

static inline void nfw_dns_flow_key_init(struct nfw_dns_flow_key *key, const struct nfw_dns_flow *flow) {
        memcpy(key->guest, flow->guest.bytes, sizeof(key->guest));
        memcpy(key->server, flow->server.bytes, sizeof(key->server));
        key->guest_port = flow->guest_port;
        key->server_port = flow->server_port;
        key->protocol = flow->protocol;
        key->guest_family = flow->guest.family;
        key->server_family = flow->server.family;
        key->zero = 0;
}
