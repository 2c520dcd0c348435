/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/virsh-table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/text.h"

static void put_spaces(size_t n) {
        while (n-- > 0)
                putchar(' ');
}

static size_t column_width(const char *title, const char *const *cells, size_t n_columns, size_t n_rows) {
        size_t width = strlen(title);

        for (size_t row = 0; row < n_rows; row++) {
                size_t other = text_width(cells[row * n_columns]);

                width = other > width ? other : width;
        }
        return width;
}

static void print_row(const char *const *row, const size_t *widths, size_t n_columns) {
        for (size_t i = 0; i < n_columns; i++) {
                putchar(' ');
                text_put(stdout, row[i]);
                if (i + 1 < n_columns)
                        put_spaces(widths[i] - text_width(row[i]) + 2);
        }
        putchar('\n');
}

void virsh_table_print(const struct cli *cli,
                       const char *const *titles,
                       size_t n_columns,
                       const char *const *cells,
                       size_t n_rows) {
        size_t widths[8] = { 0 };

        if (n_columns > sizeof(widths) / sizeof(widths[0]))
                return;
        for (size_t i = 0; i < n_columns; i++)
                widths[i] = column_width(cli->quiet ? "" : titles[i], cells + i, n_columns, n_rows);

        if (!cli->quiet) {
                print_row(titles, widths, n_columns);
                for (size_t i = 0; i < n_columns; i++)
                        for (size_t j = 0; j < widths[i] + 3; j++)
                                putchar('-');
                putchar('\n');
        }
        for (size_t row = 0; row < n_rows; row++)
                print_row(cells + row * n_columns, widths, n_columns);
        if (!cli->quiet)
                putchar('\n');
}

int virsh_table_print_json(const struct cli *cli,
                           const char *const *titles,
                           const char *const *keys,
                           size_t n_columns,
                           const json_t *array) {
        size_t n = json_array_size(array);
        const char **cells;

        cells = calloc(n * n_columns + 1, sizeof(*cells));
        if (!cells)
                return cli_failure(cli, -ENOMEM, NULL);
        for (size_t i = 0; i < n * n_columns; i++) {
                cells[i] = json_string_value(
                        json_object_get(json_array_get(array, i / n_columns), keys[i % n_columns]));
                if (!cells[i])
                        cells[i] = "";
        }
        virsh_table_print(cli, titles, n_columns, cells, n);
        free(cells);
        return CLI_EXIT_FINE;
}

void virsh_say(const struct cli *cli, const char *format, ...) {
        char *text = NULL;
        va_list arguments;
        int n;

        if (cli->quiet || cli->json)
                return;
        va_start(arguments, format);
        n = vasprintf(&text, format, arguments);
        va_end(arguments);
        if (n < 0)
                return;
        text_put(stdout, text);
        fputs("\n\n", stdout);
        free(text);
}

void virsh_put_text(const char *text) {
        while (*text) {
                size_t n = strcspn(text, "\n\t");
                char *part = strndup(text, n);

                if (!part)
                        return;
                text_put(stdout, part);
                free(part);
                text += n;
                if (*text)
                        putchar(*text++);
        }
}
