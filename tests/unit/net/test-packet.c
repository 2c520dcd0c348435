/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <nfwpolicy/nfwpolicy.h>

#include "net/packet.h"

static const uint8_t udp4[] = {
        0x45, 0,    0, 32, 0x12, 0x34, 0x40, 0, 64,  17,  0,   0,   10, 0, 0, 2, 10, 0, 0, 1, /* IPv4 */
        0x9c, 0x40, 0, 53, 0,    12,   0,    0, 'd', 'a', 't', 'a', /* UDP 40000 -> 53 */
};

static const uint8_t tcp4[] = {
        0x46, 0,  0,    50,   0,    0,    0,    0,    64, 6, 0, 0,   10,
        0,    0,  2,    10,   0,    0,    1,    1,    1,  1, 0, /* with options */
        0,    53, 0x9c, 0x40, 0xde, 0xad, 0xbe, 0xef, 0,  0, 0, 0,   0x60,
        0x12, 0,  0,    0,    0,    0,    0,    1,    1,  1, 0, 'h', 'i',
};

static uint8_t bytes[2048];
static size_t n_bytes;
static struct nfw_packet packet;

static void set(const uint8_t *data, size_t size) {
        memcpy(bytes, data, size);
        n_bytes = size;
}

/* From a copy of exact size, so that a sanitizer sees a read beyond the end. */
static int parse(void) {
        static uint8_t *copy;

        free(copy);
        copy = malloc(n_bytes > 0 ? n_bytes : 1);
        assert_non_null(copy);
        memcpy(copy, bytes, n_bytes);
        return nfw_packet_parse(copy, n_bytes, &packet);
}

static void assert_text(const struct nfw_addr *addr, const char *expected) {
        char text[NFW_ADDR_TEXT_MAX];

        assert_string_equal(nfw_addr_format(addr, text), expected);
}

static void test_udp4(void **state) {
        (void)state;
        set(udp4, sizeof(udp4));
        assert_int_equal(parse(), 0);
        assert_text(&packet.source, "10.0.0.2");
        assert_text(&packet.destination, "10.0.0.1");
        assert_int_equal(packet.protocol, IPPROTO_UDP);
        assert_false(packet.fragment);
        assert_int_equal(packet.source_port, 40000);
        assert_int_equal(packet.destination_port, 53);
        assert_int_equal(packet.transport_size, 12);
        assert_int_equal(packet.payload_size, 4);
        assert_memory_equal(packet.payload, "data", 4);

        /* A frame that the link has padded. */
        memset(bytes + n_bytes, 0, 14);
        n_bytes += 14;
        assert_int_equal(parse(), 0);
        assert_int_equal(packet.payload_size, 4);
}

static void test_tcp4(void **state) {
        (void)state;
        set(tcp4, sizeof(tcp4));
        assert_int_equal(parse(), 0);
        assert_int_equal(packet.protocol, IPPROTO_TCP);
        assert_int_equal(packet.source_port, 53);
        assert_int_equal(packet.destination_port, 40000);
        assert_int_equal(packet.tcp_sequence, 0xdeadbeef);
        assert_int_equal(packet.tcp_flags, TH_SYN | TH_ACK);
        assert_int_equal(packet.payload_size, 2);
        assert_memory_equal(packet.payload, "hi", 2);
}

static void test_every_cut_is_invalid(void **state) {
        (void)state;
        set(udp4, sizeof(udp4));
        for (n_bytes = 0; n_bytes < sizeof(udp4); n_bytes++)
                assert_int_equal(parse(), NFW_E_INVALID);
        set(tcp4, sizeof(tcp4));
        for (n_bytes = 0; n_bytes < sizeof(tcp4); n_bytes++)
                assert_int_equal(parse(), NFW_E_INVALID);
}

/* From a copy of exact size. */
static int parse_head(const uint8_t *data, size_t size) {
        uint8_t *copy = malloc(size > 0 ? size : 1);
        int r;

        assert_non_null(copy);
        memcpy(copy, data, size);
        r = nfw_packet_parse_head(copy, size, &packet);
        free(copy);
        return r;
}

