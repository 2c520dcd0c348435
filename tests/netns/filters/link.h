/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A bridge with a guest's port, a peer's, and one that nobody filters, in this network namespace. Whoever sends is bound
 * to one processor, so frames arrive in the order in which they are sent.
 */

#include "frame.h"

#define LINK_PORT       "vnet0" /* the guest's */
#define LINK_OTHER_PORT "vnet3" /* of a guest that is down */
/* That many at a time fit into the kernel's queues. */
#define LINK_MAX_FRAMES 100

struct link;

/* Errors end the program. */
struct link *link_new(void);
struct link *link_free(struct link *link);
/* Sends the frames; ret_passed[i] says whether the i-th, which has the tag first + i, came out on the other side. */
void link_send(struct link *link, const struct frame frames[], size_t n, uint64_t first, bool ret_passed[]);
