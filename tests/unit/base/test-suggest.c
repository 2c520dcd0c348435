/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/suggest.h"

static const char *const words[] = { "protocols", "domains", "ips", "ports" };

static void test_suggests(void **state nfw_unused) {
        static const struct {
                const char *written, *suggested;
        } cases[] = {
                { "domain", "domains" }, { "domians", "domains" }, /* two letters swapped are one mistake */
                { "ip", "ips" },         { "port", "ports" },         { "protocol", "protocols" },
                { "Ports", "ports" },    { "DOMAINS", "domains" },    { "ports", "ports" },
                { "prots", "ports" },    { "protcols", "protocols" },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                const char *suggestion = nfw_suggest(cases[i].written, words, NFW_ARRAY_SIZE(words));

                assert_non_null(suggestion);
                assert_string_equal(suggestion, cases[i].suggested);
        }
}

static void test_nothing_is_near(void **state nfw_unused) {
        static const char *const cases[] = { "", "x", "cidr", "hosts-and-names", "dom", "zzz" };
        char long_word[1000];

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++)
                assert_null(nfw_suggest(cases[i], words, NFW_ARRAY_SIZE(words)));

        memset(long_word, 'd', sizeof(long_word) - 1);
        long_word[sizeof(long_word) - 1] = '\0';
        assert_null(nfw_suggest(long_word, words, NFW_ARRAY_SIZE(words)));
        assert_null(nfw_suggest("ports", NULL, 0));
}

static void test_the_nearest_wins(void **state nfw_unused) {
        static const char *const interfaces[] = { "vnet10", "vnet1", "vnet2" };

        assert_string_equal(nfw_suggest("vnet1", interfaces, NFW_ARRAY_SIZE(interfaces)), "vnet1");
        assert_string_equal(nfw_suggest("vnet20", interfaces, NFW_ARRAY_SIZE(interfaces)), "vnet10");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_suggests),
                cmocka_unit_test(test_nothing_is_near),
                cmocka_unit_test(test_the_nearest_wins),
        };

        return cmocka_run_group_tests_name("base/suggest", tests, NULL, NULL);
}