static void test_heads(void **state) {
        static const uint8_t udp6[] = {
                0x60, 0,    0,    0,    0, 64, 0, 1, /* hop-by-hop options first */
                0x20, 0x01, 0x0d, 0xb8, 0, 0,  0, 0, 0,    0,    0, 0,  0, 0, 0, 2, /* from */
                0x20, 0x01, 0x0d, 0xb8, 0, 0,  0, 0, 0,    0,    0, 0,  0, 0, 0, 1, /* to */
                17,   0,    1,    4,    0, 0,  0, 0, 0x9c, 0x40, 0, 53,
        };

        (void)state;
        for (size_t n = 0; n < 20; n++)
                assert_int_equal(parse_head(udp4, n), NFW_E_INVALID);
        for (size_t n = 20; n <= sizeof(udp4); n++) {
                assert_int_equal(parse_head(udp4, n), 0);
                assert_text(&packet.source, "10.0.0.2");
                assert_text(&packet.destination, "10.0.0.1");
                assert_int_equal(packet.protocol, IPPROTO_UDP);
                assert_int_equal(packet.source_port, n < 24 ? 0 : 40000);
                assert_int_equal(packet.destination_port, n < 24 ? 0 : 53);
                assert_null(packet.payload);
        }
        for (size_t n = 0; n < 40; n++)
                assert_int_equal(parse_head(udp6, n), NFW_E_INVALID);
        for (size_t n = 40; n <= sizeof(udp6); n++) {
                assert_int_equal(parse_head(udp6, n), 0);
                assert_text(&packet.destination, "2001:db8::1");
                assert_int_equal(packet.protocol, n < 48 ? 0 : IPPROTO_UDP);
                assert_int_equal(packet.destination_port, n < sizeof(udp6) ? 0 : 53);
        }
}

struct change {
        size_t at;
        uint8_t value;
};

static void test_wrong_lengths(void **state) {
        static const struct change udp[] = {
                { 0, 0x44 },             /* a header of 16 octets */
                { 0, 0x55 },             /* version 5 */
                { 0, 0x4f },             /* a header beyond the total length */
                { 3, 19 },               /* a total length below the header's */
                { 3, 33 },               /* and above what is there */
                { 3, 27 },               /* half a UDP header */
                { 25, 7 },   { 25, 11 }, /* octets that UDP does not count */
                { 25, 13 },  { 25, 0 },
        };
        static const struct change tcp[] = {
                { 36, 0x40 },
                { 36, 0x70 }, /* a TCP header beyond the end */
                { 36, 0xf0 },
                { 3, 43 }, /* half a TCP header */
        };

        (void)state;
        for (size_t i = 0; i < sizeof(udp) / sizeof(*udp); i++) {
                set(udp4, sizeof(udp4));
                bytes[udp[i].at] = udp[i].value;
                assert_int_equal(parse(), NFW_E_INVALID);
        }
        for (size_t i = 0; i < sizeof(tcp) / sizeof(*tcp); i++) {
                set(tcp4, sizeof(tcp4));
                bytes[tcp[i].at] = tcp[i].value;
                assert_int_equal(parse(), NFW_E_INVALID);
        }
}

static void test_fragments4(void **state) {
        static const uint16_t fields[] = { 0x2000, 0x0001, 0x1fff, 0x2001 };

        (void)state;
        for (size_t i = 0; i < 4; i++) {
                set(udp4, sizeof(udp4));
                bytes[6] = (uint8_t)(fields[i] >> 8);
                bytes[7] = (uint8_t)fields[i];
                assert_int_equal(parse(), 0);
                assert_true(packet.fragment);
                assert_int_equal(packet.protocol, IPPROTO_UDP);
                assert_null(packet.transport);
                assert_null(packet.payload);
                assert_int_equal(packet.source_port, 0);
        }
}

static void test_other_transport(void **state) {
        (void)state;
        set(udp4, sizeof(udp4));
        bytes[9] = IPPROTO_ICMP;
        assert_int_equal(parse(), 0);
        assert_int_equal(packet.protocol, IPPROTO_ICMP);
        assert_int_equal(packet.transport_size, 12);
        assert_null(packet.payload);
        assert_int_equal(packet.source_port, 0);
}

/* An IPv6 packet: the header, then what add() appends. */
static void begin6(uint8_t next) {
        memset(bytes, 0, 40);
        bytes[0] = 0x60;
        bytes[6] = next;
        bytes[7] = 64;
        bytes[8] = bytes[24] = 0xfd;
        bytes[23] = 2;
        bytes[39] = 1;
        n_bytes = 40;
}

static void add(const uint8_t *data, size_t size) {
        memcpy(bytes + n_bytes, data, size);
        n_bytes += size;
        bytes[4] = (uint8_t)((n_bytes - 40) >> 8);
        bytes[5] = (uint8_t)(n_bytes - 40);
}

static void add_header(uint8_t next, uint8_t length, size_t size) {
        uint8_t header[264] = { next, length };

        add(header, size);
}

static void add_udp(void) {
        add(udp4 + 20, 12);
}

