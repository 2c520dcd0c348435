/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtnl/held.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"
#include "rtnl/dump.h"
#include "rtnl/request.h"

/* A host may have ten thousand links of which a few are asked for: so many requests take less time than reading them all. */
#define MAX_REQUESTS 128
/* Then one is asked for after the other, as if nothing had been said. */
#define MAX_TRIES 3

struct held_address {
        unsigned int index;
        size_t place; /* in the dump: the order of a link's addresses stays as it is */
        struct nfw_prefix address;
};

struct nfw_rtnl_held {
        NFW_VEC(struct nfw_link) by_name, by_index;
        NFW_VEC(struct held_address) addresses; /* by index */
};

static struct nfw_rtnl_held *held_free(struct nfw_rtnl_held *held) {
        if (!held)
                return NULL;
        nfw_vec_deinit(&held->by_name);
        nfw_vec_deinit(&held->by_index);
        nfw_vec_deinit(&held->addresses);
        free(held);
        return NULL;
}

NFW_DEFINE_CLEANUP(struct nfw_rtnl_held, held_free)

static int take_link(const struct nfw_link *link, void *userdata) {
        struct nfw_rtnl_held *held = userdata;
        int r = nfw_vec_push(&held->by_name, *link);

        return r < 0 ? r : nfw_vec_push(&held->by_index, *link);
}

static int take_address(unsigned int index, const struct nfw_prefix *address, void *userdata) {
        struct nfw_rtnl_held *held = userdata;

        return nfw_vec_push(
                &held->addresses,
                ((struct held_address){ .index = index, .place = held->addresses.n, .address = *address }));
}

static int compare_names(const void *a, const void *b) {
        return strcmp(((const struct nfw_link *)a)->name, ((const struct nfw_link *)b)->name);
}

static int compare_numbers(size_t a, size_t b) {
        return (a > b) - (a < b);
}

static int compare_indices(const void *a, const void *b) {
        return compare_numbers(((const struct nfw_link *)a)->index, ((const struct nfw_link *)b)->index);
}

static int compare_addresses(const void *a, const void *b) {
        const struct held_address *x = a, *y = b;
        int c = compare_numbers(x->index, y->index);

        return c ? c : compare_numbers(x->place, y->place);
}

static void sort(struct nfw_rtnl_held *held) {
        if (held->by_name.n > 1) {
                qsort(held->by_name.items, held->by_name.n, sizeof(*held->by_name.items), compare_names);
                qsort(held->by_index.items, held->by_index.n, sizeof(*held->by_index.items), compare_indices);
        }
        if (held->addresses.n > 1)
                qsort(held->addresses.items, held->addresses.n, sizeof(*held->addresses.items),
                      compare_addresses);
}

/*
 * The addresses after the links: one that comes in between is of a link that is not there, and nobody asks for it. -EINTR
 * where links come and go faster than they can be read.
 */
static int read_all(struct nfw_rtnl *rtnl, struct nfw_rtnl_held *held) {
        int r = -EINTR;

        for (size_t try = 0; r == -EINTR && try < MAX_TRIES; try++) {
                held->by_name.n = held->by_index.n = held->addresses.n = 0;
                r = nfw_rtnl_dump_links(rtnl, take_link, held);
                if (r == 0)
                        r = nfw_rtnl_dump_addresses(rtnl, 0, take_address, held);
        }
        if (r == 0)
                sort(held);
        return r;
}

void nfw_rtnl_hold(struct nfw_rtnl *rtnl) {
        nfw_rtnl_release(rtnl);
        rtnl->is_holding = true;
}

void nfw_rtnl_release(struct nfw_rtnl *rtnl) {
        rtnl->held = held_free(rtnl->held);
        rtnl->is_holding = false;
        rtnl->n_requests = 0;
}

int nfw_rtnl_held_find(struct nfw_rtnl *rtnl, const struct nfw_rtnl_held **ret_held) {
        nfw_cleanup(held_freep) struct nfw_rtnl_held *held = NULL;
        int r;

        if (!rtnl->is_holding || rtnl->held || ++rtnl->n_requests <= MAX_REQUESTS) {
                *ret_held = rtnl->held;
                return 0;
        }
        held = calloc(1, sizeof(*held));
        if (!held)
                return -ENOMEM;
        r = read_all(rtnl, held);
        if (r == 0)
                rtnl->held = nfw_steal(held);
        else
                rtnl->is_holding = false;
        *ret_held = rtnl->held;
        return r == -EINTR ? 0 : r;
}

static int find(const struct nfw_link *links,
                size_t n,
                const struct nfw_link *key,
                int (*compare)(const void *a, const void *b),
                struct nfw_link *ret_link) {
        const struct nfw_link *link = n > 0 ? bsearch(key, links, n, sizeof(*links), compare) : NULL;

        if (!link)
                return NFW_E_NOT_FOUND;
        *ret_link = *link;
        return 0;
}

int nfw_rtnl_held_by_name(const struct nfw_rtnl_held *held, const char *name, struct nfw_link *ret_link) {
        struct nfw_link key = { 0 };

        if (strlen(name) >= sizeof(key.name))
                return NFW_E_NOT_FOUND;
        strcpy(key.name, name);
        return find(held->by_name.items, held->by_name.n, &key, compare_names, ret_link);
}

int nfw_rtnl_held_by_index(const struct nfw_rtnl_held *held, unsigned int index, struct nfw_link *ret_link) {
        return find(held->by_index.items, held->by_index.n, &(struct nfw_link){ .index = index },
                    compare_indices, ret_link);
}

/* Where the addresses of the link begin. */
static size_t lower_bound(const struct nfw_rtnl_held *held, unsigned int index) {
        size_t first = 0, last = held->addresses.n;

        while (first < last) {
                size_t middle = first + (last - first) / 2;

                if (held->addresses.items[middle].index < index)
                        first = middle + 1;
                else
                        last = middle;
        }
        return first;
}

int nfw_rtnl_held_addresses(const struct nfw_rtnl_held *held,
                            unsigned int index,
                            struct nfw_prefixes *prefixes) {
        size_t n = prefixes->vec.n;
        struct nfw_link link;

        if (index && nfw_rtnl_held_by_index(held, index, &link) != 0)
                return NFW_E_NOT_FOUND;
        for (size_t i = index ? lower_bound(held, index) : 0; i < held->addresses.n; i++) {
                int r;

                if (index && held->addresses.items[i].index != index)
                        break;
                r = nfw_vec_push(&prefixes->vec, held->addresses.items[i].address);
                if (r < 0) {
                        prefixes->vec.n = n;
                        return r;
                }
        }
        return 0;
}
