/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Names, elements and the holds that join them: a hold says that a name keeps an element open until then. What
 * this means for the kernel is decided in grants.c. A name may be made to hold many elements, and an element to be
 * held by many names: what is done for one hold takes O(log n) all the same. For the files of this layer only.
 */

#include "base/heap.h"
#include "base/siphash.h"
#include "base/uthash.h"
#include "dns/grants.h"

struct nfw_grant_hold {
        struct nfw_heap_node by_name; /* its key: when the hold expires */
        struct nfw_heap_node by_element;
        struct nfw_grant_name *name;
        struct nfw_grant_element *element;
        struct nfw_addr resolver;
};

struct nfw_grant_name {
        struct nfw_heap_node by_expiry; /* its key: the latest expiry of the holds */
        struct nfw_heap holds;          /* what expires first comes first */
        UT_hash_handle hh;
        struct nfw_grant_name *next_retired;
        char text[];
};

/* No padding inside, so that equal keys are equal octets. */
struct nfw_grant_key {
        uint64_t learned;
        uint8_t bytes[16];
        uint64_t family;
};

_Static_assert(sizeof(struct nfw_grant_key) == 32, "the key of an element must have no padding");

struct nfw_grant_element {
        struct nfw_grant_key key;
        struct nfw_grant_hold *carrier; /* the longest hold: its name and expiry are what the kernel has */
        struct nfw_heap others;         /* what expires last comes first */
        struct nfw_grant_hold *marked;  /* the hold of the table's marked name, if it has one here */
        uint64_t n_check;               /* the last check that found it in the kernel */
        UT_hash_handle hh;
};

struct nfw_grant_table {
        struct nfw_siphash_key key;
        struct nfw_grant_name *names;
        struct nfw_grant_element *elements;
        struct nfw_heap by_expiry;
        struct nfw_grant_name *marked;
        size_t n_names;
        size_t n_holds;
        uint64_t n_checks;
        /* Operations that were handed out name these; they live until the next change. */
        struct nfw_grant_name *retired;
};

int nfw_grant_table_init(struct nfw_grant_table *table);
void nfw_grant_table_deinit(struct nfw_grant_table *table);

struct nfw_grant_name *nfw_grant_table_find_name(const struct nfw_grant_table *table, const char *text);
/* The new name expires last of all until its place in by_expiry is updated. 0 or -ENOMEM. */
int nfw_grant_table_add_name(struct nfw_grant_table *table,
                             const char *text,
                             struct nfw_grant_name **ret_name);
/* Takes out a name without holds; its text stays until the retired names are freed. */
void nfw_grant_table_retire_name(struct nfw_grant_table *table, struct nfw_grant_name *name);
void nfw_grant_table_free_retired(struct nfw_grant_table *table);

struct nfw_grant_hold *nfw_grant_table_find_hold(struct nfw_grant_table *table,
                                                 struct nfw_grant_name *name,
                                                 size_t learned,
                                                 const struct nfw_addr *addr);
/* NULL where no name holds it. */
struct nfw_grant_element *nfw_grant_table_find_element(const struct nfw_grant_table *table,
                                                       size_t learned,
                                                       const struct nfw_addr *addr);
/*
 * A hold on that element, which is made where there is none. The name must not have one yet. It begins with
 * expires_ms 0, and carries the element only if it is the first. 0 or -ENOMEM.
 */
int nfw_grant_table_add_hold(struct nfw_grant_table *table,
                             struct nfw_grant_name *name,
                             size_t learned,
                             const struct nfw_addr *addr,
                             struct nfw_grant_hold **ret_hold);
/* The hold expires later from now on; the one that expires last of all carries the element. */
void nfw_grant_table_extend_hold(struct nfw_grant_hold *hold, uint64_t expires_ms);
/* Takes out a hold, and its element with the last one. The longest of those that are left becomes the carrier. */
void nfw_grant_table_drop_hold(struct nfw_grant_table *table, struct nfw_grant_hold *hold);
void nfw_grant_table_drop_holds(struct nfw_grant_table *table, struct nfw_grant_name *name);

/* The hold of the name that expires first, or NULL. */
struct nfw_grant_hold *nfw_grant_name_first_hold(const struct nfw_grant_name *name);
/* The hold that would carry the element if its carrier were gone, or NULL. */
struct nfw_grant_hold *nfw_grant_element_next_carrier(const struct nfw_grant_element *element);

/* The hold that a node of its name's heap belongs to. */
static inline struct nfw_grant_hold *nfw_grant_hold_by_name(struct nfw_heap_node *node) {
        _Static_assert(offsetof(struct nfw_grant_hold, by_name) == 0, "the node is taken for the hold");
        return (struct nfw_grant_hold *)(void *)node;
}

/* The hold that a node of its element's heap belongs to. */
static inline struct nfw_grant_hold *nfw_grant_hold_by_element(struct nfw_heap_node *node) {
        return (struct nfw_grant_hold *)(void *)((char *)node - offsetof(struct nfw_grant_hold, by_element));
}

static inline uint64_t nfw_grant_hold_expires(const struct nfw_grant_hold *hold) {
        return hold->by_name.key;
}

struct nfw_addr nfw_grant_element_addr(const struct nfw_grant_element *element);
