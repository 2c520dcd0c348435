/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/vec.h"

static void test_push(void **state nfw_unused) {
        NFW_VEC(int) numbers = { 0 };
        int expected = 0;

        nfw_vec_foreach (number, &numbers)
                fail_msg("there is nothing to walk over, not even %d", *number);
        for (int i = 0; i < 1000; i++)
                assert_int_equal(nfw_vec_push(&numbers, i), 0);
        assert_int_equal(numbers.n, 1000);
        assert_true(numbers.size >= numbers.n);
        nfw_vec_foreach (number, &numbers)
                assert_int_equal(*number, expected++);
        assert_int_equal(expected, 1000);

        nfw_vec_deinit(&numbers);
        assert_null(numbers.items);
        assert_int_equal(numbers.n, 0);
}

static void test_too_many(void **state nfw_unused) {
        NFW_VEC(uint64_t) numbers = { 0 };

        assert_int_equal(nfw_vec_push(&numbers, 7), 0);
        assert_int_equal(nfw_vec_reserve(&numbers, SIZE_MAX), -ENOMEM);
        assert_int_equal(numbers.n, 1);
        assert_int_equal(numbers.items[0], 7);
        nfw_vec_deinit(&numbers);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_push),
                cmocka_unit_test(test_too_many),
        };

        return cmocka_run_group_tests_name("base/vec", tests, NULL, NULL);
}
