/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A random packet as the octets that are sent, and as what the evaluator is told of it. */

#include "ir/evaluate.h"
#include "world.h"

#define PACKET_MAX 512
/* The last octets of a packet: a number of its own to know it by. */
#define PACKET_TAG 8

struct packet {
        uint8_t octets[2][PACKET_MAX]; /* the second one only where it is sent as two fragments */
        size_t size[2];
        uint8_t opening
                [PACKET_MAX]; /* what the other side has sent before, so that this is a reply; or nothing */
        size_t opening_size;
        struct nfw_evaluate_packet facts;
        char text[160];
};

void packet_random(struct world *world, const struct nfw_policy *policy, uint64_t tag, struct packet *packet);
