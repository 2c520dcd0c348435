/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Network filters in the kernel. They have a table of their own in the bridge family: what is loaded of policies and
 * what is loaded of filters comes and goes apart, and a packet must pass both. Everything of a filter is named
 * "NAME/…"; its id is in the comment of the marker set "NAME/id", its ports are in the set "NAME/ports".
 */

#include "base/uthash.h"
#include "ir/filter/plan.h"
#include "nft/compile.h"
#include "nft/filter/learning.h"
#include "nft/socket.h"

#define NFW_NFT_FILTER_TABLE_SUFFIX "-filter"
#define NFW_NFT_FILTER_ID_MAX       17

/* A port and values, as the kernel has them; of ranges, both ends. */
struct nfw_nft_filter_element {
        size_t set; /* index into the filter's sets */
        uint8_t size;
        bool has_end;
        uint8_t key[64];
        uint8_t key_end[64];
        uint64_t timeout_ms; /* that it is put with; 0: none */
};

struct nfw_nft_filter_set {
        char *name;
        bool is_dynamic; /* the kernel fills it */
        bool is_learned; /* elements come of leases, too */
};

struct nfw_nft_filter {
        char *name;
        char *id;                                /* "" where the marker is missing */
        NFW_VEC(struct nfw_nft_filter_set) sets; /* neither the marker nor that of the ports */
        NFW_VEC(char *) chains;
        bool has_ports; /* the set is there */
        size_t n_ports;
        bool has_entry[NFW_N_FILTER_LAYERS][NFW_N_DIRECTIONS];
};

struct nfw_nft_filter_port {
        UT_hash_handle hh;
        char interface[16]; /* the key */
        size_t filter;      /* index into the snapshot's filters; SIZE_MAX: only elements of it were found */
        bool is_twice;      /* in the sets of several filters */
        struct nfw_nft_guest guest;

        struct nfw_nft_filter_elements {
                NFW_VEC(struct nfw_nft_filter_element) vec;
        } elements;
};

struct nfw_nft_filter_snapshot {
        uint32_t generation;
        bool has_table;
        bool is_foreign; /* somebody else's table has the name; nothing is read of it */
        NFW_VEC(struct nfw_nft_filter) filters;
        NFW_VEC(char *) named_sets; /* with "set/" in front */
        bool has_learning;          /* what is in ir/filter/learning.h is there */
        uint16_t learning_group; /* where its copies go; 0: somebody has removed the comment that says so */
        struct nfw_nft_filter_port *ports;
};

/* The socket is one of that table's name. 0 or a negative errno. */
int nfw_nft_filter_snapshot_new(struct nfw_nft_socket *nft, struct nfw_nft_filter_snapshot **ret_snapshot);
struct nfw_nft_filter_snapshot *nfw_nft_filter_snapshot_free(struct nfw_nft_filter_snapshot *snapshot);
NFW_DEFINE_CLEANUP(struct nfw_nft_filter_snapshot, nfw_nft_filter_snapshot_free)
/* NULL where there is none. */
struct nfw_nft_filter *nfw_nft_filter_find(const struct nfw_nft_filter_snapshot *snapshot, const char *name);
struct nfw_nft_filter_port *nfw_nft_filter_find_port(const struct nfw_nft_filter_snapshot *snapshot,
                                                     const char *interface);
/* Empty but for its name; it must not be there yet. 0 or -ENOMEM. */
int nfw_nft_filter_add_port(struct nfw_nft_filter_snapshot *snapshot,
                            const char *interface,
                            struct nfw_nft_filter_port **ret_port);
void nfw_nft_filter_remove_port(struct nfw_nft_filter_snapshot *snapshot, struct nfw_nft_filter_port *port);

/* --- what is sent: all 0 or a negative errno ------------------------------------------------------------------ */

/* The table with its base chains, which lead nowhere yet. */
int nfw_nft_put_filter_table(struct nfw_nft_batch *batch);

/* Empties the base chains; then each filter that stays is led to again. */
int nfw_nft_put_filter_flush(struct nfw_nft_batch *batch);
int nfw_nft_put_filter_dispatch(struct nfw_nft_batch *batch,
                                const char *name,
                                const bool has_entry[NFW_N_FILTER_LAYERS][NFW_N_DIRECTIONS]);

/*
 * A filter in place of what there is of it (old, or NULL): sets of the same name stay as they are, with their elements.
 * Nothing may lead to it: nfw_nft_put_filter_flush() comes first. The snapshot tells which named sets exist; missing
 * ones are made.
 */
int nfw_nft_put_filter(struct nfw_nft_batch *batch,
                       const struct nfw_nft_filter_snapshot *snapshot,
                       const struct nfw_nft_filter *old,
                       const struct nfw_plan *plan);
int nfw_nft_put_filter_removal(struct nfw_nft_batch *batch, const struct nfw_nft_filter *filter);

/* The port in the set of the filter's ports. */
int nfw_nft_put_filter_port(struct nfw_nft_batch *batch, bool add, const char *name, const char *interface);
/* Elements of one set, one behind the other in the array; set is its name in the kernel. */
int nfw_nft_put_filter_elements(struct nfw_nft_batch *batch,
                                bool add,
                                const char *set,
                                const struct nfw_nft_filter_element *elements,
                                size_t n);
/* n tuples of the set as elements of that port, which are appended; index is what they say of their set. */
int nfw_nft_encode_tuples(const struct nfw_plan_set *set,
                          size_t index,
                          const char *interface,
                          const struct nfw_range *tuples,
                          size_t n,
                          struct nfw_nft_filter_elements *elements);

/*
 * Whether sets of the plan are such as the kernel and nft know. -EOPNOTSUPP, or -EMSGSIZE where it has too many fields: *ret_set
 * is the first that is none.
 */
int nfw_nft_check_filter(const struct nfw_plan *plan, const char **ret_set);

/* Which base chains lead to the filter. */
void nfw_nft_filter_entries(const struct nfw_plan *plan,
                            bool ret_entries[NFW_N_FILTER_LAYERS][NFW_N_DIRECTIONS]);

/* --- what is compared ----------------------------------------------------------------------------------------- */

/*
 * Compares everything but elements with what the plans say; learning is what must be there besides, or NULL. 0; NFW_E_DIFFERS with the differences in the report; or a
 * negative errno.
 */
int nfw_nft_verify_filters(struct nfw_nft_socket *nft,
                           const struct nfw_plan *const *plans,
                           size_t n_plans,
                           const struct nfw_learning_plan *learning,
                           struct nfw_report *report);

/* The plan in the syntax of nft, as nfw_nft_print_plan(). */
int nfw_nft_print_filter(const struct nfw_plan *plan, const char *table_name, FILE *stream);
