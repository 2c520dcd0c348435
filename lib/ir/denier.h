/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Which rule dropped a packet, of one that is known to have been dropped. A rule in the kernel may stand for many of a
 * policy, and it says none of them. It does what the evaluator does, for a process that has many policies and little
 * time: rules are found by the packet's destination and by what was learned of it, and take a few octets each.
 *
 * What a port knows may have changed since the packet passed. So an answer can be that it is unknown, and then the
 * result is the one rule that is left, or none.
 */

#include "ir/evaluate.h"

struct nfw_denier;

enum nfw_truth {
        NFW_FALSE,
        NFW_TRUE,
        NFW_UNKNOWN,
};

/* What was known of the port when the packet passed it. */
struct nfw_denier_port {
        enum nfw_truth (*is_parameter)(void *userdata,
                                       enum nfw_parameter parameter,
                                       const struct nfw_addr *addr);
        enum nfw_truth (*is_learned)(void *userdata, size_t learned, const struct nfw_addr *addr);
        /* All entries of which that may be so, in any order; false where it may be any. Lives until the next call. */
        bool (*learned)(void *userdata,
                        const struct nfw_addr *addr,
                        const size_t **ret_learned,
                        size_t *ret_n);
        void *userdata;
};

struct nfw_denier_rule {
        char *name;
        unsigned int line; /* in the policy's source; 0 for implicit rules */
};

/* Needs the IR only as long as it takes. 0 or -ENOMEM. */
int nfw_denier_new(const struct nfw_ir *ir, struct nfw_denier **ret_denier);
struct nfw_denier *nfw_denier_free(struct nfw_denier *denier);
NFW_DEFINE_CLEANUP(struct nfw_denier, nfw_denier_free)

/* Whether a rule that drops asks what was learned for that entry of the IR. */
bool nfw_denier_asks_learned(const struct nfw_denier *denier, size_t learned);

/*
 * The packet's ct_state is not looked at: what belongs to a connection is not dropped. 0; or NFW_E_NOT_FOUND where more
 * than one rule may have dropped it, none can have, or finding it would take too long.
 */
int nfw_denier_find(const struct nfw_denier *denier,
                    enum nfw_direction direction,
                    const struct nfw_evaluate_packet *packet,
                    const struct nfw_denier_port *port,
                    const struct nfw_denier_rule **ret_rule);
