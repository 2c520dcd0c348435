/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* How policies are loaded where the load itself does not say: as the configuration has it, or as always. */

#include "base/vec.h"
#include "config/limits.h"
#include "net/addr.h"

struct nfw_record;

struct nfw_load_defaults {
        NFW_VEC(struct nfw_addr) resolvers; /* none: those of each port */
        bool any_resolver;
        uint32_t min_ttl; /* seconds */
        uint32_t max_ttl;
        uint32_t max_names; /* for each port */
        bool log_denied;
};

#define NFW_LOAD_DEFAULTS_INIT                                                                               \
        { .min_ttl = NFW_MIN_TTL_DEFAULT, .max_ttl = NFW_MAX_TTL_DEFAULT, .max_names = NFW_MAX_NAMES_DEFAULT }

void nfw_load_defaults_deinit(struct nfw_load_defaults *defaults);

/* Fills in what the record does not say. Its list of name servers may be borrowed then. */
void nfw_load_defaults_apply(const struct nfw_load_defaults *defaults, struct nfw_record *record);
