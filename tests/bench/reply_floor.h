/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The least that any program must do to learn: receive a mirrored packet, add an element with a timeout, commit.
 * Nothing is read but the octets at fixed places, and the transaction is ready made but for the address.
 */

struct floor;

/* In the namespace that the program is in: a table with a mirror for replies to that port, and a set. */
struct floor *floor_new(const char *port);
void floor_free(struct floor *floor);

/* Waits for a packet and commits its address. */
void floor_learn(struct floor *floor);
