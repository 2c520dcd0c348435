/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dns/index.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "base/siphash.h"
#include "base/uthash.h"

/* What belongs to one name: the patterns that are the name, and those that are everything below it. */
struct entry {
        struct nfw_dns_ids exact;
        struct nfw_dns_ids below;
        UT_hash_handle hh;
        char name[];
};

struct nfw_dns_index {
        struct nfw_siphash_key key;
        struct entry *entries;
        struct nfw_dns_ids any;
        /* Whether some entry's name is that long: most suffixes of most names need no look-up at all. */
        bool has_length[NFW_DOMAIN_TEXT_MAX];
};

int nfw_dns_index_new(struct nfw_dns_index **ret_index) {
        nfw_cleanup(nfw_freep) struct nfw_dns_index *index = NULL;
        int r;

        index = calloc(1, sizeof(*index));
        if (!index)
                return -ENOMEM;
        r = nfw_siphash_key_init(&index->key);
        if (r < 0)
                return r;

        *ret_index = nfw_steal(index);
        return 0;
}

static void entry_free(struct entry *entry) {
        nfw_vec_deinit(&entry->exact.vec);
        nfw_vec_deinit(&entry->below.vec);
        free(entry);
}

struct nfw_dns_index *nfw_dns_index_free(struct nfw_dns_index *index) {
        struct entry *entry, *next;

        if (!index)
                return NULL;

        HASH_ITER(hh, index->entries, entry, next) {
                HASH_DEL(index->entries, entry);
                entry_free(entry);
        }
        nfw_vec_deinit(&index->any.vec);
        free(index);
        return NULL;
}

static struct entry *find(const struct nfw_dns_index *index, const char *name, size_t length) {
        unsigned int hash = (unsigned int)nfw_siphash(&index->key, name, length);
        struct entry *entry;

        HASH_FIND_BYHASHVALUE(hh, index->entries, name, length, hash, entry);
        return entry;
}

static int find_or_add(struct nfw_dns_index *index, const char *name, struct entry **ret_entry) {
        size_t length = strlen(name);
        unsigned int hash = (unsigned int)nfw_siphash(&index->key, name, length);
        struct entry *entry;

        HASH_FIND_BYHASHVALUE(hh, index->entries, name, length, hash, entry);
        if (!entry) {
                entry = calloc(1, sizeof(*entry) + length + 1);
                if (!entry)
                        return -ENOMEM;
                memcpy(entry->name, name, length + 1);
                HASH_ADD_KEYPTR_BYHASHVALUE(hh, index->entries, entry->name, length, hash, entry);
                if (!entry->hh.tbl) {
                        free(entry);
                        return -ENOMEM;
                }
                index->has_length[length] = true;
        }

        *ret_entry = entry;
        return 0;
}

static int add_id(struct nfw_dns_ids *ids, size_t id) {
        nfw_vec_foreach (known, &ids->vec)
                if (*known == id)
                        return 0;
        return nfw_vec_push(&ids->vec, id);
}

static int add_ids(struct nfw_dns_ids *ids, const struct nfw_dns_ids *more) {
        int r = 0;

        for (size_t i = 0; i < more->vec.n && !r; i++)
                r = add_id(ids, more->vec.items[i]);
        return r;
}

int nfw_dns_index_add(struct nfw_dns_index *index, const struct nfw_domain *domain, size_t learned) {
        struct entry *entry;
        int r;

        if (domain->kind == NFW_DOMAIN_ANY)
                return add_id(&index->any, learned);

        r = find_or_add(index, domain->name, &entry);
        if (r < 0)
                return r;
        return add_id(domain->kind == NFW_DOMAIN_EXACT ? &entry->exact : &entry->below, learned);
}

int nfw_dns_index_match(const struct nfw_dns_index *index, const char *name, struct nfw_dns_ids *ids) {
        size_t length = strlen(name);
        const char *suffix = name;
        int r;

        r = add_ids(ids, &index->any);
        if (r < 0)
                return r;

        while (suffix) {
                size_t left = length - (size_t)(suffix - name);

                if (left < NFW_DOMAIN_TEXT_MAX && index->has_length[left]) {
                        const struct entry *entry = find(index, suffix, left);

                        r = entry ? add_ids(ids, suffix == name ? &entry->exact : &entry->below) : 0;
                        if (r < 0)
                                return r;
                }
                suffix = strchr(suffix, '.');
                if (suffix)
                        suffix++;
        }
        return 0;
}
