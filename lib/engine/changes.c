/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/changes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/uthash.h"

/* Without padding: it is hashed and compared as it is in memory. */
struct change_key {
        char interface[16];
        char name[NFW_DOMAIN_TEXT_MAX];
        uint8_t family;
        uint8_t address[16];
};

_Static_assert(sizeof(struct change_key) == 16 + NFW_DOMAIN_TEXT_MAX + 1 + 16, "no padding");

struct nfw_change {
        UT_hash_handle hh;
        struct change_key key;
        bool added;
        struct nfw_nft_grant grant;
};

int nfw_changes_init(struct nfw_changes *changes) {
        *changes = (struct nfw_changes){ 0 };
        return nfw_siphash_key_init(&changes->key);
}

void nfw_changes_clear(struct nfw_changes *changes) {
        struct nfw_change *change, *next;

        HASH_ITER(hh, changes->table, change, next) {
                HASH_DEL(changes->table, change);
                free(change);
        }
        changes->n = 0;
        changes->n_dropped = 0;
        changes->deleted_set[0] = '\0';
}

void nfw_changes_deinit(struct nfw_changes *changes) {
        nfw_changes_clear(changes);
}

/* Both are in arrays of a fixed size, which may have octets behind the end of the text. */
static struct change_key key_of(const struct nfw_nft_grant *grant) {
        struct change_key key = { .family = (uint8_t)grant->addr.family };

        strcpy(key.interface, grant->interface);
        strcpy(key.name, grant->note.name);
        memcpy(key.address, grant->addr.bytes, sizeof(key.address));
        return key;
}

static int add_change(struct nfw_changes *changes,
                      const struct change_key *key,
                      unsigned int hash,
                      bool added,
                      const struct nfw_nft_grant *grant) {
        struct nfw_change *change;

        if (changes->n >= NFW_MAX_CHANGES) {
                changes->n_dropped++;
                return 0;
        }

        change = calloc(1, sizeof(*change));
        if (!change)
                return -ENOMEM;
        change->key = *key;
        change->added = added;
        change->grant = *grant;
        HASH_ADD_KEYPTR_BYHASHVALUE(hh, changes->table, &change->key, sizeof(change->key), hash, change);
        if (!change->hh.tbl) {
                free(change);
                return -ENOMEM;
        }
        changes->n++;
        return 0;
}

static int merge(struct nfw_changes *changes, bool added, const struct nfw_nft_grant *grant) {
        const struct change_key key = key_of(grant);
        unsigned int hash = (unsigned int)nfw_siphash(&changes->key, &key, sizeof(key));
        struct nfw_change *change;

        HASH_FIND_BYHASHVALUE(hh, changes->table, &key, sizeof(key), hash, change);
        if (!change)
                return add_change(changes, &key, hash, added, grant);

        if (added && (!change->added || grant->expires_ms > change->grant.expires_ms)) {
                change->added = true;
                change->grant = *grant;
        }
        return 0;
}

static int settle_deletion(struct nfw_changes *changes) {
        if (!changes->deleted_set[0])
                return 0;
        changes->deleted_set[0] = '\0';
        return merge(changes, false, &changes->deleted);
}

static bool is_deleted(const struct nfw_changes *changes,
                       const char *set,
                       const struct nfw_nft_grant *grant) {
        return strcmp(changes->deleted_set, set) == 0 &&
               strcmp(changes->deleted.interface, grant->interface) == 0 &&
               nfw_addr_equal(&changes->deleted.addr, &grant->addr);
}

int nfw_changes_take(struct nfw_changes *changes,
                     const char *set,
                     bool added,
                     const struct nfw_nft_grant *grant) {
        int r;

        /* An extension on kernels that cannot change a timeout, or another name for the address. */
        if (added && is_deleted(changes, set, grant))
                changes->deleted_set[0] = '\0';

        r = settle_deletion(changes);
        if (r < 0 || added || strlen(set) >= sizeof(changes->deleted_set))
                return r < 0 ? r : merge(changes, added, grant);

        strcpy(changes->deleted_set, set);
        changes->deleted = *grant;
        return 0;
}

int nfw_changes_finish(struct nfw_changes *changes,
                       void (*callback)(bool added, const struct nfw_nft_grant *grant, void *userdata),
                       void *userdata) {
        const struct nfw_change *change;
        int r;

        r = settle_deletion(changes);
        if (r < 0)
                return r;

        for (change = changes->table; change; change = change->hh.next)
                callback(change->added, &change->grant, userdata);
        nfw_changes_clear(changes);
        return 0;
}
