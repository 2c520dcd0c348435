/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/seen.h"

static void test_seen(void **state nfw_unused) {
        struct nfw_seen seen = NFW_SEEN_INIT(((struct nfw_siphash_key){ 1, 2 }));
        unsigned int where;
        char key[16];

        for (unsigned int round = 0; round < 2; round++)
                for (unsigned int i = 1; i <= 5000; i++) {
                        int n = snprintf(key, sizeof(key), "%u", i);

                        assert_int_equal(nfw_seen_add(&seen, key, (size_t)n, i + 5000 * round, &where), 0);
                        assert_int_equal(where, round == 0 ? 0 : i);
                }

        /* A part of another key, and the empty one, are keys of their own. */
        assert_int_equal(nfw_seen_add(&seen, "5000", 4, 1, &where), 0);
        assert_int_equal(where, 5000);
        assert_int_equal(nfw_seen_add(&seen, "50001", 5, 1, &where), 0);
        assert_int_equal(where, 0);
        assert_int_equal(nfw_seen_add(&seen, "", 0, 9, &where), 0);
        assert_int_equal(where, 0);
        assert_int_equal(nfw_seen_add(&seen, "", 0, 10, &where), 0);
        assert_int_equal(where, 9);
        nfw_seen_deinit(&seen);
        assert_int_equal(nfw_seen_add(&seen, "again", 5, 3, &where), 0);
        assert_int_equal(where, 0);
        nfw_seen_deinit(&seen);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_seen),
        };

        return cmocka_run_group_tests_name("base/seen", tests, NULL, NULL);
}
