/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Columns for people: as wide as their widest cell, the last one as it comes. */

#include <stdbool.h>
#include <stddef.h>

struct table;

/* The titles are borrowed and end with NULL. NULL when out of memory; all other functions accept that. */
struct table *table_new(const char *const *titles);
struct table *table_free(struct table *table);

/* Adds the next cell, row by row. Copies the text; NULL and "" are shown as "-". */
void table_add(struct table *table, const char *text);
__attribute__((format(printf, 2, 3))) void table_addf(struct table *table, const char *format, ...);

/* To stdout, titles in bold if colored. 0 or -ENOMEM, also for what went wrong while it was filled. */
int table_print(const struct table *table, bool colored);

static inline void cleanup_table(struct table **table) {
        *table = table_free(*table);
}
