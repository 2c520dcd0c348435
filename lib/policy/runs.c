/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/runs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

/* Of fewer lines there is nothing to gain. */
#define MIN_LINES 8

/* Addresses, networks and names have no more; the longest value of a policy would fit as well. */
#define MAX_VALUE 255

struct line {
        size_t indentation;
        size_t n_value;
        size_t size; /* with its end */
};

/* Characters that never mean anything else to YAML, wherever they stand in a value of these only. */
static bool is_plain(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
               c == ':' || c == '/' || c == '-' || c == '_';
}

static bool is_beginning(char c) {
        return is_plain(c) && c != '.' && c != ':' && c != '/' && c != '-';
}

size_t nfw_run_value_length(const char *text, size_t size) {
        size_t n = 0;

        if (size == 0 || !is_beginning(text[0]))
                return 0;
        while (n < size && n <= MAX_VALUE && is_plain(text[n]))
                n++;
        /* A colon at the end would make a key of it. */
        return n == size || n > MAX_VALUE || text[n] != '\n' || text[n - 1] == ':' ? 0 : n;
}

/* "- VALUE", indented by spaces. */
static bool parse_line(const char *text, size_t size, struct line *ret_line) {
        struct line line = { 0 };

        while (line.indentation < size && text[line.indentation] == ' ')
                line.indentation++;
        if (size - line.indentation < 3 || text[line.indentation] != '-' || text[line.indentation + 1] != ' ')
                return false;
        line.n_value = nfw_run_value_length(text + line.indentation + 2, size - line.indentation - 2);
        line.size = line.indentation + 2 + line.n_value + 1;
        *ret_line = line;
        return line.n_value > 0;
}

static int blank(const char *source, size_t size, struct nfw_runs *runs, size_t from, size_t end) {
        if (!runs->blanked) {
                runs->blanked = malloc(size + 1);
                if (!runs->blanked)
                        return -ENOMEM;
                memcpy(runs->blanked, source, size + 1);
        }
        for (size_t i = from; i < end; i++) {
                if (source[i] != '\n')
                        runs->blanked[i] = ' ';
        }
        return 0;
}

/* The lines that begin there and are of one list; goes behind them. */
static int take_run(const char *source, size_t size, size_t *offset, struct nfw_runs *runs) {
        size_t i = *offset, last = i, second = 0, n_lines = 0;
        struct nfw_run run;
        struct line first, line;

        if (!parse_line(source + i, size - i, &first))
                return 0;
        while (i < size && parse_line(source + i, size - i, &line) && line.indentation == first.indentation) {
                last = i;
                i += line.size;
                if (++n_lines == 1)
                        second = i;
        }

        run = (struct nfw_run){
                .first = *offset + first.indentation + 2,
                .second = second + first.indentation + 2,
                .n_blanked = n_lines - 2,
        };
        *offset = i;
        if (n_lines < MIN_LINES)
                return 0;
        return blank(source, size, runs, second, last) < 0 ? -ENOMEM : nfw_vec_push(&runs->vec, run);
}

int nfw_runs_find(const char *source, size_t size, struct nfw_runs *ret_runs) {
        struct nfw_runs runs = { 0 };

        for (size_t i = 0; i < size;) {
                size_t before = i;
                const char *end;
                int r = take_run(source, size, &i, &runs);

                if (r < 0) {
                        nfw_runs_deinit(&runs);
                        return r;
                }
                if (i > before)
                        continue;
                end = memchr(source + i, '\n', size - i);
                if (!end)
                        break;
                i = (size_t)(end - source) + 1;
        }
        *ret_runs = runs;
        return 0;
}

void nfw_runs_deinit(struct nfw_runs *runs) {
        nfw_vec_deinit(&runs->vec);
        free(runs->blanked);
        runs->blanked = NULL;
}
