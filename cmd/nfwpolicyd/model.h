/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What was in force when it was looked at last, in the shape of the properties on the bus: sd-bus reads the fields
 * where the property tables say that they are. Every text is fit for the bus.
 */

#include <stdint.h>

#include <nfwpolicy/nfwpolicy.h>

#include "nfwpolicyd/strings.h"

struct model_policy {
        char *name;
        char *file;
        uint32_t n_rules;
        int has_domains; /* booleans of the bus */
        int any_resolver;
        int log_denied;
        char *id; /* another one with every load */
        struct strings ports;
};

struct model_port {
        char *name;
        char *policy;
        char *table;
        int is_persistent; /* a boolean of the bus */
        struct strings resolvers;
};

/* Both by name. */
struct model {
        struct model_policy *policies;
        size_t n_policies;
        struct model_port *ports;
        size_t n_ports;
};

/* 0 or -ENOMEM. */
int model_make(const struct nfw_status *status, struct model *ret_model);
void model_deinit(struct model *model);

/* NULL: there is none. */
struct model_policy *model_policy(const struct model *model, const char *name);
struct model_port *model_port(const struct model *model, const char *name);
