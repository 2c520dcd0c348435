/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/text.h"

#define GAP 2

struct table {
        const char *const *titles;
        size_t n_columns;
        char **cells;
        size_t n_cells;
        size_t n_allocated;
        bool failed;
};

struct table *table_new(const char *const *titles) {
        struct table *table = calloc(1, sizeof(*table));

        if (!table)
                return NULL;
        table->titles = titles;
        while (titles[table->n_columns])
                table->n_columns++;
        return table;
}

struct table *table_free(struct table *table) {
        if (!table)
                return NULL;
        for (size_t i = 0; i < table->n_cells; i++)
                free(table->cells[i]);
        free(table->cells);
        free(table);
        return NULL;
}

/* Takes the text over. */
static void take(struct table *table, char *text) {
        if (table->n_cells == table->n_allocated) {
                size_t n = table->n_allocated ? 2 * table->n_allocated : 16;
                char **cells = realloc(table->cells, n * sizeof(*cells));

                if (cells) {
                        table->cells = cells;
                        table->n_allocated = n;
                }
        }
        if (!text || table->n_cells == table->n_allocated) {
                table->failed = true;
                free(text);
                return;
        }
        table->cells[table->n_cells++] = text;
}

void table_add(struct table *table, const char *text) {
        if (table)
                take(table, strdup(text && *text ? text : "-"));
}

void table_addf(struct table *table, const char *format, ...) {
        va_list arguments;
        char *text;

        if (!table)
                return;
        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);
        take(table, text);
}

static size_t column_width(const struct table *table, size_t column) {
        size_t widest = text_width(table->titles[column]);

        for (size_t i = column; i < table->n_cells; i += table->n_columns) {
                size_t width = text_width(table->cells[i]);

                if (width > widest)
                        widest = width;
        }
        return widest;
}

static void print_cell(const char *text, size_t width, bool last) {
        text_put(stdout, text);
        if (last)
                putchar('\n');
        else
                printf("%*s", (int)(width - text_width(text)) + GAP, "");
}

int table_print(const struct table *table, bool colored) {
        size_t *widths;

        if (!table || table->failed || table->n_columns == 0)
                return -ENOMEM;
        widths = calloc(table->n_columns + 1, sizeof(*widths));
        if (!widths)
                return -ENOMEM;

        for (size_t i = 0; i < table->n_columns; i++)
                widths[i] = column_width(table, i);
        if (colored)
                fputs("\x1b[1m", stdout);
        for (size_t i = 0; i < table->n_columns; i++) {
                bool last = i + 1 == table->n_columns;

                if (last && colored)
                        printf("%s\x1b[0m\n", table->titles[i]);
                else
                        print_cell(table->titles[i], widths[i], last);
        }
        for (size_t i = 0; i < table->n_cells; i++)
                print_cell(table->cells[i], widths[i % table->n_columns], (i + 1) % table->n_columns == 0);
        free(widths);
        return 0;
}
