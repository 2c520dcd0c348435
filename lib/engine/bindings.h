/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The ports that one command binds to one policy. */

#include "engine/port.h"

struct nfw_new_binding {
        struct nfw_port port;
        char binding[NFW_NFT_BINDING_MAX];
};

struct nfw_bindings {
        NFW_VEC(struct nfw_new_binding) vec;
};

void nfw_bindings_deinit(struct nfw_bindings *bindings);

/* Looks at an interface and adds it; an interface that is there already is not added again. As nfw_port_init(). */
int nfw_bindings_add(struct nfw_bindings *bindings,
                     struct nfw_context *context,
                     const char *interface,
                     const struct nfw_record *settings,
                     struct nfw_report *report);
/* As nfw_port_init_absent(). */
int nfw_bindings_add_absent(struct nfw_bindings *bindings,
                            struct nfw_context *context,
                            const char *interface,
                            const struct nfw_record *settings);
bool nfw_bindings_use_table(const struct nfw_bindings *bindings, enum nfw_table table);
/* Adds a note for each port that was under another policy. */
int nfw_bindings_put(const struct nfw_bindings *bindings,
                     struct nfw_context *context,
                     const char *policy,
                     struct nfw_report *report);
int nfw_bindings_apply(const struct nfw_bindings *bindings, struct nfw_context *context, const char *policy);
