/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Ports that leave their policies in a transaction: what they have learned goes with them. Each set is read once for all of
 * them, at the end.
 */

#include "engine/shadow.h"

struct nfw_context;

struct nfw_leaving {
        NFW_VEC(const struct nfw_shadow_port *) ports;
        const char *
                replaced; /* the policy whose sets go in the same transaction, with all that is in them; or NULL */
        uint64_t margin_ms; /* what expires sooner is left to do so: it must be there when it is deleted */
};

void nfw_leaving_deinit(struct nfw_leaving *leaving);

/* Before the first attempt of a transaction, before each, and where one came too late. */
void nfw_leaving_begin(struct nfw_leaving *leaving);
void nfw_leaving_clear(struct nfw_leaving *leaving);
void nfw_leaving_widen(struct nfw_leaving *leaving);

/* The shadow keeps the port. 0 or -ENOMEM. */
int nfw_leaving_add(struct nfw_leaving *leaving, const struct nfw_shadow_port *port);

/* Puts the removals into the context's batch. 0 or a negative errno. */
int nfw_leaving_put(struct nfw_context *context);
