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
#include "net/port_range.h"

static void test_parse(void **state nfw_unused) {
        static const struct {
                const char *text;
                uint16_t first, last;
        } cases[] = {
                { "443", 443, 443 },         { "1", 1, 1 },       { "65535", 65535, 65535 },
                { "8000-9000", 8000, 9000 }, { "80-80", 80, 80 }, { "1-65535", 1, 65535 },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                struct nfw_port_range range;
                const char *reason = NULL;

                assert_int_equal(nfw_port_range_parse(cases[i].text, &range, &reason), 0);
                assert_int_equal(range.first, cases[i].first);
                assert_int_equal(range.last, cases[i].last);
        }
}

static void test_refused(void **state nfw_unused) {
        static const struct {
                const char *text, *reason; /* a part of it */
        } cases[] = {
                { "", "a number from 1" },
                { "0", "does not exist" },
                { "0443", "leading zero" },
                { "00", "leading zero" },
                { "80-0443", "leading zero" },
                { "+443", "a number from 1" },
                { "-80", "a number from 1" },
                { "80-", "a number from 1" },
                { "1-2-3", "a number from 1" },
                { "80 - 90", "a number from 1" },
                { " 80", "a number from 1" },
                { "80 ", "a number from 1" },
                { "80,443", "a number from 1" },
                { "80:90", "a number from 1" },
                { "4_43", "a number from 1" },
                { "https", "a number from 1" },
                { "0x50", "does not exist" },
                { "443.0", "a number from 1" },
                { "65536", "65535" },
                { "4294967739", "65535" },
                { "18446744073709552059", "65535" },
                { "1-65536", "65535" },
                { "9000-8000", "above" },
                { "\xef\xbc\x94", "a number from 1" }, /* a full-width 4 */
        };
        struct nfw_port_range range = { 7, 7 };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                const char *reason = NULL;

                assert_int_equal(nfw_port_range_parse(cases[i].text, &range, &reason), NFW_E_INVALID);
                assert_non_null(reason);
                if (!strstr(reason, cases[i].reason))
                        fail_msg("%s: %s", cases[i].text, reason);
        }
        assert_int_equal(range.first, 7);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),
                cmocka_unit_test(test_refused),
        };

        return cmocka_run_group_tests_name("net/port_range", tests, NULL, NULL);
}
