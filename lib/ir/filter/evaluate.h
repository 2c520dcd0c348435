/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The reference for filters: what must happen to a frame. It knows nothing of how the kernel does it. */

#include "ir/filter/filter.h"
#include "net/addr.h"

struct nfw_filter_packet {
        const void *frame; /* from its Ethernet header on */
        size_t size;
        uint32_t ct_state;    /* one bit of enum nfw_ct_state */
        uint8_t ct_direction; /* 0 original, 1 reply */
};

/* What is known of the port that the frame passes. */
struct nfw_filter_port {
        const struct nfw_filter_tuples *tuples; /* of each of the filter's sets */
        /* Whether the values, one for each of the set's fields, are in it. NULL: all are empty. */
        bool (*is_in_set)(void *userdata,
                          const struct nfw_filter_named_set *set,
                          const uint8_t (*values)[NFW_VALUE_MAX]);
        /* How many connections that sender has, the packet's own among them. NULL: none but that. */
        unsigned int (*n_connections)(void *userdata, const struct nfw_addr *sender);
        void *userdata;
};

/*
 * NFW_VERDICT_ACCEPT where both layers let the frame pass, else NFW_VERDICT_DROP or NFW_VERDICT_REJECT. The rule that
 * decided is in *ret_rule (may be NULL): the one that did not let it pass, else the last that did, NULL where none
 * had anything to say. What is no frame at all is dropped.
 */
enum nfw_verdict nfw_filter_evaluate(const struct nfw_filter_ir *ir,
                                     enum nfw_direction direction,
                                     const struct nfw_filter_packet *packet,
                                     const struct nfw_filter_port *port,
                                     const struct nfw_ir_rule **ret_rule);
