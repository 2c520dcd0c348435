/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/record/record.h"
#include "place.h"

static void test_names(void **state) {
        static const char *const valid[] = { "a", "Z", "web", "web-1", "a.b_c-d", "x9", "a..b", "a-", "a." };
        static const char *const invalid[] = {
                "",    ".",       "..",         "-a",    "_a",  ".hidden", "9a",    "a/b", "/etc/passwd",
                "../", "../../x", "a/../b",     "a b",   " a",  "a ",      "a\n",   "a\t", "a*",
                "a?",  "a\"",     "a'; true #", "a\x7f", "ä",   "wéb",     "a\xff", "a:b", "a,b",
                "a@b", "a{",      "$a",         "a#",    "a\\",
        };
        char name[NFW_POLICY_NAME_MAX + 3];

        (void)state;
        for (size_t i = 0; i < NFW_ARRAY_SIZE(valid); i++)
                if (!nfw_record_name_is_valid(valid[i]))
                        fail_msg("`%s` is refused", valid[i]);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(invalid); i++)
                if (nfw_record_name_is_valid(invalid[i]))
                        fail_msg("`%s` is taken", invalid[i]);

        memset(name, 'n', sizeof(name));
        name[NFW_POLICY_NAME_MAX + 1] = '\0';
        assert_false(nfw_record_name_is_valid(name));
        name[NFW_POLICY_NAME_MAX] = '\0';
        assert_true(nfw_record_name_is_valid(name));
}

static void test_every_octet_of_a_name(void **state) {
        static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

        (void)state;
        for (int c = 1; c < 256; c++) {
                char name[] = { 'a', (char)c, 'b', '\0' };

                assert_int_equal(nfw_record_name_is_valid(name), strchr(allowed, c) != NULL);
        }
}

static void test_ids(void **state) {
        char ids[64][NFW_ID_MAX];

        (void)state;
        for (size_t i = 0; i < NFW_ARRAY_SIZE(ids); i++) {
                assert_int_equal(nfw_record_new_id(ids[i]), 0);
                assert_int_equal(strlen(ids[i]), NFW_ID_MAX - 1);
                assert_int_equal(strspn(ids[i], "0123456789abcdef"), NFW_ID_MAX - 1);
                for (size_t j = 0; j < i; j++)
                        assert_string_not_equal(ids[i], ids[j]);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_every_octet_of_a_name),
                cmocka_unit_test(test_ids),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
