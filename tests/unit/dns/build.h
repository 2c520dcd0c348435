/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Builds DNS messages octet by octet, wrong ones included. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct build {
        uint8_t data[70000];
        size_t n;
};

/* Where the question's name stands: a pointer to it is C0 0C. */
#define BUILD_QNAME 12

static inline void build_u8(struct build *b, unsigned int value) {
        assert_true(b->n < sizeof(b->data));
        b->data[b->n++] = (uint8_t)value;
}

static inline void build_u16(struct build *b, unsigned int value) {
        build_u8(b, value >> 8);
        build_u8(b, value & 0xff);
}

static inline void build_u32(struct build *b, uint32_t value) {
        build_u16(b, value >> 16);
        build_u16(b, value & 0xffff);
}

static inline void build_bytes(struct build *b, const void *data, size_t size) {
        assert_true(b->n + size <= sizeof(b->data));
        memcpy(b->data + b->n, data, size);
        b->n += size;
}

/* Labels without the end: for what a pointer completes. */
static inline void build_labels(struct build *b, const char *name) {
        while (*name) {
                size_t length = strcspn(name, ".");

                build_u8(b, (unsigned int)length);
                build_bytes(b, name, length);
                name += length;
                if (*name == '.')
                        name++;
        }
}

static inline void build_name(struct build *b, const char *name) {
        build_labels(b, name);
        build_u8(b, 0);
}

static inline void build_pointer(struct build *b, size_t offset) {
        build_u16(b, 0xc000 | (unsigned int)offset);
}

static inline void build_header(struct build *b, unsigned int flags, unsigned int n_answers) {
        b->n = 0;
        build_u16(b, 0x1234);
        build_u16(b, flags);
        build_u16(b, 1);
        build_u16(b, n_answers);
        build_u16(b, 0);
        build_u16(b, 0);
}

static inline void build_question(struct build *b, const char *name, unsigned int type) {
        build_name(b, name);
        build_u16(b, type);
        build_u16(b, 1);
}

static inline void build_reply(struct build *b, const char *name, unsigned int type, unsigned int n_answers) {
        build_header(b, 0x8180, n_answers);
        build_question(b, name, type);
}

/* Behind the owner: type, class IN, TTL and a length that build_rdata_end() fills in. */
static inline size_t build_rdata_begin(struct build *b, unsigned int type, uint32_t ttl) {
        build_u16(b, type);
        build_u16(b, 1);
        build_u32(b, ttl);
        build_u16(b, 0);
        return b->n;
}

static inline void build_rdata_end(struct build *b, size_t begin) {
        b->data[begin - 2] = (uint8_t)((b->n - begin) >> 8);
        b->data[begin - 1] = (uint8_t)(b->n - begin);
}

static inline void build_a(struct build *b, const char *owner, uint32_t ttl, uint32_t address) {
        size_t begin;

        if (owner)
                build_name(b, owner);
        else
                build_pointer(b, BUILD_QNAME);
        begin = build_rdata_begin(b, 1, ttl);
        build_u32(b, address);
        build_rdata_end(b, begin);
}

static inline void build_cname(struct build *b, const char *owner, uint32_t ttl, const char *target) {
        size_t begin;

        if (owner)
                build_name(b, owner);
        else
                build_pointer(b, BUILD_QNAME);
        begin = build_rdata_begin(b, 5, ttl);
        build_name(b, target);
        build_rdata_end(b, begin);
}
