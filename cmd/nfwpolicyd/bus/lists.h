/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Arrays of strings as the bus library makes them: they end with NULL, and NULL is the empty one. */

#include <stdlib.h>

static inline size_t list_count(char *const *list) {
        size_t n = 0;

        while (list && list[n])
                n++;
        return n;
}

static inline void list_free(char **list) {
        for (size_t i = 0; list && list[i]; i++)
                free(list[i]);
        free(list);
}

static inline void cleanup_list(char ***list) {
        list_free(*list);
}

#define CLEANUP_LIST __attribute__((cleanup(cleanup_list)))
