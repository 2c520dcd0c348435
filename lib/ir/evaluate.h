/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The reference: what must happen to a packet. It runs the IR rule by rule, knows nothing of sets or folding,
 * and is what random packets are compared with in the kernel.
 */

#include "ir/ir.h"
#include "net/addr.h"

struct nfw_evaluate_packet {
        uint16_t ether_type;
        struct nfw_addr source; /* family 0 where the packet is neither IPv4 nor IPv6 */
        struct nfw_addr destination;
        uint8_t hop_limit;
        uint8_t l4proto;
        bool has_ports;
        uint16_t source_port;
        uint16_t destination_port;
        bool has_icmp_type;
        uint8_t icmp_type;
        uint32_t ct_state; /* one bit of enum nfw_ct_state */
};

/* The packet's IP version, 0 where it is neither or where its addresses do not fit its ether type. */
uint8_t nfw_evaluate_family(const struct nfw_evaluate_packet *packet);
/* A field as it is compared; false where the packet does not have it. value must be zero. */
bool nfw_evaluate_field(const struct nfw_evaluate_packet *packet,
                        enum nfw_field field,
                        uint8_t value[static NFW_VALUE_MAX]);

/* What is known of the port that the packet passes. */
struct nfw_evaluate_port {
        bool (*is_parameter)(void *userdata, enum nfw_parameter parameter, const struct nfw_addr *addr);
        bool (*is_learned)(void *userdata, size_t learned, const struct nfw_addr *addr);
        void *userdata;
};

/*
 * The verdict, and in *ret_rule (may be NULL) the rule that gave it; NFW_VERDICT_CONTINUE and NULL where no
 * rule decided. A match on a field that the packet does not have never holds, negated or not.
 */
enum nfw_verdict nfw_evaluate(const struct nfw_ir *ir,
                              enum nfw_direction direction,
                              const struct nfw_evaluate_packet *packet,
                              const struct nfw_evaluate_port *port,
                              const struct nfw_ir_rule **ret_rule);
