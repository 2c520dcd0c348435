/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/runs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

/* Of fewer lines there is nothing to gain. */
#define MIN_LINES 8

/* Addresses, networks and names have no more; the longest value of a policy would fit as well. */
#define MAX_VALUE 255

/* Characters that never mean anything else to YAML, wherever they stand in a value of these only. */
enum {
        PLAIN = 1 << 0,
        BEGINNING = 1 << 1, /* also where a value begins */
};

static const uint8_t kinds[UINT8_MAX + 1] = {
        ['0' ... '9'] = PLAIN | BEGINNING,
        ['A' ... 'Z'] = PLAIN | BEGINNING,
        ['a' ... 'z'] = PLAIN | BEGINNING,
        ['_'] = PLAIN | BEGINNING,
        ['.'] = PLAIN,
        [':'] = PLAIN,
        ['/'] = PLAIN,
        ['-'] = PLAIN,
};

/* The length of the value at the beginning of the rest of a line, or 0 where it is not of the plain kind. */
static size_t measure_value(const char *text) {
        size_t n = 0;

        if (!(kinds[(uint8_t)text[0]] & BEGINNING))
                return 0;
        while (n <= MAX_VALUE && kinds[(uint8_t)text[n]] & PLAIN)
                n++;
        /* A colon at the end would make a key of it. */
        return n > MAX_VALUE || text[n] != '\n' || text[n - 1] == ':' ? 0 : n;
}

/* The length of what stands in a line before the value, "- " indented by spaces, or 0. */
static size_t measure_prefix(const char *text) {
        size_t n = 0;

        while (text[n] == ' ')
                n++;
        return text[n] == '-' && text[n + 1] == ' ' ? n + 2 : 0;
}

/* The lines that begin there and are of one list; goes behind them. */
static int take_run(const char *source, size_t size, size_t *offset, struct nfw_runs *runs) {
        const char *first = source + *offset;
        size_t n_prefix = measure_prefix(first), n_value = n_prefix > 0 ? measure_value(first + n_prefix) : 0;
        size_t n_lines = 0;
        struct nfw_run run = { .first = *offset + n_prefix };

        while (n_value > 0) {
                run.end = *offset;
                *offset += n_prefix + n_value + 1;
                if (++n_lines == 1)
                        run.begin = *offset;
                if (size - *offset <= n_prefix || memcmp(source + *offset, first, n_prefix) != 0)
                        break;
                n_value = measure_value(source + *offset + n_prefix);
        }
        if (n_lines < MIN_LINES)
                return 0;

        run.second = run.begin + n_prefix;
        run.n_values = n_lines - 2;
        return nfw_vec_push(&runs->vec, run);
}

/* LF, CR or both. */
static size_t count_lines(const char *source, size_t from, size_t end) {
        size_t n = 0;

        for (; from < end; from++)
                n += source[from] == '\n' || (source[from] == '\r' && source[from + 1] != '\n');
        return n;
}

/* Makes the text and what leads from it to the source. */
static int leave_out(const char *source, size_t size, struct nfw_runs *runs) {
        size_t from = 0, line = 0, n_octets = 0, n_lines = 0;
        char *p;

        nfw_vec_foreach (run, &runs->vec) {
                line += count_lines(source, from, run->begin);
                n_octets += run->end - run->begin;
                n_lines += run->n_values;
                run->line = line;
                run->n_octets = n_octets;
                run->n_lines = n_lines;
                from = run->end;
        }

        runs->size = size - n_octets;
        runs->copy = p = malloc(runs->size + 1);
        if (!p)
                return -ENOMEM;
        from = 0;
        nfw_vec_foreach (run, &runs->vec) {
                p = mempcpy(p, source + from, run->begin - from);
                from = run->end;
        }
        memcpy(p, source + from, size + 1 - from);
        runs->text = runs->copy;
        return 0;
}

int nfw_runs_find(const char *source, size_t size, struct nfw_runs *ret_runs) {
        struct nfw_runs runs = { .text = source, .size = size };
        int r = 0;

        for (size_t i = 0; r == 0 && i < size;) {
                size_t before = i;
                const char *end;

                r = take_run(source, size, &i, &runs);
                if (i > before)
                        continue;
                end = memchr(source + i, '\n', size - i);
                i = end ? (size_t)(end - source) + 1 : size;
        }
        if (r == 0 && runs.vec.n > 0)
                r = leave_out(source, size, &runs);
        if (r < 0) {
                nfw_runs_deinit(&runs);
                return r;
        }
        *ret_runs = runs;
        return 0;
}

void nfw_runs_deinit(struct nfw_runs *runs) {
        nfw_vec_deinit(&runs->vec);
        free(runs->copy);
        runs->copy = NULL;
}

const struct nfw_run *nfw_runs_before(const struct nfw_runs *runs, size_t line) {
        size_t first = 0, last = runs->vec.n;

        while (first < last) {
                size_t middle = first + (last - first) / 2;

                if (runs->vec.items[middle].line <= line)
                        first = middle + 1;
                else
                        last = middle;
        }
        return first > 0 ? &runs->vec.items[first - 1] : NULL;
}

size_t nfw_runs_to_source(const struct nfw_runs *runs, size_t offset) {
        size_t n_octets = 0;

        nfw_vec_foreach (run, &runs->vec) {
                if (run->end - run->n_octets > offset)
                        break;
                n_octets = run->n_octets;
        }
        return offset + n_octets;
}

size_t nfw_runs_to_text(const struct nfw_runs *runs, size_t offset) {
        size_t n_octets = 0;

        nfw_vec_foreach (run, &runs->vec) {
                if (run->begin >= offset)
                        break;
                offset = NFW_MAX(offset, run->end);
                n_octets = run->n_octets;
        }
        return offset - n_octets;
}
