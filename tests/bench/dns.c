/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dns.h"

#include <stdio.h>
#include <string.h>

#define FLAGS_QUERY 0x0100 /* RD */
#define FLAGS_REPLY 0x8180 /* QR, RD, RA */

static uint8_t *put16(uint8_t *p, uint32_t value) {
        *p++ = (uint8_t)(value >> 8);
        *p++ = (uint8_t)value;
        return p;
}

static uint8_t *put32(uint8_t *p, uint32_t value) {
        return put16(put16(p, value >> 16), value & 0xffff);
}

static uint8_t *put_label(uint8_t *p, const char *text) {
        size_t n = strlen(text);

        *p++ = (uint8_t)n;
        memcpy(p, text, n);
        return p + n;
}

/* Header and question. */
static uint8_t *put_head(uint8_t *p, uint16_t id, uint16_t flags, uint16_t n_answers, unsigned int name) {
        char first[16];

        p = put16(put16(put16(p, id), flags), 1);
        p = put16(put16(put16(p, n_answers), 0), 0);

        (void)snprintf(first, sizeof(first), "n%07u", name % 10000000);
        p = put_label(put_label(put_label(p, first), "bench"), "example");
        *p++ = 0;
        return put16(put16(p, 1), 1);
}

void bench_dns_query(uint8_t message[static BENCH_DNS_QUERY_SIZE], uint16_t id, unsigned int name) {
        (void)put_head(message, id, FLAGS_QUERY, 0, name);
}

void bench_dns_reply(uint8_t message[static BENCH_DNS_REPLY_SIZE],
                     uint16_t id,
                     unsigned int name,
                     uint32_t ttl,
                     uint32_t address) {
        uint8_t *p = put_head(message, id, FLAGS_REPLY, 1, name);

        /* The owner is a pointer to the question's name. */
        p = put16(put16(put16(p, 0xc00c), 1), 1);
        p = put16(put32(p, ttl), 4);
        (void)put32(p, address);
}

uint32_t bench_dns_address(unsigned int n) {
        return (198u << 24) + (18u << 16) + n % (1u << 17);
}
