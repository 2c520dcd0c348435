/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Forgetting connections, so that the next packet of each is a first one again. */

struct conntrack;

/* For the namespace that the program is in. */
struct conntrack *conntrack_new(void);
void conntrack_free(struct conntrack *conntrack);
void conntrack_flush(struct conntrack *conntrack);
