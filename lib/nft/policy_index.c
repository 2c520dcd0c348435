/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/policy_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/uthash.h"

struct nfw_nft_policy_entry {
        UT_hash_handle hh;
        struct nfw_nft_policy *policy;
};

int nfw_nft_policy_index_init(struct nfw_nft_policy_index *index,
                              struct nfw_nft_snapshot *snapshot,
                              enum nfw_table table) {
        nfw_vec_foreach (policy, &snapshot->policies) {
                struct nfw_nft_policy_entry *entry;

                if (policy->table != table)
                        continue;
                entry = calloc(1, sizeof(*entry));
                if (!entry)
                        return -ENOMEM;
                entry->policy = policy;
                HASH_ADD_KEYPTR(hh, index->entries, policy->name, strlen(policy->name), entry);
                if (!entry->hh.tbl) {
                        free(entry);
                        return -ENOMEM;
                }
        }
        return 0;
}

void nfw_nft_policy_index_deinit(struct nfw_nft_policy_index *index) {
        struct nfw_nft_policy_entry *entry, *next;

        HASH_ITER(hh, index->entries, entry, next) {
                HASH_DEL(index->entries, entry);
                free(entry);
        }
}

struct nfw_nft_policy *nfw_nft_policy_index_find(const struct nfw_nft_policy_index *index,
                                                 const char *name,
                                                 size_t size) {
        const struct nfw_nft_policy_entry *entry;

        HASH_FIND(hh, index->entries, name, size, entry);
        return entry ? entry->policy : NULL;
}

int nfw_nft_policy_index_foreach(const struct nfw_nft_policy_index *index,
                                 int (*callback)(struct nfw_nft_policy *policy, void *userdata),
                                 void *userdata) {
        const struct nfw_nft_policy_entry *entry;
        int r = 0;

        for (entry = index->entries; entry && r == 0; entry = entry->hh.next)
                r = callback(entry->policy, userdata);
        return r;
}
