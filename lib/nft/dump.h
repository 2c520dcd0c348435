/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the kernel holds, read back. A snapshot is consistent: the generation is the same before and after.
 */

#include "ir/plan/plan.h"
#include "nft/element.h"
#include "nft/socket.h"

/* One policy in one table, found by the comment on its egress chain. */
struct nfw_nft_policy {
        char *name;
        char *id; /* in the marker's comment; "" where somebody has removed that */
        enum nfw_table table;
        uint64_t incarnation;   /* another one where it was put back, with the same id or not */
        NFW_VEC(char *) sets;   /* the names of the sets that belong to it */
        NFW_VEC(char *) blocks; /* and of the chains that its chains jump to */
};

/* Found in either of the verdict maps; where somebody else has edited these, they do not agree. */
struct nfw_nft_port {
        char interface[16];
        enum nfw_table table;
        char *policy; /* that the egress map leads to; NULL: a standby that drops everything */
        char binding[NFW_NFT_BINDING_MAX]; /* the comment of that map's element, "" where it has none */
        bool is_missing[NFW_N_DIRECTIONS]; /* in the map of that direction */
        bool is_broken;                    /* not both maps lead to the policy */
        NFW_VEC(struct nfw_prefix) parameters[NFW_N_PARAMETERS];
};

struct nfw_nft_grant {
        char interface[16];
        struct nfw_addr addr;
        uint64_t expires_ms;            /* from the time of the dump; 0: it never does */
        struct nfw_nft_grant_note note; /* name "" where it is not ours or does not fit */
};

/* What there is of virtual networks in a table. */
struct nfw_nft_network_objects {
        NFW_VEC(char *) chains;
        NFW_VEC(char *) sets;
};

void nfw_nft_network_objects_deinit(struct nfw_nft_network_objects *objects);

struct nfw_nft_snapshot {
        uint32_t generation;
        bool tables[NFW_N_TABLES];  /* whether our table exists */
        bool foreign[NFW_N_TABLES]; /* somebody else's table has its name; nothing is read of that */
        NFW_VEC(struct nfw_nft_policy) policies;
        NFW_VEC(struct nfw_nft_port) ports;
        struct nfw_nft_network_objects networks[NFW_N_TABLES]; /* of bridge: what guards their ports */
};

/* 0 or a negative errno. Missing tables are no error. */
int nfw_nft_snapshot_new(struct nfw_nft_socket *nft, struct nfw_nft_snapshot **ret_snapshot);
struct nfw_nft_snapshot *nfw_nft_snapshot_free(struct nfw_nft_snapshot *snapshot);
NFW_DEFINE_CLEANUP(struct nfw_nft_snapshot, nfw_nft_snapshot_free)

/* A grant as its element has it. False where the key is none of a grant's. */
struct nfw_nft_element;
bool nfw_nft_grant_decode(const struct nfw_nft_element *element, struct nfw_nft_grant *ret_grant);

/* Every live element of a learned set. The callback returns 0 or a negative errno. */
int nfw_nft_dump_grants(struct nfw_nft_socket *nft,
                        enum nfw_table table,
                        const char *set,
                        int (*callback)(const struct nfw_nft_grant *grant, void *userdata),
                        void *userdata);

/*
 * The same for several sets. What the kernel says is empty is not asked for: each set that is takes it a walk through
 * all sets of the table.
 */
int nfw_nft_dump_grants_of(struct nfw_nft_socket *nft,
                           enum nfw_table table,
                           const char *const *sets,
                           size_t n_sets,
                           int (*callback)(const char *set,
                                           const struct nfw_nft_grant *grant,
                                           void *userdata),
                           void *userdata);

/* One element of a learned set by its key: 0, NFW_E_NOT_FOUND or a negative errno. */
int nfw_nft_get_grant(struct nfw_nft_socket *nft,
                      enum nfw_table table,
                      const char *set,
                      const char *interface,
                      const struct nfw_addr *addr,
                      struct nfw_nft_grant *ret_grant);

/* Empties a policy: flushes its chains and deletes its sets, and with_chains the chains too. */
int nfw_nft_put_policy_removal(struct nfw_nft_batch *batch,
                               const struct nfw_nft_policy *policy,
                               bool with_chains);
