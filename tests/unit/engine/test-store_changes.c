/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/macros.h"
#include "engine/file.h"
#include "engine/nwfilter/binding.h"
#include "engine/nwfilter/store_changes.h"

struct place {
        char path[64];
        struct nfw_file_changes changes;
};

static const char *path_of(const struct place *place, const char *name) {
        static char path[128];

        (void)snprintf(path, sizeof(path), "%s/%s", place->path, name);
        return path;
}

static void put(const struct place *place, const char *name) {
        assert_int_equal(nfw_file_replace(path_of(place, name), "x", 1, 0644, false), 0);
}

/* What has changed, in order and with commas; "*" where that is not known. */
static const char *changed(struct place *place) {
        static char text[256];

        text[0] = '\0';
        assert_int_equal(nfw_file_changes_watch(&place->changes, 0, place->path), 0);
        assert_int_equal(nfw_file_changes_read(&place->changes), 0);
        if (place->changes.directories.items[0].all)
                return "*";
        nfw_vec_foreach (change, &place->changes.changes) {
                assert_int_equal(change->directory, 0);
                strncat(text, change->name, sizeof(text) - strlen(text) - 2);
                strcat(text, ",");
        }
        return text;
}

static int setup(void **state) {
        struct place *place = calloc(1, sizeof(*place));

        assert_non_null(place);
        strcpy(place->path, "/tmp/nfw-changes-XXXXXX");
        assert_non_null(mkdtemp(place->path));
        place->changes = (struct nfw_file_changes)NFW_FILE_CHANGES_INIT;
        assert_int_equal(nfw_file_changes_add(&place->changes, ".xml"), 0);
        *state = place;
        return 0;
}

static int teardown(void **state) {
        static const char *const names[] = { "a.xml", "b.xml", "c.txt" };
        struct place *place = *state;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(names); i++)
                (void)unlink(path_of(place, names[i]));
        (void)rmdir(place->path);
        nfw_file_changes_deinit(&place->changes);
        free(place);
        return 0;
}

static void test_everything_at_first(void **state) {
        struct place *place = *state;

        put(place, "a.xml");
        assert_string_equal(changed(place), "*");
        nfw_file_changes_done(&place->changes, true);
        assert_string_equal(changed(place), "");
}

static void test_what_was_written_and_removed(void **state) {
        struct place *place = *state;

        assert_string_equal(changed(place), "*");
        nfw_file_changes_done(&place->changes, true);
        put(place, "a.xml");
        put(place, "b.xml");
        put(place, "c.txt");
        assert_int_equal(unlink(path_of(place, "a.xml")), 0);
        assert_string_equal(changed(place), "a,b,a,");
        nfw_file_changes_done(&place->changes, true);
        assert_string_equal(changed(place), "");
}

static void test_what_was_not_followed_is_looked_for_again(void **state) {
        struct place *place = *state;

        assert_string_equal(changed(place), "*");
        nfw_file_changes_done(&place->changes, true);
        put(place, "a.xml");
        assert_string_equal(changed(place), "a,");
        nfw_file_changes_done(&place->changes, false);
        assert_string_equal(changed(place), "*");
}

static void test_a_directory_that_goes_and_comes(void **state) {
        struct place *place = *state;

        assert_int_equal(rmdir(place->path), 0);
        assert_string_equal(changed(place), "*");
        nfw_file_changes_done(&place->changes, true);
        assert_string_equal(changed(place), "*");
        assert_int_equal(mkdir(place->path, 0700), 0);
        put(place, "a.xml");
        assert_string_equal(changed(place), "*");
        nfw_file_changes_done(&place->changes, true);

        assert_int_equal(unlink(path_of(place, "a.xml")), 0);
        assert_int_equal(rmdir(place->path), 0);
        assert_string_equal(changed(place), "*");
        nfw_file_changes_done(&place->changes, true);
        assert_int_equal(mkdir(place->path, 0700), 0);
        assert_string_equal(changed(place), "*");
        nfw_file_changes_done(&place->changes, true);
        put(place, "b.xml");
        assert_string_equal(changed(place), "b,");
}

static void test_more_than_the_kernel_remembers(void **state) {
        struct place *place = *state;
        char paths[2][128];

        assert_string_equal(changed(place), "*");
        nfw_file_changes_done(&place->changes, true);
        /* Events that are equal and follow one another are one, so it has two names in turn. */
        strcpy(paths[0], path_of(place, "a.xml"));
        strcpy(paths[1], path_of(place, "b.xml"));
        put(place, "a.xml");
        for (int i = 0; i < 20000; i++)
                assert_int_equal(rename(paths[i % 2], paths[(i + 1) % 2]), 0);
        assert_string_equal(changed(place), "*");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_everything_at_first, setup, teardown),
                cmocka_unit_test_setup_teardown(test_what_was_written_and_removed, setup, teardown),
                cmocka_unit_test_setup_teardown(test_what_was_not_followed_is_looked_for_again, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(test_a_directory_that_goes_and_comes, setup, teardown),
                cmocka_unit_test_setup_teardown(test_more_than_the_kernel_remembers, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
