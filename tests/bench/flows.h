/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Packets that each begin a connection, sorted by whether the policy lets them through. */

#include "base/vec.h"
#include "mixed.h"

/* A guest's sockets: they write the UDP header themselves, so that every packet has a source port of its own. */
struct sender {
        int fd4;
        int fd6;
};

void sender_init(struct sender *sender, int namespace);
void sender_deinit(struct sender *sender);

struct flows {
        NFW_VEC(struct mixed_destination) vec;
};

void flows_deinit(struct flows *flows);
/* The packet of the flow with the number i has the source port i above the first one. */
void flows_send(const struct flows *flows, const struct sender *sender);

/*
 * n flows each that arrive in the other namespace or do not, found by trying destinations of the policy's rules
 * and, now and then, one that no rule is about. The two must not be needed for anything else meanwhile.
 */
void flows_find(const struct mixed *mixed,
                const struct sender *sender,
                int destination_namespace,
                size_t n,
                struct flows *ret_allowed,
                struct flows *ret_denied);
