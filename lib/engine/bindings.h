/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The ports that one command binds to one policy. */

#include "engine/port.h"

struct nfw_new_binding {
        struct nfw_port port;
        char binding[NFW_NFT_BINDING_MAX];
        bool is_persistent;
        bool is_renewed; /* under this policy already, but of a link that is gone */
        bool is_moved;   /* from another name: whatever had this one has lost it in the same batch */
};

struct nfw_bindings {
        NFW_VEC(struct nfw_new_binding) vec;
        bool is_persistent; /* those that are added from now on */
        bool knows_bridge;  /* whether the bridge table can have policies; asked once */
        bool has_bridge;
};

void nfw_bindings_deinit(struct nfw_bindings *bindings);

/*
 * Looks at an interface and adds it; an interface that is there already is not added again. As nfw_port_init(). One that
 * does not exist is added where bindings are to be persistent.
 */
int nfw_bindings_add(struct nfw_bindings *bindings,
                     struct nfw_context *context,
                     const char *interface,
                     const struct nfw_record *settings,
                     struct nfw_report *report);
/* As nfw_port_init_absent(). It waits for its link in both tables. */
int nfw_bindings_add_absent(struct nfw_bindings *bindings,
                            struct nfw_context *context,
                            const char *interface,
                            const struct nfw_record *settings);
/* Whether the kernel can enforce policies on ports of bridges. 0 or a negative errno. */
int nfw_bindings_can_bridge(struct nfw_bindings *bindings, struct nfw_context *context, bool *ret_can);
/*
 * In a bridge whose connections cannot be tracked: what cannot be enforced is not let through, and an error says so. For
 * ports that are under the policy already: others are refused. 0 or a negative errno.
 */
int nfw_bindings_drop_in_bridge(struct nfw_bindings *bindings,
                                struct nfw_context *context,
                                struct nfw_port *port,
                                struct nfw_report *report);
bool nfw_bindings_use_table(const struct nfw_bindings *bindings, enum nfw_table table);
/* Whether a port drops everything in a table; the table is wanted for it, and not the policy. */
bool nfw_bindings_drop_in(const struct nfw_bindings *bindings, enum nfw_table table);
/* Whether a port that is in force as old says, which may be NULL, goes on so: what it has learned stays. */
bool nfw_bindings_keep_grants(const struct nfw_shadow_port *old,
                              const struct nfw_new_binding *binding,
                              const char *policy);
/*
 * With the table for those that drop everything there, where it is missing: *ret_table then. Adds a note for each port
 * that was under another policy.
 */
int nfw_bindings_put(struct nfw_bindings *bindings,
                     struct nfw_context *context,
                     const char *policy,
                     struct nfw_report *report,
                     bool *ret_table);
/* What is remembered of them, after the commit. 0 or a negative errno. */
int nfw_bindings_record(const struct nfw_bindings *bindings,
                        const struct nfw_context *context,
                        const char *policy);
/* That, and the shadow. */
int nfw_bindings_apply(const struct nfw_bindings *bindings, struct nfw_context *context, const char *policy);
