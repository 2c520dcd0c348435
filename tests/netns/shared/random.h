/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A seed says it all: the same one makes the same policies and packets. */
struct random {
        uint64_t state;
};

/* SplitMix64 (Steele, Lea and Flood, 2014). */
static inline uint64_t random_next(struct random *random) {
        uint64_t x = random->state += 0x9e3779b97f4a7c15;

        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
        x = (x ^ x >> 27) * 0x94d049bb133111eb;
        return x ^ x >> 31;
}

static inline unsigned int random_below(struct random *random, unsigned int n) {
        return (unsigned int)(random_next(random) % n);
}

static inline bool random_chance(struct random *random, unsigned int percent) {
        return random_below(random, 100) < percent;
}

#define random_pick(random_, array_) ((array_)[random_below(random_, sizeof(array_) / sizeof((array_)[0]))])
