/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <stdio.h>

#include "build.h"
#include "dns/pending.h"

static struct build b;
static const struct nfw_dns_flow base_flow = {
        .protocol = IPPROTO_UDP,
        .guest = { AF_INET, { 10, 0, 0, 2 } },
        .server = { AF_INET, { 10, 0, 0, 1 } },
        .guest_port = 40000,
        .server_port = 53,
};

static struct nfw_dns_head message(unsigned int flags, unsigned int id, const char *name, unsigned int type) {
        struct nfw_dns_head parsed;

        build_header(&b, flags, 0);
        b.data[0] = (uint8_t)(id >> 8);
        b.data[1] = (uint8_t)id;
        build_question(&b, name, type);
        assert_int_equal(nfw_dns_head_parse(b.data, b.n, &parsed), 0);
        return parsed;
}

static void ask(struct nfw_dns_pending *p,
                const struct nfw_dns_flow *flow,
                unsigned int id,
                const char *name,
                uint64_t now) {
        struct nfw_dns_head query = message(0x0100, id, name, 1);

        assert_int_equal(nfw_dns_pending_add(p, flow, &query, now), 0);
}

static bool answer(struct nfw_dns_pending *p,
                   const struct nfw_dns_flow *flow,
                   unsigned int id,
                   const char *name,
                   unsigned int type,
                   uint64_t now) {
        struct nfw_dns_head reply = message(0x8180, id, name, type);
        struct nfw_dns_pending_question *question = nfw_dns_pending_find(p, flow, &reply, now);

        if (question)
                nfw_dns_pending_remove(p, question);
        return question;
}

static struct nfw_dns_pending *new_pending(size_t max) {
        struct nfw_dns_pending *p;

        assert_int_equal(nfw_dns_pending_new(max, 5000, &p), 0);
        return p;
}

static void test_one_answer(void **state) {
        struct nfw_dns_pending *p = new_pending(10);

        (void)state;
        ask(p, &base_flow, 1, "Example.COM", 0);
        assert_int_equal(nfw_dns_pending_size(p), 1);
        assert_true(answer(p, &base_flow, 1, "eXample.com", 1, 1));
        assert_int_equal(nfw_dns_pending_size(p), 0);
        assert_false(answer(p, &base_flow, 1, "example.com", 1, 1));
        assert_null(nfw_dns_pending_free(p));
        assert_null(nfw_dns_pending_free(NULL));
}

/* To look for a question is not to take it: what comes of the reply decides. */
static void test_found_and_kept(void **state) {
        struct nfw_dns_pending *p = new_pending(10);
        struct nfw_dns_head reply;

        (void)state;
        ask(p, &base_flow, 1, "a.test", 0);
        reply = message(0x8180, 1, "a.test", 1);
        assert_non_null(nfw_dns_pending_find(p, &base_flow, &reply, 0));
        assert_non_null(nfw_dns_pending_find(p, &base_flow, &reply, 0));
        assert_int_equal(nfw_dns_pending_size(p), 1);
        assert_true(answer(p, &base_flow, 1, "a.test", 1, 0));
        assert_null(nfw_dns_pending_find(p, &base_flow, &reply, 0));
        nfw_dns_pending_free(p);
}

