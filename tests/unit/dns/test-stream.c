/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "build.h"
#include "dns/stream.h"

#define GUEST  true
#define SERVER false

static const struct nfw_dns_flow base_flow = {
        .protocol = IPPROTO_TCP,
        .guest = { AF_INET, { 10, 0, 0, 2 } },
        .server = { AF_INET, { 10, 0, 0, 1 } },
        .guest_port = 40000,
        .server_port = 53,
};

/* The messages that came out, each behind its length: what the stream was made of, if all is right. */
static struct build got;

static int keep(const void *message, size_t size, void *userdata) {
        (void)userdata;
        build_u16(&got, (unsigned int)size);
        build_bytes(&got, message, size);
        return 0;
}

static int push(struct nfw_dns_streams *s,
                const struct nfw_dns_flow *flow,
                bool from_guest,
                uint8_t flags,
                uint32_t sequence,
                const void *data,
                size_t size) {
        struct nfw_packet segment = { .protocol = IPPROTO_TCP, .tcp_flags = flags, .tcp_sequence = sequence };
        uint8_t *copy = malloc(size > 0 ? size : 1);
        int r;

        /* From a copy, so that a sanitizer sees who keeps a pointer into it. */
        assert_non_null(copy);
        if (size > 0)
                memcpy(copy, data, size);
        segment.payload = copy;
        segment.payload_size = size;
        r = nfw_dns_streams_push(s, flow, from_guest, &segment, 0, keep, NULL);
        free(copy);
        return r;
}

static struct nfw_dns_streams *new_streams(size_t max_flows, size_t max_bytes) {
        struct nfw_dns_streams *s;

        assert_int_equal(nfw_dns_streams_new(max_flows, max_bytes, &s), 0);
        got.n = 0;
        return s;
}

static void handshake(struct nfw_dns_streams *s,
                      const struct nfw_dns_flow *flow,
                      uint32_t guest,
                      uint32_t server) {
        assert_int_equal(push(s, flow, GUEST, TH_SYN, guest, NULL, 0), 0);
        assert_int_equal(push(s, flow, SERVER, TH_SYN | TH_ACK, server, NULL, 0), 0);
        assert_int_equal(push(s, flow, GUEST, TH_ACK, guest + 1, NULL, 0), 0);
}

static void assert_got(const struct build *expected) {
        assert_int_equal(got.n, expected->n);
        assert_memory_equal(got.data, expected->data, expected->n);
}

/* Messages of the given sizes, filled with numbers. */
static void add_message(struct build *b, size_t size) {
        build_u16(b, (unsigned int)size);
        for (size_t i = 0; i < size; i++)
                build_u8(b, (unsigned int)(b->n * 7 + i) & 0xff);
}

static void test_one_segment(void **state) {
        struct nfw_dns_streams *s = new_streams(4, 1 << 20);
        static struct build sent;

        (void)state;
        sent.n = 0;
        add_message(&sent, 12);
        add_message(&sent, 100);
        handshake(s, &base_flow, 1000, 2000);
        assert_int_equal(nfw_dns_streams_n_flows(s), 1);
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 2001, sent.data, sent.n), 0);
        assert_got(&sent);
        assert_int_equal(nfw_dns_streams_n_bytes(s), 0);
        assert_null(nfw_dns_streams_free(s));
        assert_null(nfw_dns_streams_free(NULL));
}

static void test_octet_by_octet_across_the_wrap(void **state) {
        struct nfw_dns_streams *s = new_streams(4, 1 << 20);
        static struct build sent;

        (void)state;
        sent.n = 0;
        add_message(&sent, 300);
        add_message(&sent, 12);
        handshake(s, &base_flow, UINT32_MAX - 100, 0);
        for (size_t i = 0; i < sent.n; i++)
                assert_int_equal(
                        push(s, &base_flow, GUEST, TH_ACK, UINT32_MAX - 99 + (uint32_t)i, sent.data + i, 1),
                        0);
        assert_got(&sent);
        assert_int_equal(nfw_dns_streams_n_bytes(s), 0);
        nfw_dns_streams_free(s);
}

