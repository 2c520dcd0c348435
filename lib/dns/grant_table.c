/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dns/grant_table.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"

/* An address that a few names share is looked through; beyond that, a name's holds are marked first. */
#define FEW_HOLDS 8

int nfw_grant_table_init(struct nfw_grant_table *table) {
        *table = (struct nfw_grant_table){ 0 };
        return nfw_siphash_key_init(&table->key);
}

void nfw_grant_table_deinit(struct nfw_grant_table *table) {
        struct nfw_grant_name *name, *next;

        HASH_ITER(hh, table->names, name, next) {
                nfw_grant_table_drop_holds(table, name);
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
        if (table->marked == name)
                table->marked = NULL;
        HASH_DEL(table->names, name);
        nfw_heap_remove(&table->by_expiry, &name->by_expiry);
        nfw_heap_deinit(&name->holds);
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

static struct nfw_grant_element *find_element(const struct nfw_grant_table *table,
                                              const struct nfw_grant_key *key) {
        unsigned int hash = hash_of(table, key, sizeof(*key));
        struct nfw_grant_element *element;

        HASH_FIND_BYHASHVALUE(hh, table->elements, key, sizeof(*key), hash, element);
        return element;
}

struct nfw_grant_element *nfw_grant_table_find_element(const struct nfw_grant_table *table,
                                                       size_t learned,
                                                       const struct nfw_addr *addr) {
        struct nfw_grant_key key = element_key(learned, addr);

        return find_element(table, &key);
}

/* From now on every element knows by itself which hold of this name it has. */
static void mark(struct nfw_grant_table *table, struct nfw_grant_name *name) {
        if (table->marked)
                nfw_vec_foreach (node, &table->marked->holds.nodes)
                        nfw_grant_hold_by_name(*node)->element->marked = NULL;
        nfw_vec_foreach (node, &name->holds.nodes)
                nfw_grant_hold_by_name(*node)->element->marked = nfw_grant_hold_by_name(*node);
        table->marked = name;
}

struct nfw_grant_hold *nfw_grant_table_find_hold(struct nfw_grant_table *table,
                                                 struct nfw_grant_name *name,
                                                 size_t learned,
                                                 const struct nfw_addr *addr) {
        struct nfw_grant_key key = element_key(learned, addr);
        const struct nfw_grant_element *element = find_element(table, &key);

        if (!element)
                return NULL;

        if (table->marked != name) {
                if (element->carrier->name == name)
                        return element->carrier;
                if (element->others.nodes.n <= FEW_HOLDS) {
                        nfw_vec_foreach (node, &element->others.nodes)
                                if (nfw_grant_hold_by_element(*node)->name == name)
                                        return nfw_grant_hold_by_element(*node);
                        return NULL;
                }
                mark(table, name);
        }
        return element->marked;
}

static int find_or_add_element(struct nfw_grant_table *table,
                               size_t learned,
                               const struct nfw_addr *addr,
                               struct nfw_grant_element **ret_element) {
        struct nfw_grant_key key = element_key(learned, addr);
        struct nfw_grant_element *element = find_element(table, &key);
        unsigned int hash;

        if (!element) {
                hash = hash_of(table, &key, sizeof(key));
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

static void drop_element(struct nfw_grant_table *table, struct nfw_grant_element *element) {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what is in the table has a table. */
        HASH_DEL(table->elements, element);
        nfw_heap_deinit(&element->others);
        free(element);
}

/* The heap has the smallest key first, and here the hold that expires last has to come first. */
static uint64_t element_order(const struct nfw_grant_hold *hold) {
        return UINT64_MAX - nfw_grant_hold_expires(hold);
}

static int add_to_element(struct nfw_grant_element *element, struct nfw_grant_hold *hold) {
        if (element->carrier)
                return nfw_heap_push(&element->others, &hold->by_element, element_order(hold));
        element->carrier = hold;
        return 0;
}

static void remove_from_element(struct nfw_grant_element *element, struct nfw_grant_hold *hold) {
        if (element->carrier != hold) {
                nfw_heap_remove(&element->others, &hold->by_element);
                return;
        }
        element->carrier = nfw_grant_element_next_carrier(element);
        if (element->carrier)
                nfw_heap_remove(&element->others, &element->carrier->by_element);
}

static int add_hold(struct nfw_grant_hold *hold) {
        int r;

        r = nfw_heap_push(&hold->name->holds, &hold->by_name, 0);
        if (r < 0)
                return r;

        r = add_to_element(hold->element, hold);
        if (r < 0)
                nfw_heap_remove(&hold->name->holds, &hold->by_name);
        return r;
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
        r = add_hold(hold);
        if (r < 0) {
                if (!element->carrier)
                        drop_element(table, element);
                return r;
        }

        if (table->marked == name)
                element->marked = hold;
        table->n_holds++;
        *ret_hold = nfw_steal(hold);
        return 0;
}

void nfw_grant_table_extend_hold(struct nfw_grant_hold *hold, uint64_t expires_ms) {
        struct nfw_grant_element *element = hold->element;
        struct nfw_grant_hold *carrier = element->carrier;

        nfw_heap_update(&hold->name->holds, &hold->by_name, expires_ms);
        if (carrier == hold)
                return;
        if (expires_ms <= nfw_grant_hold_expires(carrier)) {
                nfw_heap_update(&element->others, &hold->by_element, element_order(hold));
                return;
        }

        /* They change places, so there is room for the old one. */
        nfw_heap_remove(&element->others, &hold->by_element);
        (void)nfw_heap_push(&element->others, &carrier->by_element, element_order(carrier));
        element->carrier = hold;
}

void nfw_grant_table_drop_hold(struct nfw_grant_table *table, struct nfw_grant_hold *hold) {
        struct nfw_grant_element *element = hold->element;

        nfw_heap_remove(&hold->name->holds, &hold->by_name);
        remove_from_element(element, hold);
        if (element->marked == hold)
                element->marked = NULL;
        table->n_holds--;
        free(hold);

        if (!element->carrier)
                drop_element(table, element);
}

void nfw_grant_table_drop_holds(struct nfw_grant_table *table, struct nfw_grant_name *name) {
        while (name->holds.nodes.n > 0)
                nfw_grant_table_drop_hold(
                        table, nfw_grant_hold_by_name(name->holds.nodes.items[name->holds.nodes.n - 1]));
}

struct nfw_grant_hold *nfw_grant_name_first_hold(const struct nfw_grant_name *name) {
        struct nfw_heap_node *node = nfw_heap_first(&name->holds);

        return node ? nfw_grant_hold_by_name(node) : NULL;
}

struct nfw_grant_hold *nfw_grant_element_next_carrier(const struct nfw_grant_element *element) {
        struct nfw_heap_node *node = nfw_heap_first(&element->others);

        return node ? nfw_grant_hold_by_element(node) : NULL;
}
