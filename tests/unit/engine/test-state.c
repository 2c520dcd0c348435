/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "engine/state.h"
#include "place.h"

/* The state goes to a path below the test's directory. Returns what nfw_state_prepare() does. */
static int prepare(struct place *place, const char *below, struct nfw_report *report) {
        char path[512];

        snprintf(path, sizeof(path), "%s/%s", place->directory, below);
        assert_int_equal(nfw_context_set_state_directory(&place->context, path), 0);
        return nfw_state_prepare(&place->context, report);
}

static void assert_directory(const struct place *place, const char *below) {
        char path[512];
        struct stat st;

        snprintf(path, sizeof(path), "%s/%s", place->directory, below);
        assert_int_equal(stat(path, &st), 0);
        assert_true(S_ISDIR(st.st_mode));
        /* nobody else may put anything there */
        assert_int_equal(st.st_mode & 0022, 0);
}

static void test_directories_above_are_made(void **state) {
        struct place *place = *state;

        assert_int_equal(prepare(place, "a/b/c", NULL), 0);
        assert_directory(place, "a");
        assert_directory(place, "a/b");
        assert_directory(place, "a/b/c");
        assert_int_equal(prepare(place, "a/b/c", NULL), 0);
}

static void test_forms_of_paths(void **state) {
        static const char *const paths[] = { "x/", "x//y", "x/y///z//", "x/./w", "x/../v/u" };
        struct place *place = *state;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(paths); i++) {
                assert_int_equal(prepare(place, paths[i], NULL), 0);
                assert_directory(place, paths[i]);
        }
        assert_int_equal(nfw_context_set_state_directory(&place->context, "relative"), -EINVAL);
        assert_int_equal(nfw_context_set_state_directory(&place->context, ""), -EINVAL);
}

static void test_what_is_in_the_way_is_named(void **state) {
        static const char *const paths[][2] = {
                { "file/a/b", "/file`" },
                { "file", "/file`" },
                { "dangling/a", "/dangling`" },
                { "loop/a", "/loop`" },
        };
        struct place *place = *state;
        struct nfw_report *report;
        char path[128];

        assert_int_equal(nfw_report_new(&report), 0);
        snprintf(path, sizeof(path), "%s/file", place->directory);
        write_file(path, "x", 1);
        snprintf(path, sizeof(path), "%s/dangling", place->directory);
        assert_int_equal(symlink("nowhere", path), 0);
        snprintf(path, sizeof(path), "%s/loop", place->directory);
        assert_int_equal(symlink("loop", path), 0);

        for (size_t i = 0; i < NFW_ARRAY_SIZE(paths); i++) {
                const struct nfw_diagnostic *diagnostic;

                nfw_report_clear(report);
                assert_true(prepare(place, paths[i][0], report) < 0);
                diagnostic = only_diagnostic(report);
                assert_string_equal(nfw_diagnostic_code(diagnostic), "state/directory");
                assert_contains(nfw_diagnostic_text(diagnostic), paths[i][1]);
                assert_non_null(nfw_diagnostic_hint(diagnostic));
                assert_true(prepare(place, paths[i][0], NULL) < 0);
        }
        nfw_report_free(report);
}

/* What the kernel answers there is EPERM, which would send the user after a missing capability. */
static void test_where_nothing_can_be_made(void **state) {
        struct place *place = *state;
        struct nfw_report *report;

        assert_int_equal(nfw_report_new(&report), 0);
        assert_int_equal(nfw_context_set_state_directory(&place->context, "/proc/nfwpolicy/state"), 0);
        assert_true(nfw_state_prepare(&place->context, report) < 0);
        assert_contains(nfw_diagnostic_text(only_diagnostic(report)), "`/proc/nfwpolicy`");
        nfw_report_clear(report);
        assert_int_equal(nfw_context_set_state_directory(&place->context, "/sys/nfwpolicy"), 0);
        assert_int_equal(nfw_state_prepare(&place->context, report), -EACCES);
        assert_contains(nfw_diagnostic_text(only_diagnostic(report)), "`/sys/nfwpolicy`");
        nfw_report_free(report);
}

/* Namespaces have rulesets of their own, so they have states of their own. */
static void test_place_of_the_namespace(void **state) {
        struct place *place = *state;
        nfw_cleanup(nfw_context_freep) struct nfw_context *context = NULL;
        struct stat st;
        char expected[256];

        assert_int_equal(stat("/proc/self/ns/net", &st), 0);
        snprintf(expected, sizeof(expected), "%s/net-%llu", place->directory, (unsigned long long)st.st_ino);
        assert_int_equal(nfw_context_new(&context), 0);
        assert_int_equal(nfw_context_set_state_directory(context, place->directory), 0);
        assert_string_equal(context->directory, expected);
}

#define place_test(test_) cmocka_unit_test_setup_teardown(test_, place_setup, place_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                place_test(test_directories_above_are_made),  place_test(test_forms_of_paths),
                place_test(test_what_is_in_the_way_is_named), place_test(test_where_nothing_can_be_made),
                place_test(test_place_of_the_namespace),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
