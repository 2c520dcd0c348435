/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Octets being written one behind the other, in the order of the network. */

#include <stdint.h>
#include <string.h>

struct writer {
        uint8_t *octets;
        size_t n;
};

static inline void put(struct writer *out, const void *data, size_t n) {
        memcpy(out->octets + out->n, data, n);
        out->n += n;
}

static inline void put8(struct writer *out, unsigned int value) {
        out->octets[out->n++] = (uint8_t)value;
}

static inline void put16(struct writer *out, unsigned int value) {
        put8(out, value >> 8);
        put8(out, value & 0xff);
}

static inline void put32(struct writer *out, uint32_t value) {
        put16(out, value >> 16);
        put16(out, value & 0xffff);
}

/* Where something stands already. */
static inline void set16(uint8_t *octets, unsigned int value) {
        octets[0] = (uint8_t)(value >> 8);
        octets[1] = (uint8_t)value;
}
