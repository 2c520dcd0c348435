/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include <nfwpolicy/nfwpolicy.h>

#include "build.h"
#include "dns/wire.h"

static struct build b;
static struct nfw_dns_answer answer;

static int collect(void) {
        struct nfw_dns_message message;

        assert_int_equal(nfw_dns_message_parse(b.data, b.n, &message), 0);
        return nfw_dns_answer_collect(&message, &answer);
}

static void assert_address(size_t index, const char *text) {
        char buffer[NFW_ADDR_TEXT_MAX];

        assert_true(index < answer.n_addresses);
        assert_string_equal(nfw_addr_format(answer.addresses + index, buffer), text);
}

static void test_direct(void **state) {
        (void)state;
        build_reply(&b, "M.example.com", 1, 3);
        build_a(&b, NULL, 300, 0xc0000201);
        build_a(&b, "m.EXAMPLE.com", 120, 0xc0000202);
        build_a(&b, NULL, 300, 0xc0000201);
        assert_int_equal(collect(), 0);
        assert_int_equal(answer.n_chain, 1);
        assert_string_equal(answer.chain[0].text, "m.example.com");
        assert_int_equal(answer.n_addresses, 2);
        assert_address(0, "192.0.2.1");
        assert_address(1, "192.0.2.2");
        assert_int_equal(answer.n_dropped, 0);
        assert_int_equal(answer.ttl, 120);
}

static void test_what_is_no_answer(void **state) {
        static const unsigned int flags[] = { 0x0100, 0x8181, 0x8183, 0x8185, 0x8380, 0xa980, 0xa180 };

        (void)state;
        for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
                build_header(&b, flags[i], 1);
                build_question(&b, "example.com", 1);
                build_a(&b, NULL, 60, 0xc0000201);
                assert_int_equal(collect(), NFW_E_INVALID);
        }

        build_reply(&b, "example.com", 1, 1);
        b.data[b.n - 1] = 3;
        build_a(&b, NULL, 60, 0xc0000201);
        assert_int_equal(collect(), NFW_E_INVALID);
}

static void test_extended_rcode_is_no_answer(void **state) {
        (void)state;
        build_reply(&b, "example.com", 1, 1);
        build_a(&b, NULL, 60, 0xc0000201);
        b.data[11] = 1;
        build_u8(&b, 0);
        build_u16(&b, 41);
        build_u16(&b, 1232);
        build_u32(&b, 0x01000000);
        build_u16(&b, 0);
        assert_int_equal(collect(), NFW_E_INVALID);
}

static void test_other_owners_sections_and_classes(void **state) {
        (void)state;
        build_reply(&b, "example.com", 1, 4);
        build_a(&b, "other.test", 60, 0xcb007101);
        build_a(&b, "www.example.com", 60, 0xcb007102);
        build_a(&b, "com", 60, 0xcb007103);
        build_a(&b, NULL, 60, 0xcb007104);
        b.data[b.n - 11] = 3; /* class CH */
        b.data[9] = b.data[11] = 1;
        build_a(&b, NULL, 60, 0xcb007105);
        build_a(&b, NULL, 60, 0xcb007106);
        assert_int_equal(collect(), 0);
        assert_int_equal(answer.n_addresses, 0);
        assert_int_equal(answer.ttl, 0);
}

static void test_chain_in_any_order(void **state) {
        (void)state;
        build_reply(&b, "www.example.com", 1, 5);
        build_a(&b, "c.example.net", 500, 0xc0000203);
        build_cname(&b, "b.example.net", 300, "C.example.net");
        build_a(&b, "b.example.net", 600, 0xc0000202);
        build_cname(&b, "WWW.example.com", 400, "b.Example.net");
        build_cname(&b, "x.example.net", 1, "c.example.net");
        assert_int_equal(collect(), 0);
        assert_int_equal(answer.n_chain, 3);
        assert_string_equal(answer.chain[0].text, "www.example.com");
        assert_string_equal(answer.chain[1].text, "b.example.net");
        assert_string_equal(answer.chain[2].text, "c.example.net");
        assert_int_equal(answer.n_addresses, 2);
        assert_address(0, "192.0.2.3");
        assert_address(1, "192.0.2.2");
        assert_int_equal(answer.ttl, 300);
}

static void test_compressed_chain(void **state) {
        size_t begin, target;

        (void)state;
        build_reply(&b, "www.example.com", 1, 3);
        build_pointer(&b, BUILD_QNAME);
        begin = build_rdata_begin(&b, 5, 60);
        target = b.n;
        build_labels(&b, "cdn");
        build_pointer(&b, BUILD_QNAME + 4);
        build_rdata_end(&b, begin);
        for (uint32_t i = 1; i <= 2; i++) {
                build_pointer(&b, target);
                begin = build_rdata_begin(&b, 1, 90);
                build_u32(&b, 0xc0000200 + i);
                build_rdata_end(&b, begin);
        }
        assert_int_equal(collect(), 0);
        assert_int_equal(answer.n_chain, 2);
        assert_string_equal(answer.chain[1].text, "cdn.example.com");
        assert_int_equal(answer.n_addresses, 2);
        assert_int_equal(answer.ttl, 60);
}

static void test_loops_end(void **state) {
        (void)state;
        build_reply(&b, "a.test", 1, 4);
        build_cname(&b, "a.test", 60, "b.test");
        build_cname(&b, "b.test", 60, "c.test");
        build_cname(&b, "c.test", 60, "a.test");
        build_a(&b, "c.test", 60, 0xc0000201);
        assert_int_equal(collect(), 0);
        assert_int_equal(answer.n_chain, 3);
        assert_int_equal(answer.n_addresses, 1);

        build_reply(&b, "a.test", 1, 1);
        build_cname(&b, "a.test", 60, "a.test");
        assert_int_equal(collect(), 0);
        assert_int_equal(answer.n_chain, 1);
}

