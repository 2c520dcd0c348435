/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Sets as the kernel and nft see them, whether they come from a plan or belong to the table. */

#include "ir/plan/plan.h"
#include "nft/batch.h"
#include "nft/compile.h"
#include "nft/field.h"
#include "nft/userdata.h"

/* A port in front of the fields of a plan. */
#define NFW_NFT_KEY_FIELDS (NFW_PLAN_MAX_FIELDS + 1)

struct nfw_nft_key {
        const struct nfw_nft_field *fields[NFW_NFT_KEY_FIELDS];
        size_t n_fields;
};

/* Of the fields of a key; NULL: all bits count. */
struct nfw_nft_masks {
        const uint8_t *fields[NFW_NFT_KEY_FIELDS];
};

struct nfw_nft_set {
        const char *name;    /* NULL: anonymous */
        uint32_t id;         /* within the transaction; anonymous sets only */
        uint32_t flags;      /* NFT_SET_x */
        const char *comment; /* or NULL */
        struct nfw_nft_key key;
        size_t n_elements;          /* of constant sets */
        uint64_t timeout_ms;        /* of elements that are added without one; 0: none */
        bool per_port;              /* the key begins with the port, as in all sets with a timeout */
        struct nfw_nft_masks masks; /* with which the key is looked up */
};

/*
 * The size to tell the kernel, 0 for none: with it, a large set is stored in a table that need not grow, which
 * takes a third of the time to fill. nft shows it.
 */
size_t nfw_nft_set_size(const struct nfw_nft_set *set);

/* Whether its type has no name in nft: it is then that of what is looked up. */
bool nfw_nft_set_is_untyped(const struct nfw_nft_set *set);
/* Whether there is room for what nft has to know of it, and nft can do with that. */
bool nfw_nft_set_can_be_listed(const struct nfw_nft_set *set);

size_t nfw_nft_key_size(const struct nfw_nft_key *key);

/*
 * Descriptions; what they point to is borrowed. 0, or -EOPNOTSUPP where a field cannot be in a set, or -EINVAL
 * where the key does not fit into the kernel's registers.
 */
int nfw_nft_set_from_plan(const struct nfw_plan_set *set, struct nfw_nft_set *ret_set);
void nfw_nft_set_from_parameter(enum nfw_parameter parameter, uint8_t family, struct nfw_nft_set *ret_set);
void nfw_nft_set_from_map(enum nfw_direction direction, struct nfw_nft_set *ret_set);

#define NFW_NFT_MARKER_SUFFIX ".id"

/*
 * An empty set "POLICY.id" whose comment is "policy POLICY, id ID": the one place where a policy's id can change
 * when it is replaced, since the kernel takes no new comment for a chain that exists.
 */
struct nfw_nft_marker {
        char name[NFW_NFT_NAME_MAX];
        char comment[NFW_NFT_COMMENT_MAX + 1];
        struct nfw_nft_set set;
};

/* -ENAMETOOLONG where the comment does not take it all. */
int nfw_nft_marker_init(struct nfw_nft_marker *marker, const char *policy, const char *id);

/* The set itself, and who owns it: the policy (NULL: the table) is kept in its user data. */
int nfw_nft_put_set(struct nfw_nft_batch *batch,
                    enum nfw_table table,
                    const struct nfw_nft_set *set,
                    const char *policy,
                    const struct nfw_nft_origin *origin);
int nfw_nft_put_set_removal(struct nfw_nft_batch *batch,
                            enum nfw_table table,
                            const char *name,
                            const struct nfw_nft_origin *origin);

/* All elements of a plan's set, which set describes. */
int nfw_nft_put_set_elements(struct nfw_nft_batch *batch,
                             enum nfw_table table,
                             const struct nfw_nft_set *set,
                             const struct nfw_plan_set *plan_set,
                             const struct nfw_nft_origin *origin);
