/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"
#include "net/addr.h"

static void test_parse_and_format(void **state nfw_unused) {
        static const struct {
                const char *text, *formatted;
                uint8_t family;
        } cases[] = {
                { "192.0.2.1", "192.0.2.1", AF_INET },
                { "0.0.0.0", "0.0.0.0", AF_INET },
                { "255.255.255.255", "255.255.255.255", AF_INET },
                { "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1", AF_INET6 },
                { "::", "::", AF_INET6 },
                { "::ffff:192.0.2.1", "::ffff:192.0.2.1", AF_INET6 },
                { "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                  AF_INET6 },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                char buffer[NFW_ADDR_TEXT_MAX];
                struct nfw_addr addr;

                assert_int_equal(nfw_addr_parse(cases[i].text, &addr), 0);
                assert_int_equal(addr.family, cases[i].family);
                assert_string_equal(nfw_addr_format(&addr, buffer), cases[i].formatted);
        }
}

static void test_refused(void **state nfw_unused) {
        static const char *const cases[] = {
                "",
                " ",
                "10",
                "10.0",
                "10.0.0",
                "10.0.0.0.0",
                "10.0.0.256",
                "010.0.0.1",
                "0x0a.0.0.1",
                "10.0.0.1 ",
                " 10.0.0.1",
                "10.0.0.-1",
                "fe80::1%lo",
                ":::",
                "1::2::3",
                "12345::",
                "::10.0.0",
                "[::1]",
                "::1/128",
                "10.0.0.1/32",
                "localhost",
                "2001:db8::g",
                "1:2:3:4:5:6:7:8:9",
        };
        struct nfw_addr addr = { .family = 99 };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++)
                assert_int_equal(nfw_addr_parse(cases[i], &addr), NFW_E_INVALID);
        assert_int_equal(addr.family, 99);
}

/* As inet_pton() reads it, or fails to. */
static void assert_as_inet_pton(const char *text) {
        uint8_t family = strchr(text, ':') ? AF_INET6 : AF_INET, bytes[16] = { 0 };
        int r = inet_pton(family, text, bytes) == 1 ? 0 : NFW_E_INVALID;
        struct nfw_addr addr = { .family = 99 };

        if (nfw_addr_parse(text, &addr) != r)
                fail_msg("`%s` must %sbe an address", text, r == 0 ? "" : "not ");
        assert_int_equal(addr.family, r == 0 ? family : 99);
        if (r == 0)
                assert_memory_equal(addr.bytes, bytes, sizeof(bytes));
}

/* What follows is whoever calls it to judge. */
static void test_parse_v4(void **state nfw_unused) {
        struct nfw_addr addr = { .family = 99 };

        assert_int_equal(nfw_addr_parse_v4("192.0.2.1", &addr), 9);
        assert_int_equal(addr.family, AF_INET);
        assert_int_equal(nfw_addr_parse_v4("192.0.2.17/24", &addr), 10);
        assert_memory_equal(addr.bytes, "\xc0\x00\x02\x11\0\0\0\0\0\0\0\0\0\0\0\0", 16);
        assert_int_equal(nfw_addr_parse_v4("192.0.2.17.1", &addr), 10);
        assert_int_equal(nfw_addr_parse_v4("192.0.2.256/24", &addr), 0);
        assert_int_equal(nfw_addr_parse_v4("192.0.2", &addr), 0);
        assert_int_equal(nfw_addr_parse_v4("", &addr), 0);
        assert_int_equal(addr.bytes[3], 17);
}

static void test_as_inet_pton(void **state nfw_unused) {
        static const char *const octets[] = { "0",   "9",   "10",  "99",  "100", "199", "249",       "255",
                                              "256", "260", "300", "999", "00",  "01",  "0255",      "1000",
                                              "",    "-1",  "+1",  " 1",  "1 ",  "a",   "4294967296" };
        static const char characters[] = "0123456789..../: afx%+-";
        uint32_t random = 1;
        char text[32];

        /* Each of them at each place, and every count of octets. */
        for (size_t i = 0; i < NFW_ARRAY_SIZE(octets); i++)
                for (unsigned int place = 0; place < 4; place++)
                        for (unsigned int n = 1; n <= 5; n++) {
                                text[0] = '\0';
                                for (unsigned int j = 0; j < n; j++) {
                                        strcat(text, j > 0 ? "." : "");
                                        strcat(text, j == place ? octets[i] : "7");
                                }
                                assert_as_inet_pton(text);
                        }

        /* An address with up to two characters changed, inserted or left out. */
        for (size_t i = 0; i < 200000; i++) {
                (void)snprintf(text, sizeof(text), "%zu.%zu.%zu.%zu", i & 255, i >> 3 & 255, i >> 6 & 255,
                               i >> 9);
                for (size_t n = i % 3; n > 0; n--) {
                        size_t size = strlen(text), place;
                        char c;

                        random = random * 1664525 + 1013904223;
                        place = (random >> 8) % (size + 1);
                        c = characters[(random >> 16) % (sizeof(characters) - 1)];
                        if (random >> 30 == 0 && place < size)
                                memmove(text + place, text + place + 1, size - place);
                        else if (random >> 30 == 1 && place < size)
                                text[place] = c;
                        else {
                                memmove(text + place + 1, text + place, size - place + 1);
                                text[place] = c;
                        }
                }
                assert_as_inet_pton(text);
        }
}