static void test_first_alias_of_an_owner_counts(void **state) {
        (void)state;
        build_reply(&b, "a.test", 1, 4);
        build_cname(&b, "a.test", 60, "b.test");
        build_cname(&b, "a.test", 60, "c.test");
        build_a(&b, "b.test", 60, 0xc0000201);
        build_a(&b, "c.test", 60, 0xc0000202);
        assert_int_equal(collect(), 0);
        assert_int_equal(answer.n_chain, 2);
        assert_int_equal(answer.n_addresses, 1);
        assert_address(0, "192.0.2.1");
}

static void test_alias_that_is_not_text_ends_the_chain(void **state) {
        (void)state;
        build_reply(&b, "a.test", 1, 3);
        build_cname(&b, "a.test", 60, "b c.test");
        build_cname(&b, "b c.test", 60, "d.test");
        build_a(&b, "d.test", 60, 0xc0000201);
        assert_int_equal(collect(), 0);
        assert_int_equal(answer.n_chain, 1);
        assert_int_equal(answer.n_addresses, 0);
}

static void test_long_chain_is_cut(void **state) {
        char owner[16], target[16];

        (void)state;
        build_reply(&b, "n0.test", 1, 41);
        for (int i = 19; i >= 0; i--) {
                snprintf(owner, sizeof(owner), "n%d.test", i);
                snprintf(target, sizeof(target), "n%d.test", i + 1);
                build_cname(&b, owner, 60, target);
        }
        for (uint32_t i = 0; i <= 20; i++) {
                snprintf(owner, sizeof(owner), "n%u.test", i);
                build_a(&b, owner, 60, 0xc0000200 + i);
        }
        assert_int_equal(collect(), 0);
        assert_int_equal(answer.n_chain, NFW_DNS_MAX_CHAIN);
        assert_string_equal(answer.chain[15].text, "n15.test");
        assert_int_equal(answer.n_addresses, NFW_DNS_MAX_CHAIN);
}

static void test_ttl_with_the_top_bit(void **state) {
        (void)state;
        build_reply(&b, "a.test", 1, 1);
        build_a(&b, NULL, 0x80000000, 0xc0000201);
        assert_int_equal(collect(), 0);
        assert_int_equal(answer.n_addresses, 1);
        assert_int_equal(answer.ttl, 0);

        build_reply(&b, "a.test", 1, 1);
        build_a(&b, NULL, 0x7fffffff, 0xc0000201);
        assert_int_equal(collect(), 0);
        assert_int_equal(answer.ttl, 0x7fffffff);
}

static void build_https(unsigned int type, uint32_t ttl, unsigned int priority) {
        static const uint8_t hints[] = "\0\1\0\3\2h2" /* alpn */
                                       "\0\4\0\10\300\0\2\1\300\0\2\2"
                                       "\0\6\0\20\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1";
        size_t begin;

        build_pointer(&b, BUILD_QNAME);
        begin = build_rdata_begin(&b, type, ttl);
        build_u16(&b, priority);
        build_name(&b, "svc.example.net");
        build_bytes(&b, hints, sizeof(hints) - 1);
        build_rdata_end(&b, begin);
}

static void test_hints(void **state) {
        (void)state;
        for (unsigned int type = 64; type <= 65; type++) {
                build_reply(&b, "example.com", type, 3);
                build_https(type, 77, 1);
                build_https(type, 5, 0); /* AliasMode: says nothing of addresses */
                build_a(&b, "svc.example.net", 3, 0xc0000209);
                assert_int_equal(collect(), 0);
                assert_int_equal(answer.n_addresses, 3);
                assert_address(0, "192.0.2.1");
                assert_address(1, "192.0.2.2");
                assert_address(2, "2001:db8::1");
                assert_int_equal(answer.ttl, 77);
        }
}

static void test_many_addresses(void **state) {
        (void)state;
        build_reply(&b, "a.test", 1, 400);
        for (uint32_t i = 0; i < 400; i++)
                build_a(&b, NULL, i < 300 ? 60 : 50, 0xc6120000 + i);
        assert_int_equal(collect(), 0);
        assert_int_equal(answer.n_addresses, NFW_DNS_MAX_ADDRESSES);
        assert_int_equal(answer.n_dropped, 400 - NFW_DNS_MAX_ADDRESSES);
        assert_int_equal(answer.ttl, 50);

        /* The same one again and again is one, and nothing is dropped. */
        build_reply(&b, "a.test", 1, 400);
        for (uint32_t i = 0; i < 400; i++)
                build_a(&b, NULL, 60, 0xc6120000);
        assert_int_equal(collect(), 0);
        assert_int_equal(answer.n_addresses, 1);
        assert_int_equal(answer.n_dropped, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_direct),
                cmocka_unit_test(test_what_is_no_answer),
                cmocka_unit_test(test_extended_rcode_is_no_answer),
                cmocka_unit_test(test_other_owners_sections_and_classes),
                cmocka_unit_test(test_chain_in_any_order),
                cmocka_unit_test(test_compressed_chain),
                cmocka_unit_test(test_loops_end),
                cmocka_unit_test(test_first_alias_of_an_owner_counts),
                cmocka_unit_test(test_alias_that_is_not_text_ends_the_chain),
                cmocka_unit_test(test_long_chain_is_cut),
                cmocka_unit_test(test_ttl_with_the_top_bit),
                cmocka_unit_test(test_hints),
                cmocka_unit_test(test_many_addresses),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
