/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Text for the bus, which takes well-formed UTF-8 only, and arrays of it. */

#include <stdbool.h>
#include <stddef.h>

struct strings {
        char **items; /* ends with NULL; NULL as long as there are none */
        size_t n;
};

/* A copy with control characters and broken bytes as \xNN; "" for NULL. NULL when out of memory. */
char *string_for_bus(const char *text);

/* Adds what string_for_bus() makes of it. 0 or -ENOMEM. */
int strings_add(struct strings *strings, const char *text);
void strings_deinit(struct strings *strings);

/* Whether two arrays, which may be NULL, hold the same. */
bool strings_equal(char *const *a, char *const *b);
