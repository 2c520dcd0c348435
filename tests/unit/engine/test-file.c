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

static char directory[] = "/tmp/nfw-file-XXXXXX";

static const char *path_of(const char *name) {
        static char path[64];

        (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
        return path;
}

static unsigned int mode_of(const char *name) {
        struct stat st;

        assert_int_equal(stat(path_of(name), &st), 0);
        return st.st_mode & 07777;
}

static int make_place(void **state) {
        (void)state;
        return mkdtemp(directory) ? 0 : -1;
}

static int remove_place(void **state) {
        (void)state;
        (void)unlink(path_of("a"));
        return rmdir(directory);
}

static void leave_unfinished(void) {
        FILE *stream = fopen(path_of("a.new"), "we");

        assert_non_null(stream);
        assert_int_equal(fclose(stream), 0);
        assert_int_equal(chmod(path_of("a.new"), 0666), 0);
}

/* Whatever the mask is, and what somebody has left under the temporary name. */
static void test_the_mode_is_what_was_asked_for(void **state) {
        static const mode_t masks[] = { 0, 0022, 0077, 0777 }, modes[] = { 0600, 0644 };

        (void)state;
        for (size_t i = 0; i < NFW_ARRAY_SIZE(masks); i++)
                for (size_t j = 0; j < NFW_ARRAY_SIZE(modes); j++) {
                        mode_t before = umask(masks[i]);
                        int r;

                        leave_unfinished();
                        r = nfw_file_replace(path_of("a"), "x", 1, modes[j], false);

                        (void)umask(before);
                        assert_int_equal(r, 0);
                        assert_int_equal(mode_of("a"), modes[j]);
                }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_mode_is_what_was_asked_for),
        };

        return cmocka_run_group_tests_name("engine/file", tests, make_place, remove_place);
}
