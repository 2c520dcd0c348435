/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The parts that verifying is made of. */

#include "nft/dump.h"
#include "nft/image/image.h"
#include "nft/network/network.h"

struct nfw_nft_scope_entry;

/* What of a table belongs to a policy, by its name; the rest is compared with what a table has without policies. */
struct nfw_nft_scope {
        struct nfw_nft_scope_entry *sets;
        struct nfw_nft_scope_entry *chains;
};

/* 0 or -ENOMEM; to be deinitialised in any case. */
int nfw_nft_scope_init(struct nfw_nft_scope *scope,
                       const struct nfw_nft_snapshot *snapshot,
                       enum nfw_table table);
void nfw_nft_scope_deinit(struct nfw_nft_scope *scope);
bool nfw_nft_scope_has_set(const struct nfw_nft_scope *scope, const char *set);
bool nfw_nft_scope_has_chain(const struct nfw_nft_scope *scope, const char *chain);

/* Calls back for each name of a set or chain that is the policy's, until the callback returns other than 0. */
int nfw_nft_foreach_set(const struct nfw_nft_policy *policy,
                        int (*callback)(const char *set, void *userdata),
                        void *userdata);
int nfw_nft_foreach_chain(const struct nfw_nft_policy *policy,
                          int (*callback)(const char *chain, void *userdata),
                          void *userdata);

/* Of one policy, or of what the table has besides policies. */
struct nfw_nft_comparison {
        enum nfw_table table;
        const char *table_name;
        const struct nfw_plan *plan;             /* NULL: of the table */
        const struct nfw_nft_networks *networks; /* that are part of the table; or NULL */
        const struct nfw_nft_image *expected;
        struct nfw_nft_image *actual;
        const struct nfw_nft_snapshot *snapshot;
        const struct nfw_nft_scope *scope;
        struct nfw_report *report;
        size_t n_differences;
};

/* Calls back for each chain whose rules are compared, until the callback returns other than 0; returns that. */
int nfw_nft_compared_chains(const struct nfw_nft_comparison *comparison,
                            int (*callback)(const char *chain, void *userdata),
                            void *userdata);

/* Counts a difference and reports it; pos and hint may be NULL. 0 or -ENOMEM. */
nfw_printf(5, 6) int nfw_nft_differ(struct nfw_nft_comparison *comparison,
                                    const char *code,
                                    const struct nfw_pos *pos,
                                    const char *hint,
                                    const char *format,
                                    ...);

/* Everything but rules and elements. */
int nfw_nft_compare_objects(struct nfw_nft_comparison *comparison);
int nfw_nft_compare_elements(struct nfw_nft_comparison *comparison,
                             const struct nfw_nft_image_set *expected,
                             const struct nfw_nft_image_set *actual);
int nfw_nft_compare_rules(struct nfw_nft_comparison *comparison, const char *chain);

/* Of those that are expected. */
int nfw_nft_compare_chains_and_sets(struct nfw_nft_comparison *comparison);
/* The rules of all chains, with the elements of their anonymous sets, and the image is finished. */
int nfw_nft_image_read_all_rules(struct nfw_nft_socket *nft, struct nfw_nft_image *image);

/* Everything in the table by name and header: chains, sets, the rest. */
int nfw_nft_image_read(struct nfw_nft_socket *nft, struct nfw_nft_image *image);
/* The rules and elements that are compared, into the image that has been read. */
int nfw_nft_image_read_contents(struct nfw_nft_socket *nft, const struct nfw_nft_comparison *comparison);
