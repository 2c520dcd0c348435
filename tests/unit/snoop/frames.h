/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Packets made octet by octet; every length is filled in by what is put inside. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "snoop/message.h"

struct frame {
        uint8_t data[1024];
        size_t n;
};

static inline void put(struct frame *frame, const void *data, size_t size) {
        assert_true(size <= sizeof(frame->data) - frame->n);
        memcpy(frame->data + frame->n, data, size);
        frame->n += size;
}

static inline void put_u8(struct frame *frame, unsigned int value) {
        uint8_t octet = (uint8_t)value;

        put(frame, &octet, 1);
}

static inline void put_u16(struct frame *frame, unsigned int value) {
        put_u8(frame, value >> 8);
        put_u8(frame, value & 0xff);
}

static inline void put_u32(struct frame *frame, uint32_t value) {
        put_u16(frame, value >> 16);
        put_u16(frame, value & 0xffff);
}

static inline void put_zeros(struct frame *frame, size_t n) {
        while (n-- > 0)
                put_u8(frame, 0);
}

static inline void put_option(struct frame *frame, unsigned int code, const void *data, size_t size) {
        put_u8(frame, code);
        put_u8(frame, (unsigned int)size);
        put(frame, data, size);
}

static inline void set_u16(struct frame *frame, size_t offset, size_t value) {
        frame->data[offset] = (uint8_t)(value >> 8);
        frame->data[offset + 1] = (uint8_t)value;
}

static inline void begin_ipv4(struct frame *frame,
                              unsigned int protocol,
                              uint32_t source,
                              uint32_t destination) {
        frame->n = 0;
        put_u16(frame, 0x4500);
        put_zeros(frame, 6);
        put_u8(frame, 64);
        put_u8(frame, protocol);
        put_u16(frame, 0);
        put_u32(frame, source);
        put_u32(frame, destination);
}

static inline void begin_ipv6(struct frame *frame,
                              unsigned int protocol,
                              unsigned int hop_limit,
                              const uint8_t *source,
                              const uint8_t *destination) {
        frame->n = 0;
        put_u32(frame, 0x60000000);
        put_u16(frame, 0);
        put_u8(frame, protocol);
        put_u8(frame, hop_limit);
        put(frame, source, 16);
        put(frame, destination, 16);
}

static inline void put_udp(struct frame *frame, unsigned int source, unsigned int destination) {
        put_u16(frame, source);
        put_u16(frame, destination);
        put_u32(frame, 0);
}

/* Fills in the lengths; udp is false where there is no UDP header. */
static inline void finish(struct frame *frame, bool udp) {
        bool is_ipv4 = frame->data[0] >> 4 == 4;
        size_t header = is_ipv4 ? 20 : 40;

        set_u16(frame, is_ipv4 ? 2 : 4, is_ipv4 ? frame->n : frame->n - header);
        if (udp)
                set_u16(frame, header + 4, frame->n - header);
}
