/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the kernel held at a generation: policies and ports, found by name. It is valid as long as a commit with
 * that generation succeeds, and our own commits keep it up to date, so that attaching the ten thousandth port
 * does not read ten thousand others.
 *
 * Everybody who works with a context shares its shadow. Who keeps something that is made from it, as a learner does,
 * remembers up to which change that has followed, and then looks at those ports only that have changed since.
 */

#include <stdbool.h>
#include <stdint.h>

#include "nft/dump.h"

/* So many of the last changes are known one by one. */
#define NFW_SHADOW_N_CHANGES 256

/* More has changed than is known one by one. */
#define NFW_SHADOW_FORGOTTEN 1

struct nfw_shadow_port {
        char interface[16]; /* the key */
        enum nfw_table table;
        char *policy;
        char binding[NFW_NFT_BINDING_MAX];
        bool is_missing[NFW_N_DIRECTIONS]; /* as in struct nfw_nft_port */
        bool is_broken;
        NFW_VEC(struct nfw_prefix) parameters[NFW_N_PARAMETERS];
        /*
         * The same port in the other table, where it is expected to turn up as well; its binding is NFW_NFT_STANDBY,
         * and policy is NULL where everything is dropped there. NULL: there is none.
         */
        struct nfw_shadow_port *standby;
        struct nfw_shadow_port *next; /* in the bucket */
};

struct nfw_shadow {
        bool valid;
        uint32_t generation;
        bool tables[NFW_N_TABLES];
        bool foreign[NFW_N_TABLES];                            /* somebody else's table has the name */
        struct nfw_nft_network_objects networks[NFW_N_TABLES]; /* what there is of virtual networks */
        NFW_VEC(struct nfw_nft_policy) policies; /* few; a policy stands here once for each table */
        struct nfw_shadow_port **buckets;
        size_t n_buckets;
        size_t n_ports;
        uint64_t n_changes; /* of ports, ever; reading the kernel counts as more than are known one by one */
        char changes[NFW_SHADOW_N_CHANGES][16]; /* their interfaces, the last ones; by number, modulo */
};

/* Reads the kernel unless the shadow is valid. 0 or a negative errno. */
int nfw_shadow_refresh(struct nfw_shadow *shadow, struct nfw_nft_socket *socket);
/* The same unless the shadow is valid and of the kernel's generation: others may have committed. */
int nfw_shadow_update(struct nfw_shadow *shadow, struct nfw_nft_socket *socket);
void nfw_shadow_invalidate(struct nfw_shadow *shadow);
void nfw_shadow_deinit(struct nfw_shadow *shadow);

/* After a commit of ours with the shadow's generation: the kernel is at the next one. */
void nfw_shadow_advance(struct nfw_shadow *shadow);

struct nfw_nft_policy *nfw_shadow_policy(const struct nfw_shadow *shadow,
                                         const char *name,
                                         enum nfw_table table);
/* In whatever table, or NULL. */
struct nfw_nft_policy *nfw_shadow_any_policy(const struct nfw_shadow *shadow, const char *name);

struct nfw_shadow_port *nfw_shadow_port(const struct nfw_shadow *shadow, const char *interface);
/* Whether it is under a policy. Where somebody has taken it out of its table, the other may still drop everything for it. */
bool nfw_shadow_has_policy_on(const struct nfw_shadow *shadow, const char *interface);
/* The new port, empty but for its name; it must not be there yet. */
int nfw_shadow_add_port(struct nfw_shadow *shadow, const char *interface, struct nfw_shadow_port **ret_port);
void nfw_shadow_remove_port(struct nfw_shadow *shadow, const char *interface);

/* Calls back for every port until the callback returns other than 0; returns that. */
int nfw_shadow_foreach_port(const struct nfw_shadow *shadow,
                            int (*callback)(struct nfw_shadow_port *port, void *userdata),
                            void *userdata);

/*
 * Calls back for every port that was added or removed since there were n_changes of them, in that order and as often
 * as it was, until the callback returns other than 0; returns that, or NFW_SHADOW_FORGOTTEN without a call: then every
 * port and policy may be another.
 */
int nfw_shadow_foreach_change(const struct nfw_shadow *shadow,
                              uint64_t n_changes,
                              int (*callback)(const char *interface, void *userdata),
                              void *userdata);
