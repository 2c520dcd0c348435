/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nft/list_text.h"

struct seen {
        char text[512]; /* "kind name size;" */
        int result;
};

static int see(const char *kind, const char *name, const char *text, size_t size, void *userdata) {
        struct seen *seen = userdata;
        size_t n = strlen(seen->text);

        (void)snprintf(seen->text + n, sizeof(seen->text) - n, "%s %s %zu;", kind, name, size);
        assert_int_equal(text[0], '\t');
        assert_memory_equal(text + size - 3, "\t}\n", 3);
        return seen->result;
}

#define assert_objects(listing_, expected_)                                                                  \
        do {                                                                                                 \
                struct seen seen_ = { 0 };                                                                   \
                                                                                                             \
                assert_int_equal(nfw_nft_list_foreach(listing_, see, &seen_), 0);                            \
                assert_string_equal(seen_.text, expected_);                                                  \
        } while (0)

static void test_a_table(void **state) {
        (void)state;
        assert_objects("table inet nfwpolicy {\n"
                       "\tcomment \"nfwpolicy 0.1.0\"\n"
                       "\tmap egress {\n\t\ttype ifname : verdict\n\t}\n"
                       "\n"
                       "\tset web.id {\n\t\ttype ifname\n\t\tcomment \"policy web\"\n\t}\n"
                       "\n"
                       "\tchain web-egress {\n"
                       "\t\tip daddr {\n\t\t\t192.0.2.1\n\t\t} accept\n"
                       "\t}\n"
                       "}\n",
                       "map egress 41;set web.id 54;chain web-egress 60;");
}

static void test_nothing(void **state) {
        (void)state;
        assert_objects("", "");
        assert_objects("table inet nfwpolicy {\n}\n", "");
        assert_objects("table inet nfwpolicy {\n\n\n}\n", "");
}

static void test_objects_that_do_not_end(void **state) {
        (void)state;
        assert_objects("\tset a {\n", "");
        assert_objects("\tset a {\n\t\ttype ifname\n\t}", "");
        assert_objects("\tset a {\n\tset b {\n\t}\n", "set a 21;");
}

static void test_what_is_no_heading(void **state) {
        (void)state;
        assert_objects(
                "\t\tset a {\n\t}\nset b {\n\t}\n\tset c\n\t}\n\tset  {\n\t}\n\t\n\t}\n\tset d e {\n\t}\n",
                "");
}

static void test_long_names(void **state) {
        char name[1024], listing[2100];

        (void)state;
        memset(name, 'x', sizeof(name));
        for (size_t n = 250; n < 260; n++) {
                struct seen seen = { 0 };

                (void)snprintf(listing, sizeof(listing), "\tset %.*s {\n\t}\n", (int)n, name);
                assert_int_equal(nfw_nft_list_foreach(listing, see, &seen), 0);
                assert_int_equal(seen.text[0] != '\0', n <= 255);
        }
        (void)snprintf(listing, sizeof(listing), "\t%.*s a {\n\t}\n", 20, name);
        assert_objects(listing, "");
}

static void test_the_callback_ends_it(void **state) {
        struct seen seen = { .result = -5 };

        (void)state;
        assert_int_equal(nfw_nft_list_foreach("\tset a {\n\t}\n\tset b {\n\t}\n", see, &seen), -5);
        assert_string_equal(seen.text, "set a 12;");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_table),
                cmocka_unit_test(test_nothing),
                cmocka_unit_test(test_objects_that_do_not_end),
                cmocka_unit_test(test_what_is_no_heading),
                cmocka_unit_test(test_long_names),
                cmocka_unit_test(test_the_callback_ends_it),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