static void test_udp6(void **state) {
        (void)state;
        begin6(IPPROTO_UDP);
        add_udp();
        assert_int_equal(parse(), 0);
        assert_text(&packet.source, "fd00::2");
        assert_text(&packet.destination, "fd00::1");
        assert_int_equal(packet.protocol, IPPROTO_UDP);
        assert_int_equal(packet.destination_port, 53);
        assert_memory_equal(packet.payload, "data", 4);
        for (n_bytes--; n_bytes > 0; n_bytes--)
                assert_int_equal(parse(), NFW_E_INVALID);
}

static void test_extension_headers(void **state) {
        size_t n;

        (void)state;
        begin6(IPPROTO_HOPOPTS);
        add_header(IPPROTO_DSTOPTS, 0, 8);
        add_header(IPPROTO_ROUTING, 1, 16);
        add_header(IPPROTO_AH, 2, 24);
        n = n_bytes;
        add_header(IPPROTO_AH, 4, 24);
        bytes[n + 0] = IPPROTO_MH;
        add_header(IPPROTO_UDP, 0, 8);
        add_udp();
        assert_int_equal(parse(), 0);
        assert_int_equal(packet.protocol, IPPROTO_UDP);
        assert_int_equal(packet.matched_protocol, IPPROTO_AH);
        assert_int_equal(packet.source_port, 40000);
        for (n_bytes--; n_bytes > 0; n_bytes--)
                assert_int_equal(parse(), NFW_E_INVALID);

        begin6(IPPROTO_DSTOPTS);
        add_header(IPPROTO_MH, 0, 8);
        add_header(IPPROTO_UDP, 0, 8);
        add_udp();
        assert_int_equal(parse(), 0);
        assert_int_equal(packet.protocol, IPPROTO_UDP);
        assert_int_equal(packet.matched_protocol, IPPROTO_MH);

        begin6(IPPROTO_DSTOPTS);
        add_header(IPPROTO_UDP, 0, 8);
        add_udp();
        assert_int_equal(parse(), 0);
        assert_int_equal(packet.matched_protocol, IPPROTO_UDP);

        /* Hop-by-hop options stand first or not at all. */
        begin6(IPPROTO_DSTOPTS);
        add_header(IPPROTO_HOPOPTS, 0, 8);
        add_header(IPPROTO_UDP, 0, 8);
        add_udp();
        assert_int_equal(parse(), NFW_E_INVALID);

        /* A header that says it is longer than the packet. */
        begin6(IPPROTO_DSTOPTS);
        add_header(IPPROTO_UDP, 3, 8);
        add_udp();
        assert_int_equal(parse(), NFW_E_INVALID);
}

static void test_row_of_extension_headers(void **state) {
        (void)state;
        for (unsigned int n = 8; n <= 9; n++) {
                begin6(IPPROTO_DSTOPTS);
                for (unsigned int i = 0; i < n; i++)
                        add_header(i + 1 < n ? IPPROTO_DSTOPTS : IPPROTO_UDP, 0, 8);
                add_udp();
                assert_int_equal(parse(), n == 8 ? 0 : NFW_E_INVALID);
        }
}

static void test_fragments6(void **state) {
        (void)state;
        begin6(IPPROTO_FRAGMENT);
        add_header(IPPROTO_UDP, 0, 8);
        add_udp();
        /* An atomic fragment is a whole datagram. */
        assert_int_equal(parse(), 0);
        assert_false(packet.fragment);
        assert_int_equal(packet.destination_port, 53);

        bytes[43] = 1; /* more to come */
        assert_int_equal(parse(), 0);
        assert_true(packet.fragment);
        assert_int_equal(packet.protocol, IPPROTO_UDP);
        assert_null(packet.transport);

        bytes[43] = 8; /* not the first */
        assert_int_equal(parse(), 0);
        assert_true(packet.fragment);

        bytes[43] = 6; /* reserved bits say nothing */
        assert_int_equal(parse(), 0);
        assert_false(packet.fragment);
}

static void test_no_next_header(void **state) {
        (void)state;
        begin6(IPPROTO_NONE);
        assert_int_equal(parse(), 0);
        assert_int_equal(packet.protocol, IPPROTO_NONE);
        assert_int_equal(packet.transport_size, 0);

        begin6(IPPROTO_UDP);
        assert_int_equal(parse(), NFW_E_INVALID);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_udp4),
                cmocka_unit_test(test_tcp4),
                cmocka_unit_test(test_every_cut_is_invalid),
                cmocka_unit_test(test_wrong_lengths),
                cmocka_unit_test(test_fragments4),
                cmocka_unit_test(test_other_transport),
                cmocka_unit_test(test_udp6),
                cmocka_unit_test(test_extension_headers),
                cmocka_unit_test(test_row_of_extension_headers),
                cmocka_unit_test(test_fragments6),
                cmocka_unit_test(test_no_next_header),
                cmocka_unit_test(test_heads),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
