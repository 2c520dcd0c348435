/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One byte more than the library accepts is enough to let the library refuse it. */
#define SIZE_MAX_POLICY ((size_t)16 * 1024 * 1024 + 1)

static int read_stream(FILE *stream, char **ret_data, size_t *ret_size) {
        size_t size = 0, n_allocated = 0;
        char *data = NULL;

        while (size < SIZE_MAX_POLICY && !feof(stream)) {
                /* with room for the NUL */
                if (size + 1 >= n_allocated) {
                        char *larger;

                        n_allocated = n_allocated ? 2 * n_allocated : (size_t)64 * 1024;
                        larger = realloc(data, n_allocated);
                        if (!larger) {
                                free(data);
                                return -ENOMEM;
                        }
                        data = larger;
                }
                size += fread(data + size, 1, n_allocated - size - 1, stream);
                if (ferror(stream)) {
                        free(data);
                        return errno ? -errno : -EIO;
                }
        }
        if (data)
                data[size] = '\0';
        *ret_data = data;
        *ret_size = size;
        return 0;
}

int read_text(const char *path, char **ret_data, size_t *ret_size) {
        FILE *stream;
        int r;

        if (strcmp(path, "-") == 0)
                return read_stream(stdin, ret_data, ret_size);
        stream = fopen(path, "re");
        if (!stream)
                return -errno;
        r = read_stream(stream, ret_data, ret_size);
        fclose(stream);
        return r;
}

int read_policy(const char *path, struct nfw_report *report, struct nfw_policy **ret_policy) {
        char *data = NULL;
        size_t size = 0;
        int r;

        if (strcmp(path, "-") != 0)
                return nfw_policy_read_file(path, report, ret_policy);

        r = read_text(path, &data, &size);
        if (r < 0)
                return r;
        r = nfw_policy_read_buffer(read_display_name(path), data, size, report, ret_policy);
        free(data);
        return r;
}

const char *read_display_name(const char *path) {
        return strcmp(path, "-") == 0 ? "<stdin>" : path;
}

char *read_policy_name(const char *file) {
        const char *slash = strrchr(file, '/');
        const char *base = slash ? slash + 1 : file;
        const char *dot = strrchr(base, '.');

        return dot && dot > base ? strndup(base, (size_t)(dot - base)) : strdup(base);
}