static void test_joined_in_the_middle(void **state) {
        struct nfw_dns_streams *s = new_streams(4, 1 << 20);
        static struct build sent;

        (void)state;
        sent.n = 0;
        add_message(&sent, 50);
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 1, sent.data, sent.n), 0);
        assert_int_equal(push(s, &base_flow, SERVER, TH_SYN | TH_ACK, 0, NULL, 0), 0);
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 1, sent.data, sent.n), 0);
        assert_int_equal(nfw_dns_streams_n_flows(s), 0);
        assert_int_equal(got.n, 0);

        /* The guest's side alone does not open the server's. */
        assert_int_equal(push(s, &base_flow, GUEST, TH_SYN, 0, NULL, 0), 0);
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 1, sent.data, sent.n), 0);
        assert_int_equal(got.n, 0);
        nfw_dns_streams_free(s);
}

static void test_gap_and_repetition(void **state) {
        struct nfw_dns_streams *s = new_streams(4, 1 << 20);
        static struct build sent;

        (void)state;
        sent.n = 0;
        add_message(&sent, 98);
        handshake(s, &base_flow, 0, 0);
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 1, sent.data, 20), 0);
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 41, sent.data + 40, 60), 0); /* too early */
        assert_int_equal(got.n, 0);
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 1, sent.data, 20), 0);       /* again */
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 11, sent.data + 10, 40), 0); /* overlaps */
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 50, "x", 1), 0); /* a probe: old, and other */
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 41, sent.data + 40, 60), 0);
        assert_got(&sent);
        nfw_dns_streams_free(s);
}

static void test_too_far_ahead_ends_the_flow(void **state) {
        struct nfw_dns_streams *s = new_streams(4, 1 << 20);
        static struct build sent;

        (void)state;
        sent.n = 0;
        add_message(&sent, 98);
        handshake(s, &base_flow, 0, 0);
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 1 + (1 << 20), sent.data, sent.n), 0);
        assert_int_equal(nfw_dns_streams_n_flows(s), 1);
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 2 + (1 << 20), sent.data, sent.n), 0);
        assert_int_equal(nfw_dns_streams_n_flows(s), 0);
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 1, sent.data, sent.n), 0);
        assert_int_equal(got.n, 0);
        nfw_dns_streams_free(s);
}

static void test_nonsense_ends_the_flow(void **state) {
        static const struct {
                bool from_guest;
                uint8_t flags;
        } cases[] = {
                { GUEST, TH_RST },
                { SERVER, TH_RST | TH_ACK },
                { GUEST, TH_SYN | TH_ACK },
                { SERVER, TH_SYN },
                { SERVER, TH_SYN | TH_ACK }, /* other numbers than before */
                { GUEST, TH_SYN | TH_FIN },
                { SERVER, TH_ACK | TH_URG },
                { SERVER, TH_ACK | TH_PUSH }, /* a length below a header's */
        };
        struct nfw_dns_streams *s = new_streams(4, 1 << 20);

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                handshake(s, &base_flow, 0, 0);
                assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 1, "\0\40abc", 5), 0);
                if (cases[i].flags & TH_PUSH)
                        handshake(s, &base_flow, 7, 5);
                assert_int_equal(nfw_dns_streams_n_flows(s), 1);
                assert_int_equal(push(s, &base_flow, cases[i].from_guest, cases[i].flags, 6, "\0\13", 2), 0);
                assert_int_equal(nfw_dns_streams_n_flows(s), 0);
                assert_int_equal(nfw_dns_streams_n_bytes(s), 0);
        }
        assert_int_equal(got.n, 0);
        nfw_dns_streams_free(s);
}

static void test_end(void **state) {
        struct nfw_dns_streams *s = new_streams(4, 1 << 20);
        static struct build sent;

        (void)state;
        sent.n = 0;
        add_message(&sent, 30);
        handshake(s, &base_flow, 0, 0);
        /* The guest says that it is done before the answer comes; a FIN that comes too early does not count. */
        assert_int_equal(push(s, &base_flow, GUEST, TH_FIN | TH_ACK, 1, NULL, 0), 0);
        assert_int_equal(push(s, &base_flow, SERVER, TH_FIN | TH_ACK, 33, NULL, 0), 0);
        assert_int_equal(push(s, &base_flow, GUEST, TH_ACK, 2, sent.data, sent.n), 0);
        assert_int_equal(got.n, 0);
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 1, sent.data, sent.n), 0);
        assert_int_equal(nfw_dns_streams_n_flows(s), 1);
        assert_int_equal(push(s, &base_flow, SERVER, TH_FIN | TH_ACK, 33, NULL, 0), 0);
        assert_got(&sent);
        assert_int_equal(nfw_dns_streams_n_flows(s), 0);
        nfw_dns_streams_free(s);
}

