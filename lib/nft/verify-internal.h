/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The parts that verifying is made of. */

#include "nft/dump.h"
#include "nft/image.h"

/* Of one policy, or of what the table has besides policies. */
struct nfw_nft_comparison {
        enum nfw_table table;
        const struct nfw_plan *plan; /* NULL: of the table */
        const struct nfw_nft_image *expected;
        const struct nfw_nft_image *actual;
        const struct nfw_nft_snapshot *snapshot;
        struct nfw_report *report;
        size_t *n_differences;
};

/* Calls back for each chain whose rules are compared, until the callback returns other than 0; returns that. */
int nfw_nft_compared_chains(const struct nfw_nft_comparison *comparison,
                            int (*callback)(const char *chain, void *userdata),
                            void *userdata);

/* Counts a difference and reports it. 0 or -ENOMEM. */
nfw_printf(4, 5) int nfw_nft_differ(const struct nfw_nft_comparison *comparison,
                                    const char *code,
                                    const struct nfw_pos *pos,
                                    const char *format,
                                    ...);

/* Whether a set of that name is the plan's and has the same elements as long as it exists. plan may be NULL. */
bool nfw_nft_set_is_constant(const struct nfw_plan *plan, const char *name);

int nfw_nft_compare_elements(const struct nfw_nft_comparison *comparison,
                             const struct nfw_nft_image_set *expected,
                             const struct nfw_nft_image_set *actual);
int nfw_nft_compare_rules(const struct nfw_nft_comparison *comparison, const char *chain);

/* Names of everything in the table, and what the kernel holds of what is compared. */
int nfw_nft_image_read(struct nfw_nft_socket *nft,
                       const struct nfw_nft_comparison *comparison,
                       struct nfw_nft_image *image);
