/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "engine/record/record.h"
#include "engine/statistics.h"

/* What a status object holds; all strings are its own. */

struct nfw_loaded {
        char *name;
        char *file; /* "" where the record is gone */
        size_t n_rules;
        bool has_domains;
        bool any_resolver;
        bool log_denied;
        char id[NFW_ID_MAX];
};

struct nfw_resolver_text {
        char text[NFW_ADDR_TEXT_MAX];
};

struct nfw_binding {
        char port[IFNAMSIZ];
        char *policy;
        enum nfw_table table;
        bool is_persistent;
        bool drops_on_bridges;
        NFW_VEC(struct nfw_resolver_text) resolvers;
};

struct nfw_grant {
        char port[IFNAMSIZ];
        char *policy;
        char name[NFW_DOMAIN_TEXT_MAX];
        char address[NFW_ADDR_TEXT_MAX];
        char resolver[NFW_ADDR_TEXT_MAX];
        uint64_t expires_ms;
};

struct nfw_status {
        const struct nfw_context *context; /* while it is made */
        NFW_VEC(struct nfw_loaded) loaded;
        NFW_VEC(struct nfw_binding) bindings;
        NFW_VEC(struct nfw_grant) grants;
        struct nfw_statistics statistics;
        bool learner_running;
        bool tables[NFW_N_TABLES];
        bool foreign[NFW_N_TABLES]; /* somebody else's table has the name */
        char *store;                /* or NULL */
        int store_error;            /* an errno, or 0 */
        NFW_VEC(char *) set_aside;  /* sorted */
};

/* What is known of the store. 0 or a negative errno. */
int nfw_status_take_store(struct nfw_context *context, struct nfw_status *status);

/* Whether a kernel's release, such as "6.1.0-18-amd64", is of that version or a later one. */
bool nfw_kernel_is_since(const char *release, unsigned int major, unsigned int minor);
