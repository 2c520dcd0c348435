/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A keyed hash for tables whose keys a guest chooses: without the key it cannot make them collide.
 */

#include <stddef.h>
#include <stdint.h>

struct nfw_siphash_key {
        uint64_t k0, k1;
};

/* Fills the key from the kernel's random numbers; 0 or a negative errno. */
int nfw_siphash_key_init(struct nfw_siphash_key *key);

/* SipHash-2-4 (Aumasson and Bernstein, 2012) of size bytes. */
uint64_t nfw_siphash(const struct nfw_siphash_key *key, const void *data, size_t size);