static void test_special(void **state nfw_unused) {
        static const struct {
                const char *text;
                bool special;
        } cases[] = {
                { "0.0.0.0", true },
                { "0.1.2.3", true },
                { "127.0.0.1", true },
                { "127.255.255.254", true },
                { "126.255.255.255", false },
                { "128.0.0.0", false },
                { "169.254.169.254", true },
                { "169.253.255.255", false },
                { "169.255.0.0", false },
                { "224.0.0.1", true },
                { "239.255.255.255", true },
                { "223.255.255.255", false },
                { "240.0.0.1", false },
                { "255.255.255.255", true },
                { "255.255.255.254", false },
                { "10.0.0.1", false },
                { "192.0.2.1", false },
                { "::", true },
                { "::1", true },
                { "::2", true }, /* 0.0.0.2 as an IPv4-compatible address */
                { "fe80::1", true },
                { "febf:ffff::", true },
                { "fec0::1", false },
                { "fe7f::1", false },
                { "ff02::1", true },
                { "feff::1", false },
                { "fd00:ec2::254", false },
                { "2001:db8::1", false },
                { "::ffff:127.0.0.1", true },
                { "::ffff:169.254.169.254", true },
                { "::ffff:192.0.2.1", false },
                { "::127.0.0.1", true },
                { "64:ff9b::169.254.169.254", true },
                { "64:ff9b::192.0.2.1", false },
                { "64:ff9b:0:0:1::7f00:1", false },
                { "2002:7f00:1::1", true },
                { "2002:a9fe:a9fe::1", true },
                { "2002:c000:201::1", false },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                struct nfw_addr addr;

                assert_int_equal(nfw_addr_parse(cases[i].text, &addr), 0);
                if (nfw_addr_is_special(&addr) != cases[i].special)
                        fail_msg("%s must %sbe special", cases[i].text, cases[i].special ? "" : "not ");
        }
        assert_true(nfw_addr_is_special(&(struct nfw_addr){ 0 }));
}

static void test_embedded(void **state nfw_unused) {
        static const struct {
                const char *text, *embedded;
        } cases[] = {
                { "::ffff:192.0.2.1", "192.0.2.1" },
                { "::192.0.2.1", "192.0.2.1" },
                { "64:ff9b::192.0.2.1", "192.0.2.1" },
                { "2002:c000:201:1::8", "192.0.2.1" },
                { "64:ff9b:1::192.0.2.1", NULL },
                { "2001:db8::192.0.2.1", NULL },
                { "192.0.2.1", NULL },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                struct nfw_addr addr, embedded;
                char buffer[NFW_ADDR_TEXT_MAX];

                assert_int_equal(nfw_addr_parse(cases[i].text, &addr), 0);
                assert_int_equal(nfw_addr_embedded(&addr, &embedded), cases[i].embedded != NULL);
                if (cases[i].embedded)
                        assert_string_equal(nfw_addr_format(&embedded, buffer), cases[i].embedded);
        }
}

static void test_bytes_and_equal(void **state nfw_unused) {
        static const uint8_t bytes[16] = { 192, 0, 2, 1, 0xee };
        struct nfw_addr v4, v6, parsed;

        nfw_addr_from_bytes(AF_INET, bytes, &v4);
        nfw_addr_from_bytes(AF_INET6, bytes, &v6);
        assert_int_equal(v4.bytes[4], 0);
        assert_int_equal(v6.bytes[4], 0xee);
        assert_false(nfw_addr_equal(&v4, &v6));
        assert_int_equal(nfw_addr_parse("192.0.2.1", &parsed), 0);
        assert_true(nfw_addr_equal(&v4, &parsed));
        assert_int_equal(nfw_addr_size(AF_INET), 4);
        assert_int_equal(nfw_addr_size(AF_INET6), 16);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse_and_format), cmocka_unit_test(test_refused),
                cmocka_unit_test(test_parse_v4),         cmocka_unit_test(test_as_inet_pton),
                cmocka_unit_test(test_special),          cmocka_unit_test(test_embedded),
                cmocka_unit_test(test_bytes_and_equal),
        };

        return cmocka_run_group_tests_name("net/addr", tests, NULL, NULL);
}