static void test_end_with_the_last_octets(void **state) {
        struct nfw_dns_streams *s = new_streams(4, 1 << 20);
        static struct build sent;

        (void)state;
        sent.n = 0;
        add_message(&sent, 30);
        handshake(s, &base_flow, 0, 0);
        assert_int_equal(push(s, &base_flow, GUEST, TH_FIN | TH_ACK, 1, sent.data, 14), 0);
        assert_int_equal(nfw_dns_streams_n_bytes(s), 0);
        assert_int_equal(push(s, &base_flow, SERVER, TH_FIN | TH_ACK, 1, sent.data, sent.n), 0);
        assert_got(&sent);
        assert_int_equal(nfw_dns_streams_n_flows(s), 0);
        nfw_dns_streams_free(s);
}

static void test_syn_again(void **state) {
        struct nfw_dns_streams *s = new_streams(4, 1 << 20);
        static struct build sent;

        (void)state;
        sent.n = 0;
        add_message(&sent, 30);
        handshake(s, &base_flow, 100, 200);
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 201, sent.data, 10), 0);
        /* The same SYN changes nothing, ... */
        assert_int_equal(push(s, &base_flow, GUEST, TH_SYN, 100, NULL, 0), 0);
        assert_int_equal(push(s, &base_flow, SERVER, TH_SYN | TH_ACK, 200, NULL, 0), 0);
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 211, sent.data + 10, sent.n - 10), 0);
        assert_got(&sent);
        /* ... another one begins anew. */
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 201 + (uint32_t)sent.n, sent.data, 10), 0);
        got.n = 0;
        handshake(s, &base_flow, 5000, 6000);
        assert_int_equal(nfw_dns_streams_n_bytes(s), 0);
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 6001, sent.data, sent.n), 0);
        assert_got(&sent);
        nfw_dns_streams_free(s);
}

static void test_data_in_the_syn(void **state) {
        struct nfw_dns_streams *s = new_streams(4, 1 << 20);
        static struct build sent;

        (void)state;
        sent.n = 0;
        add_message(&sent, 30);
        assert_int_equal(push(s, &base_flow, GUEST, TH_SYN, 0, sent.data, 12), 0);
        assert_int_equal(push(s, &base_flow, GUEST, TH_ACK, 1, sent.data, sent.n), 0);
        assert_got(&sent);
        nfw_dns_streams_free(s);
}

static void test_memory_is_bounded(void **state) {
        struct nfw_dns_streams *s = new_streams(100, 65536);
        struct nfw_dns_flow flow = base_flow;
        static uint8_t part[1000] = { 0xff, 0xff };

        (void)state;
        for (unsigned int i = 0; i < 1000; i++) {
                flow.guest_port = (uint16_t)i;
                handshake(s, &flow, i, i * 3);
                assert_int_equal(push(s, &flow, SERVER, TH_ACK, i * 3 + 1, part, sizeof(part)), 0);
                assert_int_equal(push(s, &flow, GUEST, TH_ACK, i + 1, part, 3), 0);
                assert_true(nfw_dns_streams_n_flows(s) <= 100);
                assert_true(nfw_dns_streams_n_bytes(s) <= 65536);
        }
        assert_true(nfw_dns_streams_n_flows(s) > 10);
        assert_true(nfw_dns_streams_n_bytes(s) > 0);

        /* A length alone costs next to nothing. */
        nfw_dns_streams_free(s);
        s = new_streams(100, 65536);
        handshake(s, &base_flow, 0, 0);
        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 1, part, 3), 0);
        assert_true(nfw_dns_streams_n_bytes(s) < 64);
        nfw_dns_streams_free(s);
}

