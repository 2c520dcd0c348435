/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/uthash.h"
#include "nft/compile.h"
#include "nft/set.h"
#include "nft/verify/internal.h"

struct nfw_nft_scope_entry {
        UT_hash_handle hh;
        char name[];
};

int nfw_nft_foreach_set(const struct nfw_nft_policy *policy,
                        int (*callback)(const char *set, void *userdata),
                        void *userdata) {
        struct nfw_nft_marker marker = { 0 };
        int r = 0;

        if (nfw_nft_marker_init(&marker, policy->name, "") == 0)
                r = callback(marker.name, userdata);
        nfw_vec_foreach (set, &policy->sets)
                if (r == 0)
                        r = callback(*set, userdata);
        return r;
}

int nfw_nft_foreach_chain(const struct nfw_nft_policy *policy,
                          int (*callback)(const char *chain, void *userdata),
                          void *userdata) {
        char chain[NFW_NFT_NAME_MAX];
        int r = 0;

        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++)
                r = callback(nfw_nft_chain_name(policy->name, direction, chain), userdata);
        nfw_vec_foreach (block, &policy->blocks)
                if (r == 0)
                        r = callback(*block, userdata);
        return r;
}

static int add_entry(const char *name, void *userdata) {
        struct nfw_nft_scope_entry **entries = userdata, *entry;
        size_t n = strlen(name);

        HASH_FIND(hh, *entries, name, n, entry);
        if (entry)
                return 0;

        entry = calloc(1, sizeof(*entry) + n + 1);
        if (!entry)
                return -ENOMEM;
        memcpy(entry->name, name, n + 1);
        HASH_ADD_KEYPTR(hh, *entries, entry->name, n, entry);
        if (!entry->hh.tbl) {
                free(entry);
                return -ENOMEM;
        }
        return 0;
}

int nfw_nft_scope_init(struct nfw_nft_scope *scope,
                       const struct nfw_nft_snapshot *snapshot,
                       enum nfw_table table) {
        int r = 0;

        nfw_vec_foreach (policy, &snapshot->policies) {
                if (policy->table != table)
                        continue;
                r = nfw_nft_foreach_set(policy, add_entry, &scope->sets);
                if (r == 0)
                        r = nfw_nft_foreach_chain(policy, add_entry, &scope->chains);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void free_entries(struct nfw_nft_scope_entry **entries) {
        struct nfw_nft_scope_entry *entry, *next;

        HASH_ITER(hh, *entries, entry, next) {
                HASH_DEL(*entries, entry);
                free(entry);
        }
}

void nfw_nft_scope_deinit(struct nfw_nft_scope *scope) {
        free_entries(&scope->sets);
        free_entries(&scope->chains);
}

static bool has(const struct nfw_nft_scope_entry *entries, const char *name) {
        const struct nfw_nft_scope_entry *entry;

        HASH_FIND_STR(entries, name, entry);
        return entry;
}

bool nfw_nft_scope_has_set(const struct nfw_nft_scope *scope, const char *set) {
        return has(scope->sets, set);
}

bool nfw_nft_scope_has_chain(const struct nfw_nft_scope *scope, const char *chain) {
        return has(scope->chains, chain);
}