static void test_everything_must_be_the_same(void **state) {
        struct nfw_dns_pending *p = new_pending(10);
        struct nfw_dns_head reply;
        struct nfw_dns_flow flow;

        (void)state;
        ask(p, &base_flow, 1, "example.com", 0);
        assert_false(answer(p, &base_flow, 2, "example.com", 1, 0));
        assert_false(answer(p, &base_flow, 1, "example.org", 1, 0));
        assert_false(answer(p, &base_flow, 1, "", 1, 0));
        assert_false(answer(p, &base_flow, 1, "example.com", 28, 0));

        reply = message(0x8180, 1, "example.com", 1);
        reply.question.class = 3;
        assert_null(nfw_dns_pending_find(p, &base_flow, &reply, 0));
        reply = message(0x0100, 1, "example.com", 1);
        assert_null(nfw_dns_pending_find(p, &base_flow, &reply, 0));

        flow = base_flow;
        flow.protocol = IPPROTO_TCP;
        assert_false(answer(p, &flow, 1, "example.com", 1, 0));
        flow = base_flow;
        flow.guest.bytes[3]++;
        assert_false(answer(p, &flow, 1, "example.com", 1, 0));
        flow = base_flow;
        flow.server.bytes[3]++;
        assert_false(answer(p, &flow, 1, "example.com", 1, 0));
        flow = base_flow;
        flow.server.family = AF_INET6;
        assert_false(answer(p, &flow, 1, "example.com", 1, 0));
        flow = base_flow;
        flow.guest_port++;
        assert_false(answer(p, &flow, 1, "example.com", 1, 0));
        flow = base_flow;
        flow.server_port++;
        assert_false(answer(p, &flow, 1, "example.com", 1, 0));

        assert_int_equal(nfw_dns_pending_size(p), 1);
        assert_true(answer(p, &base_flow, 1, "example.com", 1, 0));
        nfw_dns_pending_free(p);
}

static void test_same_id_other_question(void **state) {
        struct nfw_dns_pending *p = new_pending(10);

        (void)state;
        ask(p, &base_flow, 1, "a.test", 0);
        ask(p, &base_flow, 1, "b.test", 0);
        assert_int_equal(nfw_dns_pending_size(p), 2);
        assert_true(answer(p, &base_flow, 1, "a.test", 1, 0));
        assert_true(answer(p, &base_flow, 1, "b.test", 1, 0));
        nfw_dns_pending_free(p);
}

static void test_lifetime(void **state) {
        struct nfw_dns_pending *p = new_pending(10);

        (void)state;
        ask(p, &base_flow, 1, "a.test", 1000);
        ask(p, &base_flow, 2, "b.test", 1000);
        ask(p, &base_flow, 1, "a.test", 3000); /* sent again */
        assert_int_equal(nfw_dns_pending_size(p), 2);
        assert_false(answer(p, &base_flow, 2, "b.test", 1, 6000));
        assert_int_equal(nfw_dns_pending_size(p), 1);
        assert_true(answer(p, &base_flow, 1, "a.test", 1, 7999));
        ask(p, &base_flow, 3, "c.test", 8000);
        assert_true(answer(p, &base_flow, 3, "c.test", 1, 7990)); /* a clock that stepped back */
        nfw_dns_pending_free(p);
}

static void test_bound(void **state) {
        struct nfw_dns_pending *p = new_pending(100);
        char name[32];

        (void)state;
        for (unsigned int i = 0; i < 1000; i++) {
                snprintf(name, sizeof(name), "n%u.test", i);
                ask(p, &base_flow, i, name, 0);
                assert_true(nfw_dns_pending_size(p) <= 100);
        }
        assert_false(answer(p, &base_flow, 899, "n899.test", 1, 0));
        for (unsigned int i = 900; i < 1000; i++) {
                snprintf(name, sizeof(name), "n%u.test", i);
                assert_true(answer(p, &base_flow, i, name, 1, 0));
        }
        assert_int_equal(nfw_dns_pending_size(p), 0);
        nfw_dns_pending_free(p);
}

static void test_only_queries_are_kept(void **state) {
        struct nfw_dns_pending *p = new_pending(10);
        struct nfw_dns_head m;

        (void)state;
        m = message(0x8180, 1, "a.test", 1);
        assert_int_equal(nfw_dns_pending_add(p, &base_flow, &m, 0), 0);
        m = message(0x2800, 1, "a.test", 1);
        assert_int_equal(nfw_dns_pending_add(p, &base_flow, &m, 0), 0);
        assert_int_equal(nfw_dns_pending_size(p), 0);
        nfw_dns_pending_free(p);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_one_answer),
                cmocka_unit_test(test_found_and_kept),
                cmocka_unit_test(test_everything_must_be_the_same),
                cmocka_unit_test(test_same_id_other_question),
                cmocka_unit_test(test_lifetime),
                cmocka_unit_test(test_bound),
                cmocka_unit_test(test_only_queries_are_kept),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
