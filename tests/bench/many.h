/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Much in force: policies that are on many ports, each of which has learned something. */

#include "engine/context.h"

#define MANY_PORTS           1000
#define MANY_POLICIES        100
#define MANY_GRANTS_PER_PORT 10

/* The links of the ports, with addresses; before they are filled. */
void many_make_links(void);
void many_fill(struct nfw_context *context);