static void test_largest_message(void **state) {
        struct nfw_dns_streams *s = new_streams(2, 65535);
        static struct build sent;

        (void)state;
        sent.n = 0;
        add_message(&sent, 65535);
        handshake(s, &base_flow, 0, 0);
        for (size_t i = 0; i < sent.n; i += 1460) {
                size_t n = sent.n - i < 1460 ? sent.n - i : 1460;

                assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, 1 + (uint32_t)i, sent.data + i, n), 0);
        }
        assert_got(&sent);
        assert_int_equal(nfw_dns_streams_n_bytes(s), 0);
        nfw_dns_streams_free(s);
}

static int refuse(const void *message, size_t size, void *userdata) {
        (void)message;
        (void)size;
        (void)userdata;
        return -5;
}

static void test_error_of_the_callback(void **state) {
        struct nfw_dns_streams *s = new_streams(4, 1 << 20);
        struct nfw_packet segment = { .tcp_flags = TH_ACK, .tcp_sequence = 1 };
        static struct build sent;

        (void)state;
        sent.n = 0;
        add_message(&sent, 30);
        handshake(s, &base_flow, 0, 0);
        segment.payload = sent.data;
        segment.payload_size = sent.n;
        assert_int_equal(nfw_dns_streams_push(s, &base_flow, SERVER, &segment, 0, refuse, NULL), -5);
        nfw_dns_streams_free(s);
}

static void test_idle_flows_are_forgotten(void **state) {
        struct nfw_dns_streams *s = new_streams(4, 1 << 20);
        struct nfw_packet segment = { .tcp_flags = TH_SYN };
        struct nfw_dns_flow flow = base_flow;

        (void)state;
        handshake(s, &base_flow, 0, 0);
        flow.guest_port++;
        assert_int_equal(nfw_dns_streams_push(s, &flow, GUEST, &segment, 3600 * 1000, keep, NULL), 0);
        assert_int_equal(nfw_dns_streams_n_flows(s), 1);
        nfw_dns_streams_free(s);
}

/* Random messages cut at random, with repetitions, overlaps and segments that come too early and again. */
static void test_random_segments(void **state) {
        unsigned int seed = (unsigned int)time(NULL);
        static struct build sent;

        (void)state;
        print_message("seed %u\n", seed);
        srandom(seed);

        for (int round = 0; round < 300; round++) {
                struct nfw_dns_streams *s = new_streams(2, 1 << 18);
                uint32_t first = (uint32_t)random() * 2 + 1;
                size_t done = 0;

                sent.n = 0;
                for (long n = random() % 6; n >= 0; n--)
                        add_message(&sent, 12 + (size_t)random() % (random() % 4 ? 600 : 9000));
                handshake(s, &base_flow, 17, first - 1);

                while (done < sent.n) {
                        /* Mostly at the edge, else before or beyond it. */
                        size_t from = random() % 3 ? done : (size_t)random() % sent.n;
                        size_t n = 1 + (size_t)random() % 1460;

                        if (n > sent.n - from)
                                n = sent.n - from;
                        assert_int_equal(push(s, &base_flow, SERVER, TH_ACK, first + (uint32_t)from,
                                              sent.data + from, n),
                                         0);
                        if (from <= done && from + n > done)
                                done = from + n;
                }
                if (got.n != sent.n || memcmp(got.data, sent.data, sent.n))
                        fail_msg("seed %u, round %d", seed, round);
                assert_int_equal(nfw_dns_streams_n_bytes(s), 0);
                nfw_dns_streams_free(s);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_one_segment),
                cmocka_unit_test(test_octet_by_octet_across_the_wrap),
                cmocka_unit_test(test_joined_in_the_middle),
                cmocka_unit_test(test_gap_and_repetition),
                cmocka_unit_test(test_too_far_ahead_ends_the_flow),
                cmocka_unit_test(test_nonsense_ends_the_flow),
                cmocka_unit_test(test_end),
                cmocka_unit_test(test_end_with_the_last_octets),
                cmocka_unit_test(test_syn_again),
                cmocka_unit_test(test_data_in_the_syn),
                cmocka_unit_test(test_memory_is_bounded),
                cmocka_unit_test(test_largest_message),
                cmocka_unit_test(test_error_of_the_callback),
                cmocka_unit_test(test_idle_flows_are_forgotten),
                cmocka_unit_test(test_random_segments),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
