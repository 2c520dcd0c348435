/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A guest's link and an uplink in this network namespace, and two witnesses in the kernel: one before the policy,
 * one behind it. Whoever sends is bound to one processor, so packets pass in the order in which they are sent, and
 * what the first witness says of a packet comes after all that both say of earlier ones.
 */

#include <stddef.h>
#include <stdint.h>

#define WIRE_PORT "vnet0"

struct wire;

/* Makes the links, with the addresses of world.h. Errors end the program. */
struct wire *wire_new(void);
struct wire *wire_free(struct wire *wire);
/* What the guest sends to the host, and what comes to the host from outside: IP packets without a link header. */
void wire_send_from_guest(struct wire *wire, const void *packet, size_t size);
void wire_send_from_outside(struct wire *wire, const void *packet, size_t size);

enum wire_fate {
        WIRE_UNSEEN, /* never came to the rules */
        WIRE_DROPPED,
        WIRE_PASSED,
};

/* Waits until everything sent so far has passed or not; fates[i] is that of the packet tagged first + i. */
void wire_settle(struct wire *wire, uint64_t first, size_t n, enum wire_fate fates[]);
