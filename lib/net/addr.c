/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/addr.h"

#include <arpa/inet.h>
#include <string.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"

/* A prefix; after the registries of RFC 6890. */
struct block {
        uint8_t bytes[16];
        uint8_t length;
};

static const struct block special_v4[] = {
        { { 0 }, 8 },                   /* this network: Linux takes 0.0.0.0 as itself */
        { { 127 }, 8 },                 /* loopback */
        { { 169, 254 }, 16 },           /* link-local */
        { { 224 }, 4 },                 /* multicast */
        { { 255, 255, 255, 255 }, 32 }, /* broadcast */
};

static const struct block special_v6[] = {
        { { 0 }, 128 },                                              /* unspecified */
        { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 128 }, /* loopback */
        { { 0xfe, 0x80 }, 10 },                                      /* link-local */
        { { 0xff }, 8 },                                             /* multicast */
};

/* IPv6 addresses that somebody on the way turns back into the IPv4 address they carry. */
static const struct {
        struct block block;
        uint8_t offset; /* where the four octets are */
} embeddings[] = {
        { { { 0 }, 96 }, 12 },                                        /* IPv4-compatible, RFC 4291 2.5.5.1 */
        { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 96 }, 12 }, /* IPv4-mapped, RFC 4291 2.5.5.2 */
        { { { 0x00, 0x64, 0xff, 0x9b }, 96 }, 12 },                   /* NAT64, RFC 6052 */
        { { { 0x20, 0x02 }, 16 }, 2 },                                /* 6to4, RFC 3056 */
};

static bool block_contains(const struct block *block, const uint8_t *bytes) {
        size_t whole = block->length / 8, bits = block->length % 8;

        if (memcmp(block->bytes, bytes, whole) != 0)
                return false;
        return bits == 0 || (block->bytes[whole] ^ bytes[whole]) >> (8 - bits) == 0;
}

static bool any_contains(const struct block *blocks, size_t n_blocks, const uint8_t *bytes) {
        for (size_t i = 0; i < n_blocks; i++)
                if (block_contains(&blocks[i], bytes))
                        return true;
        return false;
}

/* Takes what inet_pton() takes, in a third of its time: policies have long lists of these. */
size_t nfw_addr_parse_v4(const char *text, struct nfw_addr *ret_addr) {
        const char *p = text;
        uint32_t number = 0;

        for (size_t i = 0; i < 4; i++) {
                unsigned int value = 0;
                const char *first;

                if (i > 0 && *p++ != '.')
                        return 0;
                for (first = p; *p >= '0' && *p <= '9'; p++) {
                        value = 10 * value + (unsigned int)(*p - '0');
                        if (value > 255 || (p > first && *first == '0'))
                                return 0;
                }
                if (p == first)
                        return 0;
                number = number << 8 | value;
        }

        number = htonl(number);
        nfw_addr_from_bytes(AF_INET, &number, ret_addr);
        return (size_t)(p - text);
}

int nfw_addr_parse(const char *text, struct nfw_addr *ret_addr) {
        struct nfw_addr addr;
        size_t n = nfw_addr_parse_v4(text, &addr);

        if (n == 0 || text[n] != '\0') {
                addr = (struct nfw_addr){ .family = AF_INET6 };
                if (inet_pton(addr.family, text, addr.bytes) != 1)
                        return NFW_E_INVALID;
        }

        *ret_addr = addr;
        return 0;
}

/* Learning formats two for each reply, and inet_ntop() goes through printf(). */
static void format_v4(const uint8_t *bytes, char *text) {
        for (size_t i = 0; i < 4; i++) {
                unsigned int value = bytes[i];

                if (i > 0)
                        *text++ = '.';
                if (value >= 100)
                        *text++ = (char)('0' + value / 100);
                if (value >= 10)
                        *text++ = (char)('0' + value / 10 % 10);
                *text++ = (char)('0' + value % 10);
        }
        *text = '\0';
}

const char *nfw_addr_format(const struct nfw_addr *addr, char buffer[static NFW_ADDR_TEXT_MAX]) {
        if (addr->family == AF_INET)
                format_v4(addr->bytes, buffer);
        else if (!inet_ntop(addr->family, addr->bytes, buffer, NFW_ADDR_TEXT_MAX))
                buffer[0] = '\0';
        return buffer;
}

void nfw_addr_from_bytes(uint8_t family, const void *bytes, struct nfw_addr *ret_addr) {
        *ret_addr = (struct nfw_addr){ .family = family };
        memcpy(ret_addr->bytes, bytes, nfw_addr_size(family));
}

bool nfw_addr_equal(const struct nfw_addr *a, const struct nfw_addr *b) {
        return a->family == b->family && memcmp(a->bytes, b->bytes, nfw_addr_size(a->family)) == 0;
}

bool nfw_addr_embedded(const struct nfw_addr *addr, struct nfw_addr *ret_embedded) {
        if (addr->family != AF_INET6)
                return false;
        for (size_t i = 0; i < NFW_ARRAY_SIZE(embeddings); i++)
                if (block_contains(&embeddings[i].block, addr->bytes)) {
                        nfw_addr_from_bytes(AF_INET, addr->bytes + embeddings[i].offset, ret_embedded);
                        return true;
                }
        return false;
}

bool nfw_addr_is_special(const struct nfw_addr *addr) {
        struct nfw_addr embedded;

        if (addr->family == AF_INET)
                return any_contains(special_v4, NFW_ARRAY_SIZE(special_v4), addr->bytes);
        if (addr->family != AF_INET6)
                return true;

        return any_contains(special_v6, NFW_ARRAY_SIZE(special_v6), addr->bytes) ||
               (nfw_addr_embedded(addr, &embedded) &&
                any_contains(special_v4, NFW_ARRAY_SIZE(special_v4), embedded.bytes));
}
