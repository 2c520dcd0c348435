/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What one transaction does to grants, put together: an address stands in every learned set that its name is
 * wanted in, so that what is one event for a reader is several changes of the kernel's sets.
 */

#include "base/siphash.h"
#include "nft/compile.h"
#include "nft/dump.h"

/* So many grants of one transaction are told. */
#define NFW_MAX_CHANGES 4096

struct nfw_change;

struct nfw_changes {
        struct nfw_siphash_key key; /* names are what guests ask for */
        struct nfw_change *table;   /* in the order in which they came */
        size_t n;
        uint64_t n_dropped; /* that had no room */

        /* A deletion that is part of an extension where the same element comes back directly after it. */
        char deleted_set[NFW_NFT_NAME_MAX]; /* "" where there is none */
        struct nfw_nft_grant deleted;
};

int nfw_changes_init(struct nfw_changes *changes);
void nfw_changes_deinit(struct nfw_changes *changes);
void nfw_changes_clear(struct nfw_changes *changes);

/* An element was added to a learned set or deleted from it. 0 or -ENOMEM. */
int nfw_changes_take(struct nfw_changes *changes,
                     const char *set,
                     bool added,
                     const struct nfw_nft_grant *grant);

/*
 * The transaction is complete: calls back once for each port, name and address, and is empty afterwards. What was
 * added anywhere was added, with the longest of its times. 0 or -ENOMEM.
 */
int nfw_changes_finish(struct nfw_changes *changes,
                       void (*callback)(bool added, const struct nfw_nft_grant *grant, void *userdata),
                       void *userdata);
