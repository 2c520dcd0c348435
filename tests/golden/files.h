/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The files that results are compared with. */

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

/* The whole file, or NULL and errno. */
static inline char *golden_read(const char *path) {
        char *text = NULL;
        size_t size = 0;
        FILE *stream = fopen(path, "re");
        ssize_t r;

        if (!stream)
                return NULL;
        errno = 0;
        r = getdelim(&text, &size, '\0', stream);
        fclose(stream);
        if (r < 0 && errno == 0)
                return text ? (text[0] = '\0', text) : strdup("");
        return text;
}

static inline int golden_write(const char *path, const char *text) {
        FILE *stream = fopen(path, "we");

        if (!stream)
                return -errno;
        fputs(text, stream);
        return fclose(stream) == 0 ? 0 : -errno;
}

static inline void golden_show_difference(const char *expected, const char *text) {
        unsigned int line = 1;
        size_t begin = 0;

        for (size_t i = 0; expected[i] == text[i] && text[i]; i++) {
                if (text[i] == '\n') {
                        line++;
                        begin = i + 1;
                }
        }
        printf("# line %u\n#   expected: %.*s\n#   got:      %.*s\n", line,
               (int)strcspn(expected + begin, "\n"), expected + begin, (int)strcspn(text + begin, "\n"),
               text + begin);
}

/* Whether the file has that text; with update it gets it. */
static inline bool golden_check(const char *path, const char *text, bool update) {
        nfw_cleanup(nfw_freep) char *expected = NULL;

        if (update)
                return golden_write(path, text) == 0;

        expected = golden_read(path);
        if (!expected) {
                printf("# %s: %s\n", path, strerror(errno));
                return false;
        }
        if (strcmp(expected, text) != 0) {
                printf("# %s is not what is compiled now\n", path);
                golden_show_difference(expected, text);
                return false;
        }
        return true;
}

/* Every file of the folder with that suffix is a case, by its name without it. What main() returns. */
static inline int golden_run(int argc,
                             char **argv,
                             const char *folder,
                             const char *suffix,
                             bool (*check_case)(const char *name, bool update)) {
        bool update = argc == 2 && strcmp(argv[1], "--update") == 0;
        struct dirent **entries = NULL;
        int n_entries, n_cases = 0, n_failed = 0;

        if (argc > 1 && !update) {
                fprintf(stderr, "usage: %s [--update]\n", argv[0]);
                return 2;
        }
        n_entries = scandir(folder, &entries, NULL, alphasort);
        for (int i = 0; i < n_entries; i++) {
                char *name = entries[i]->d_name, *dot = strrchr(name, '.');

                if (dot && strcmp(dot, suffix) == 0) {
                        bool good;

                        *dot = '\0';
                        good = check_case(name, update);
                        n_failed += !good;
                        printf("%sok %d - %s\n", good ? "" : "not ", ++n_cases, name);
                }
                free(entries[i]);
        }
        free(entries);
        if (n_cases == 0)
                printf("Bail out! no cases in %s\n", folder);
        printf("1..%d\n", n_cases);
        return n_failed > 0 || n_cases == 0;
}
