/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What has been there before and, as a number, where: finds the second of two equal names or values, in a time that a
 * hostile file or guest cannot make quadratic. The keys are copied.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/siphash.h"
#include "base/vec.h"

struct nfw_seen_entry {
        uint32_t offset; /* of the key in bytes */
        uint32_t size;
        uint32_t where;
        uint32_t hash;
};

struct nfw_seen {
        struct nfw_siphash_key key;
        NFW_VEC(struct nfw_seen_entry) entries;
        NFW_VEC(char) bytes;
        /* Open addressing. Nearly every search looks at nothing but the marks, which the processor's caches hold. */
        uint8_t *marks;  /* a part of the hash, or 0 where there is no entry */
        uint32_t *slots; /* the entries' indices */
        size_t n_slots;  /* a power of two */
};

#define NFW_SEEN_INIT(key_)                                                                                  \
        { .key = (key_) }

/*
 * Adds what is not there yet. 0 and *ret_where is 0 where it is new, else what the first was added with; -ENOMEM.
 */
int nfw_seen_add(
        struct nfw_seen *seen, const void *data, size_t size, unsigned int where, unsigned int *ret_where);
void nfw_seen_deinit(struct nfw_seen *seen);
