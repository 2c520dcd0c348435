/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands in for libFuzzer: hands every file of the folders named on the command line to a fuzz target, which
 * aborts when something is wrong. One line of TAP for each file.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/macros.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_input(const struct dirent *entry) {
        return entry->d_name[0] != '.';
}

/* The bytes are in an allocation of exactly their size, so that a sanitizer sees the first one beyond it. */
static int replay(const char *path) {
        nfw_cleanup(nfw_freep) uint8_t *data = NULL;
        struct stat info;
        size_t n_read;
        FILE *file;

        file = fopen(path, "re");
        if (!file)
                return -1;
        if (fstat(fileno(file), &info) < 0 || !(data = malloc((size_t)info.st_size))) {
                (void)fclose(file);
                return -1;
        }
        n_read = fread(data, 1, (size_t)info.st_size, file);
        (void)fclose(file);
        if (n_read != (size_t)info.st_size)
                return -1;
        /* Its answer only tells libFuzzer whether to keep the input. */
        (void)LLVMFuzzerTestOneInput(data, n_read);
        return 0;
}

int main(int argc, char **argv) {
        unsigned int n = 0, n_failed = 0;

        for (int i = 1; i < argc; i++) {
                struct dirent **entries = NULL;
                int n_entries = scandir(argv[i], &entries, is_input, alphasort);

                for (int j = 0; j < n_entries; j++) {
                        char path[4096];

                        (void)snprintf(path, sizeof(path), "%s/%s", argv[i], entries[j]->d_name);
                        /* Before the target runs: it may not come back. */
                        printf("# %s\n", path);
                        (void)fflush(stdout);
                        if (replay(path) != 0) {
                                printf("not ");
                                n_failed++;
                        }
                        printf("ok %u - %s\n", ++n, entries[j]->d_name);
                        free(entries[j]);
                }
                free(entries);
        }
        if (n == 0)
                printf("Bail out! there is no input\n");
        printf("1..%u\n", n);
        return n_failed || n == 0;
}
