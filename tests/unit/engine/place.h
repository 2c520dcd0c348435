/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A context whose state is in a directory of the test's own. To be included first: it brings cmocka. */

#include <fcntl.h>
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
#include "engine/context.h"
#include "engine/record/record.h"
#include "engine/state.h"

struct place {
        struct nfw_context context; /* without sockets: nothing here asks the kernel for its rules */
        char directory[64];         /* what goes at the end */
        char *ours;                 /* of this network namespace, within it */
};

static inline int place_setup(void **state) {
        struct place *place = calloc(1, sizeof(*place));

        if (!place)
                return -1;
        snprintf(place->directory, sizeof(place->directory), "%s/nfw-test-XXXXXX",
                 getenv("TMPDIR") && strlen(getenv("TMPDIR")) < 32 ? getenv("TMPDIR") : "/tmp");
        if (!mkdtemp(place->directory))
                return -1;
        place->context.namespace = 4711;
        place->context.defaults = (struct nfw_load_defaults)NFW_LOAD_DEFAULTS_INIT;
        strcpy(place->context.table_name, NFW_NFT_TABLE_DEFAULT);
        if (nfw_context_set_state_directory(&place->context, place->directory) < 0 ||
            nfw_state_prepare(&place->context, NULL) < 0)
                return -1;
        place->ours = strdup(place->context.directory);
        if (!place->ours)
                return -1;
        *state = place;
        return 0;
}

static inline int place_teardown(void **state) {
        struct place *place = *state;
        char command[128];
        int r;

        snprintf(command, sizeof(command), "rm -rf '%s'", place->directory);
        r = system(command);
        nfw_record_forget_settings(&place->context);
        nfw_shadow_deinit(&place->context.shadow);
        nfw_load_defaults_deinit(&place->context.defaults);
        free(place->context.state_directory);
        free(place->ours);
        free(place->context.directory);
        free(place);
        return r == 0 ? 0 : -1;
}

/* The path of a file of this network namespace's; good until the next call. */
static inline const char *place_path(const struct place *place, const char *name) {
        static char path[512];

        snprintf(path, sizeof(path), "%s/%s", place->ours, name);
        return path;
}

static inline bool place_has(const struct place *place, const char *name) {
        struct stat st;

        return lstat(place_path(place, name), &st) == 0;
}

/* Not truncated first: some file systems then wait for the disk, and there are thousands of these. */
static inline void write_file(const char *path, const void *data, size_t size) {
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, data, size), size);
        assert_int_equal(ftruncate(fd, (off_t)size), 0);
        assert_int_equal(close(fd), 0);
}

/* The caller frees what was read. */
static inline char *read_file(const char *path, size_t *ret_size) {
        FILE *stream = fopen(path, "re");
        char *data;
        long size;

        assert_non_null(stream);
        assert_int_equal(fseek(stream, 0, SEEK_END), 0);
        size = ftell(stream);
        assert_true(size >= 0);
        rewind(stream);
        data = malloc((size_t)size + 1);
        assert_non_null(data);
        assert_int_equal(fread(data, 1, (size_t)size, stream), size);
        fclose(stream);
        *ret_size = (size_t)size;
        return data;
}

static inline struct nfw_addr address(const char *text) {
        struct nfw_addr addr;

        assert_int_equal(nfw_addr_parse(text, &addr), 0);
        return addr;
}

/* The only diagnostic of a report. */
static inline const struct nfw_diagnostic *only_diagnostic(const struct nfw_report *report) {
        assert_int_equal(nfw_report_n_diagnostics(report), 1);
        return nfw_report_diagnostic(report, 0);
}

static inline void assert_contains(const char *text, const char *part) {
        assert_non_null(text);
        if (!strstr(text, part))
                fail_msg("`%s` is not in `%s`", part, text);
}
