/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/macros.h"
#include "cmocka_all.h"
#include "ir/plan/comment.h"

static void assert_comment(const char *const *names, size_t n, size_t n_total, const char *expected) {
        nfw_cleanup(nfw_freep) char *comment = nfw_plan_comment(names, n, n_total);

        assert_non_null(comment);
        assert_true(strlen(comment) <= NFW_COMMENT_MAX);
        assert_string_equal(comment, expected);
}

static void test_join(void **state nfw_unused) {
        static const char *const names[] = { "one", "two", "three" };

        assert_comment(names, 0, 0, "");
        assert_comment(names, 1, 1, "one");
        assert_comment(names, 3, 3, "one, two, three");
        assert_comment(names, 2, 7, "one, two, \u2026 (+5)");
}

static void test_unprintable(void **state nfw_unused) {
        static const char *const names[] = { "a \"b\" \\c", "tab\there\n\x7f", "gr\u00fc\u00df" };

        assert_comment(names, 3, 3, "a _b_ _c, tab_here__, gr\u00fc\u00df");
}

/* Whatever the length of the names: within the limit, and the number of those left out is right. */
static void test_limit(void **state nfw_unused) {
        for (size_t length = 1; length <= 140; length++) {
                char name[141];
                const char *names[64];

                memset(name, 'x', length);
                name[length] = '\0';
                for (size_t i = 0; i < NFW_ARRAY_SIZE(names); i++)
                        names[i] = name;

                for (size_t n = 1; n <= NFW_ARRAY_SIZE(names); n++) {
                        nfw_cleanup(nfw_freep) char *comment = nfw_plan_comment(names, n, n + 1000);
                        const char *rest = strstr(comment, "(+");
                        size_t n_shown = 1;

                        assert_true(strlen(comment) <= NFW_COMMENT_MAX);
                        assert_non_null(rest);
                        for (const char *c = strstr(comment, ", x"); c; c = strstr(c + 1, ", x"))
                                n_shown++;
                        assert_int_equal(strtoul(rest + 2, NULL, 10), n + 1000 - n_shown);
                }
        }
}

static void test_cut_between_characters(void **state nfw_unused) {
        for (size_t n_ascii = 0; n_ascii < 4; n_ascii++) {
                char name[256] = "";
                const char *names[] = { name };
                nfw_cleanup(nfw_freep) char *comment = NULL;
                size_t n_continuation = 0, length;

                memset(name, 'x', n_ascii);
                while (strlen(name) < 200)
                        strcat(name, "\u20ac");
                comment = nfw_plan_comment(names, 1, 1);
                length = strlen(comment);
                assert_true(length <= NFW_COMMENT_MAX);
                assert_true(length > NFW_COMMENT_MAX - 4);
                assert_string_equal(comment + length - 3, "\u2026");
                for (size_t i = 0; i < length; i++)
                        n_continuation += ((unsigned char)comment[i] & 0xc0) == 0x80;
                assert_int_equal(n_continuation * 3, (length - n_ascii) * 2);
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_join),
                cmocka_unit_test(test_unprintable),
                cmocka_unit_test(test_limit),
                cmocka_unit_test(test_cut_between_characters),
        };

        return cmocka_run_group_tests_name("ir/comment", tests, NULL, NULL);
}
