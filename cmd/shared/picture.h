/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What is in force, as commands show it, whoever has looked: this process, or the daemon for it. Fields are filled as
 * far as the command needs them; texts are the picture's own.
 */

#include <nfwpolicy/nfwpolicy.h>

struct picture_policy {
        char *name;
        char *file; /* "" where nobody knows any more what was in it */
        size_t n_rules;
        size_t n_ports;
        bool has_domains;
        bool any_resolver;
        bool log_denied;
};

struct picture_port {
        char *name;
        char *policy;
        char *table;
        char **resolvers; /* ends with NULL */
        size_t n_names;   /* different ones that it has learned */
        size_t n_addresses;
        bool exists; /* there is such an interface */
        bool is_persistent;
        bool drops; /* everything, since it is in a bridge where the kernel cannot do better */
};

/* What is to be in force from an interface's first packet may well be there before it, and stay after it. */
static inline bool picture_port_waits(const struct picture_port *port) {
        return port->is_persistent && !port->exists;
}

/* A port that is under a network filter. */
struct picture_bound {
        char *port;
        char *filter;
};

/* A virtual network that is in force. */
struct picture_network {
        char *name;
        char *bridge;
        char *forward;
        bool has_policy;
};

struct picture_ignored {
        char *port;
        char *resolver;
        uint64_t n_replies;
};

struct picture_grant {
        char *port;
        char *policy;
        char *name;
        char *address;
        char *resolver; /* "": not known */
        uint64_t expires_ms;
};

/* Where a port is asked for that is under no policy, and none has nearly that name. */
#define PICTURE_NO_PORT_HINT "`nfwpolicy list` shows what is loaded"

enum {
        PICTURE_INET,
        PICTURE_BRIDGE,
        PICTURE_N_TABLES,
};

extern const char *const picture_tables[PICTURE_N_TABLES];

#define PICTURE_N_FORMATS (NFW_FORMAT_KERNEL + 1)

/* What programs call what nfw_show() prints; by enum nfw_format. */
extern const char *const picture_format_names[PICTURE_N_FORMATS];

/* Everything by name. */
struct picture {
        char *table_name; /* of both our tables */
        struct picture_policy *policies;
        size_t n_policies;
        struct picture_port *ports;
        size_t n_ports;
        struct picture_bound *bound;
        size_t n_bound;
        struct picture_network *networks;
        size_t n_networks;
        struct picture_ignored *ignored;
        size_t n_ignored;
        struct picture_grant *grants;
        size_t n_grants;
        char *store;       /* the directory, or NULL */
        char *store_error; /* why what is in force is not stored there, or NULL */
        char **set_aside;  /* files of it, ended by NULL; or NULL */
        bool learner_running;
        uint64_t counters[NFW_N_COUNTERS];
        bool has_table[PICTURE_N_TABLES];
        bool has_foreign_table[PICTURE_N_TABLES];
        bool has_feature[NFW_N_FEATURES];
};

void picture_deinit(struct picture *picture);
#define CLEANUP_PICTURE __attribute__((cleanup(picture_deinit)))

/* One more, empty, at the end; NULL when out of memory. */
struct picture_policy *picture_add_policy(struct picture *picture);
struct picture_port *picture_add_port(struct picture *picture);
struct picture_bound *picture_add_bound(struct picture *picture);
struct picture_network *picture_add_network(struct picture *picture);
struct picture_ignored *picture_add_ignored(struct picture *picture);
struct picture_grant *picture_add_grant(struct picture *picture);

/* What the library sees: 0 or -ENOMEM. Grants only where they are asked for; features are not its matter. */
int picture_take(struct picture *picture,
                 const struct nfw_context *context,
                 const struct nfw_status *status,
                 bool with_grants);

/* Network filters and virtual networks: 0, a condition, or a negative errno. */
int picture_take_filters(struct picture *picture, struct nfw_context *context, struct nfw_report *report);

/* What the kernel can do. 0 or a negative errno; where nf_tables is missing nothing else can be asked for. */
int picture_take_features(struct picture *picture, struct nfw_context *context);

/* How many names and addresses a port has learned. */
struct picture_learned {
        size_t n_names;
        size_t n_addresses;
};

/* Counts for every binding, in their order; the caller frees the array. NULL when out of memory. */
struct picture_learned *picture_count_learned(const struct nfw_status *status);
