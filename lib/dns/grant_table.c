/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dns/grant_table.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"

int nfw_grant_table_init(struct nfw_grant_table *table) {
        *table = (struct nfw_grant_table){ 0 };
        return nfw_siphash_key_init(&table->key);
}

void nfw_grant_table_deinit(struct nfw_grant_table *table) {
        struct nfw_grant_name *name, *next;

        HASH_ITER(hh, table->names, name, next) {
                while (!TAILQ_EMPTY(&name->holds))
                        nfw_grant_table_drop_hold(table, TAILQ_FIRST(&name->holds));
                nfw_grant_table_retire_name(table, name);
        }
        nfw_grant_table_free_retired(table);
        nfw_heap_deinit(&table->by_expiry);
}

static unsigned int hash_of(const struct nfw_grant_table *table, const void *data, size_t size) {
        return (unsigned int)nfw_siphash(&table->key, data, size);
}

struct nfw_grant_name *nfw_grant_table_find_name(const struct nfw_grant_table *table, const char *text) {
        size_t length = strlen(text);
        unsigned int hash = hash_of(table, text, length);
        struct nfw_grant_name *name;

        HASH_FIND_BYHASHVALUE(hh, table->names, text, length, hash, name);
        return name;
}

int nfw_grant_table_add_name(struct nfw_grant_table *table,
                             const char *text,
                             struct nfw_grant_name **ret_name) {
        nfw_cleanup(nfw_freep) struct nfw_grant_name *name = NULL;
        size_t length = strlen(text);
        unsigned int hash = hash_of(table, text, length);
        int r;

        name = calloc(1, sizeof(*name) + length + 1);
        if (!name)
                return -ENOMEM;
        TAILQ_INIT(&name->holds);
        memcpy(name->text, text, length + 1);

        r = nfw_heap_push(&table->by_expiry, &name->by_expiry, UINT64_MAX);
        if (r < 0)
                return r;
        HASH_ADD_KEYPTR_BYHASHVALUE(hh, table->names, name->text, length, hash, name);
        if (!name->hh.tbl) {
                nfw_heap_remove(&table->by_expiry, &name->by_expiry);
                return -ENOMEM;
        }

        table->n_names++;
        *ret_name = nfw_steal(name);
        return 0;
}

void nfw_grant_table_retire_name(struct nfw_grant_table *table, struct nfw_grant_name *name) {
        HASH_DEL(table->names, name);
        nfw_heap_remove(&table->by_expiry, &name->by_expiry);
        name->next_retired = table->retired;
        table->retired = name;
        table->n_names--;
}

void nfw_grant_table_free_retired(struct nfw_grant_table *table) {
        struct nfw_grant_name *name;

        while ((name = table->retired)) {
                table->retired = name->next_retired;
                free(name);
        }
}

static struct nfw_grant_key element_key(size_t learned, const struct nfw_addr *addr) {
        struct nfw_grant_key key = { .learned = learned, .family = addr->family };

        memcpy(key.bytes, addr->bytes, sizeof(key.bytes));
        return key;
}

struct nfw_addr nfw_grant_element_addr(const struct nfw_grant_element *element) {
        struct nfw_addr addr = { .family = (uint8_t)element->key.family };

        memcpy(addr.bytes, element->key.bytes, sizeof(addr.bytes));
        return addr;
}

struct nfw_grant_hold *nfw_grant_table_find_hold(const struct nfw_grant_table *table,
                                                 const struct nfw_grant_name *name,
                                                 size_t learned,
                                                 const struct nfw_addr *addr) {
        struct nfw_grant_key key = element_key(learned, addr);
        unsigned int hash = hash_of(table, &key, sizeof(key));
        struct nfw_grant_element *element;
        struct nfw_grant_hold *hold;

        HASH_FIND_BYHASHVALUE(hh, table->elements, &key, sizeof(key), hash, element);
        if (!element)
                return NULL;

        /* A name has few addresses and an address few names, but either may be made to have many. */
        if (name->n_holds < element->n_holds) {
                TAILQ_FOREACH(hold, &name->holds, by_name) {
                        if (hold->element == element)
                                return hold;
                }
        } else {
                LIST_FOREACH(hold, &element->holds, by_element) {
                        if (hold->name == name)
                                return hold;
                }
        }
        return NULL;
}

static int find_or_add_element(struct nfw_grant_table *table,
                               size_t learned,
                               const struct nfw_addr *addr,
                               struct nfw_grant_element **ret_element) {
        struct nfw_grant_key key = element_key(learned, addr);
        unsigned int hash = hash_of(table, &key, sizeof(key));
        struct nfw_grant_element *element;

        HASH_FIND_BYHASHVALUE(hh, table->elements, &key, sizeof(key), hash, element);
        if (!element) {
                element = calloc(1, sizeof(*element));
                if (!element)
                        return -ENOMEM;
                element->key = key;
                HASH_ADD_KEYPTR_BYHASHVALUE(hh, table->elements, &element->key, sizeof(key), hash, element);
                if (!element->hh.tbl) {
                        free(element);
                        return -ENOMEM;
                }
        }

        *ret_element = element;
        return 0;
}

int nfw_grant_table_add_hold(struct nfw_grant_table *table,
                             struct nfw_grant_name *name,
                             size_t learned,
                             const struct nfw_addr *addr,
                             struct nfw_grant_hold **ret_hold) {
        nfw_cleanup(nfw_freep) struct nfw_grant_hold *hold = NULL;
        struct nfw_grant_element *element;
        int r;

        hold = calloc(1, sizeof(*hold));
        if (!hold)
                return -ENOMEM;
        r = find_or_add_element(table, learned, addr, &element);
        if (r < 0)
                return r;

        hold->name = name;
        hold->element = element;
        TAILQ_INSERT_TAIL(&name->holds, hold, by_name);
        LIST_INSERT_HEAD(&element->holds, hold, by_element);
        name->n_holds++;
        element->n_holds++;
        table->n_holds++;
        if (!element->carrier)
                element->carrier = hold;

        *ret_hold = nfw_steal(hold);
        return 0;
}

void nfw_grant_table_drop_hold(struct nfw_grant_table *table, struct nfw_grant_hold *hold) {
        struct nfw_grant_element *element = hold->element;
        struct nfw_grant_hold *other;

        TAILQ_REMOVE(&hold->name->holds, hold, by_name);
        LIST_REMOVE(hold, by_element);
        hold->name->n_holds--;
        element->n_holds--;
        table->n_holds--;

        if (LIST_EMPTY(&element->holds)) {
                /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what is in the table has a table. */
                HASH_DEL(table->elements, element);
                free(element);
        } else if (element->carrier == hold) {
                element->carrier = LIST_FIRST(&element->holds);
                LIST_FOREACH(other, &element->holds, by_element) {
                        if (other->expires_ms > element->carrier->expires_ms)
                                element->carrier = other;
                }
        }
        free(hold);
}
