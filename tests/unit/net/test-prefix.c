/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"
#include "net/prefix.h"

static void test_parse(void **state nfw_unused) {
        static const struct {
                const char *text, *addr;
                uint8_t length;
                bool host_bits;
        } cases[] = {
                { "10.0.0.1", "10.0.0.1", 32, false },
                { "10.0.0.0/8", "10.0.0.0", 8, false },
                { "10.1.2.3/8", "10.0.0.0", 8, true },
                { "10.1.2.3/32", "10.1.2.3", 32, false },
                { "0.0.0.0/0", "0.0.0.0", 0, false },
                { "255.255.255.255/0", "0.0.0.0", 0, true },
                { "172.31.255.1/12", "172.16.0.0", 12, true },
                { "192.0.2.129/25", "192.0.2.128", 25, true },
                { "::/0", "::", 0, false },
                { "fd00::1", "fd00::1", 128, false },
                { "2001:db8::1/64", "2001:db8::", 64, true },
                { "2001:db8:0:ff::/57", "2001:db8:0:80::", 57, true },
                { "fd00:ec2::254/128", "fd00:ec2::254", 128, false },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                char buffer[NFW_ADDR_TEXT_MAX];
                struct nfw_prefix prefix;
                const char *reason = NULL;
                bool host_bits;

                assert_int_equal(nfw_prefix_parse(cases[i].text, &prefix, &host_bits, &reason), 0);
                assert_string_equal(nfw_addr_format(&prefix.addr, buffer), cases[i].addr);
                assert_int_equal(prefix.length, cases[i].length);
                assert_int_equal(host_bits, cases[i].host_bits);
        }
}

static void test_refused(void **state nfw_unused) {
        static const struct {
                const char *text, *reason; /* a part of it */
        } cases[] = {
                { "", "empty" },
                { "/8", "empty" },
                { "10.0/8", "neither" },
                { "10.0.0.0/", "0 to 32" },
                { "10.0.0.0/33", "0 to 32" },
                { "10.0.0.0/08", "0 to 32" },
                { "10.0.0.0/+8", "0 to 32" },
                { "10.0.0.0/ 8", "0 to 32" },
                { "10.0.0.0/8 ", "0 to 32" },
                { "10.0.0.0/8/8", "0 to 32" },
                { "10.0.0.0/4294967304", "0 to 32" },
                { "10.0.0.0/255.0.0.0", "0 to 32" },
                { "::/129", "0 to 128" },
                { "fe80::1%eth0", "zone" },
                { "fe80::%1/64", "zone" },
                { "10.0.0.1-10.0.0.9", "ranges" },
                { "example.com", "neither" },
                { "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa", "neither" },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                struct nfw_prefix prefix;
                const char *reason = NULL;
                bool host_bits;

                assert_int_equal(nfw_prefix_parse(cases[i].text, &prefix, &host_bits, &reason),
                                 NFW_E_INVALID);
                assert_non_null(reason);
                if (!strstr(reason, cases[i].reason))
                        fail_msg("%s: %s", cases[i].text, reason);
        }
}

static void test_broadcast(void **state nfw_unused) {
        static const struct {
                const char *address;
                uint8_t length;
                const char *addr;
                bool is_broadcast;
        } cases[] = {
                { "192.0.2.17", 24, "192.0.2.255", true },   { "192.0.2.17", 24, "192.0.2.0", true },
                { "192.0.2.17", 24, "192.0.2.17", false },   { "192.0.2.17", 24, "192.0.2.254", false },
                { "192.0.2.17", 24, "192.0.3.255", false },  { "192.0.2.17", 28, "192.0.2.31", true },
                { "192.0.2.17", 28, "192.0.2.16", true },    { "192.0.2.17", 28, "192.0.2.255", false },
                { "192.0.2.17", 30, "192.0.2.19", true },    { "192.0.2.17", 30, "192.0.2.16", true },
                { "192.0.2.17", 31, "192.0.2.16", false },   { "192.0.2.17", 32, "192.0.2.17", false },
                { "10.1.2.3", 8, "10.255.255.255", true },   { "10.1.2.3", 0, "255.255.255.255", true },
                { "10.1.2.3", 0, "10.1.2.4", false },        { "2001:db8::1", 24, "192.0.2.255", false },
                { "192.0.2.17", 24, "::192.0.2.255", false }
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                struct nfw_prefix address = { .length = cases[i].length };
                struct nfw_addr addr;

                assert_int_equal(nfw_addr_parse(cases[i].address, &address.addr), 0);
                assert_int_equal(nfw_addr_parse(cases[i].addr, &addr), 0);
                if (nfw_prefix_is_broadcast(&address, &addr) != cases[i].is_broadcast)
                        fail_msg("%s/%d: %s", cases[i].address, cases[i].length, cases[i].addr);
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_broadcast),
        };

        return cmocka_run_group_tests_name("net/prefix", tests, NULL, NULL);
}
