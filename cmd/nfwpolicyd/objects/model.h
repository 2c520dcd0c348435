/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What was in force when it was looked at last, in the shape of the properties on the bus: sd-bus reads the fields
 * where the property tables say that they are. Every text is fit for the bus.
 */

#include <stdint.h>

#include <nfwpolicy/nfwpolicy.h>

#include "nfwpolicyd/bus/strings.h"

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

struct model_filter {
        char *name;
        char *uuid;
        char *id;       /* of each version another one */
        int is_builtin; /* a boolean of the bus */
        struct strings ports;
};

struct model_network {
        char *name;
        char *uuid;
        char *forward;
        char *bridge;
        int is_active; /* booleans of the bus */
        int is_persistent;
        int has_policy;
};

/* A port that is under a filter. */
struct model_bound {
        char *port;
        char *filter;
};

/* All by name, which is the first member of each. */
struct model {
        struct model_policy *policies;
        size_t n_policies;
        struct model_port *ports;
        size_t n_ports;
        struct model_filter *filters;
        size_t n_filters;
        struct model_network *networks;
        size_t n_networks;
        struct model_bound *bound;
        size_t n_bound;
};

/* What the model is made of. */
struct model_source {
        const struct nfw_status *status;
        const struct nfw_nwfilter_list *filters;
        const struct nfw_nwfilter_binding_list *bindings;
        const struct nfw_network_list *networks;
};

/* 0 or -ENOMEM. */
int model_make(const struct model_source *source, struct model *ret_model);
void model_deinit(struct model *model);

/* NULL: there is none. The first looks into any of the arrays, whose elements have the size. */
void *model_find(const void *items, size_t n, size_t size, const char *name);
struct model_policy *model_policy(const struct model *model, const char *name);
struct model_port *model_port(const struct model *model, const char *name);
struct model_filter *model_filter(const struct model *model, const char *name);
struct model_network *model_network(const struct model *model, const char *name);
struct model_bound *model_bound(const struct model *model, const char *port);
