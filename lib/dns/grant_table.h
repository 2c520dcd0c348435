/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Names, elements and the holds that join them: a hold says that a name keeps an element open until then. What
 * this means for the kernel is decided in grants.c. For the files of this layer only.
 */

#include <sys/queue.h>

#include "base/heap.h"
#include "base/siphash.h"
#include "base/uthash.h"
#include "dns/grants.h"

struct nfw_grant_hold {
        struct nfw_grant_name *name;
        struct nfw_grant_element *element;
        uint64_t expires_ms;
        TAILQ_ENTRY(nfw_grant_hold) by_name;
        LIST_ENTRY(nfw_grant_hold) by_element;
        struct nfw_addr resolver;
};

struct nfw_grant_name {
        struct nfw_heap_node by_expiry; /* its key: the latest expiry of the holds */
        TAILQ_HEAD(, nfw_grant_hold) holds;
        size_t n_holds;
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
        LIST_HEAD(, nfw_grant_hold) holds;
        size_t n_holds;
        struct nfw_grant_hold *carrier; /* the longest hold: its name and expiry are what the kernel has */
        UT_hash_handle hh;
};

struct nfw_grant_table {
        struct nfw_siphash_key key;
        struct nfw_grant_name *names;
        struct nfw_grant_element *elements;
        struct nfw_heap by_expiry;
        size_t n_names;
        size_t n_holds;
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

struct nfw_grant_hold *nfw_grant_table_find_hold(const struct nfw_grant_table *table,
                                                 const struct nfw_grant_name *name,
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
/* Takes out a hold, and its element with the last one. The longest of those that are left becomes the carrier. */
void nfw_grant_table_drop_hold(struct nfw_grant_table *table, struct nfw_grant_hold *hold);

struct nfw_addr nfw_grant_element_addr(const struct nfw_grant_element *element);
