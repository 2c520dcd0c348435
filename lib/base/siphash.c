/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/siphash.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

static uint64_t rotate(uint64_t x, unsigned int n) {
        return (x << n) | (x >> (64 - n));
}

/* A call costs as much as the round, and keeps the words in memory. */
__attribute__((always_inline)) static inline void round_once(uint64_t v[4]) {
        v[0] += v[1];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[0] = rotate(v[0], 32);
        v[2] += v[3];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
}

int nfw_siphash_key_init(struct nfw_siphash_key *key) {
        ssize_t n;

        do
                n = getrandom(key, sizeof(*key), 0);
        while (n < 0 && errno == EINTR);

        return n == (ssize_t)sizeof(*key) ? 0 : -EIO;
}

uint64_t nfw_siphash(const struct nfw_siphash_key *key, const void *data, size_t size) {
        uint64_t v[4] = {
                key->k0 ^ 0x736f6d6570736575ULL,
                key->k1 ^ 0x646f72616e646f6dULL,
                key->k0 ^ 0x6c7967656e657261ULL,
                key->k1 ^ 0x7465646279746573ULL,
        };
        const uint8_t *p = data;
        uint64_t word, last = (uint64_t)size << 56;
        size_t left = size;

        for (; left >= 8; p += 8, left -= 8) {
                memcpy(&word, p, 8);
                word = le64toh(word);
                v[3] ^= word;
                round_once(v);
                round_once(v);
                v[0] ^= word;
        }
        for (size_t i = 0; i < left; i++)
                last |= (uint64_t)p[i] << (8 * i);

        v[3] ^= last;
        round_once(v);
        round_once(v);
        v[0] ^= last;
        v[2] ^= 0xff;
        for (int i = 0; i < 4; i++)
                round_once(v);
        return v[0] ^ v[1] ^ v[2] ^ v[3];
}
