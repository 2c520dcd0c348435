/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/suggest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Commands and options are short words; anything longer is no typo of one. */
#define LENGTH_MAX 32

static size_t smallest(size_t a, size_t b, size_t c) {
        size_t least = a < b ? a : b;

        return least < c ? least : c;
}

/* Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b) {
        size_t rows[3][LENGTH_MAX + 1];
        size_t *before = rows[0], *previous = rows[1], *current = rows[2];

        for (size_t j = 0; j <= n_b; j++) {
                before[j] = 0;
                previous[j] = j;
        }
        for (size_t i = 1; i <= n_a; i++) {
                size_t *oldest = before;

                current[0] = i;
                for (size_t j = 1; j <= n_b; j++) {
                        bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];

                        current[j] = smallest(previous[j] + 1, current[j - 1] + 1,
                                              previous[j - 1] + (a[i - 1] != b[j - 1]));
                        if (swapped && before[j - 2] + 1 < current[j])
                                current[j] = before[j - 2] + 1;
                }
                before = previous;
                previous = current;
                current = oldest;
        }
        return previous[n_b];
}

const char *suggest(const char *written, const char *const *candidates, size_t n_candidates) {
        size_t n_written = strlen(written);
        const char *nearest = NULL;
        size_t nearest_distance = 0;

        if (n_written == 0 || n_written > LENGTH_MAX)
                return NULL;

        for (size_t i = 0; i < n_candidates; i++) {
                size_t n_candidate = strlen(candidates[i]);
                size_t d;

                if (n_candidate > LENGTH_MAX)
                        continue;
                /* A word that was cut short is as near as one with a single typo. */
                if (n_written >= 2 && strncmp(candidates[i], written, n_written) == 0)
                        d = 1;
                else
                        d = distance(written, n_written, candidates[i], n_candidate);
                if (d > (n_candidate + 2) / 3)
                        continue;
                if (!nearest || d < nearest_distance) {
                        nearest = candidates[i];
                        nearest_distance = d;
                }
        }
        return nearest;
}

char *suggest_hint(const char *written, const char *const *candidates, size_t n_candidates) {
        const char *nearest = suggest(written, candidates, n_candidates);
        char *hint;

        return nearest && asprintf(&hint, "did you mean `%s`?", nearest) >= 0 ? hint : NULL;
}
