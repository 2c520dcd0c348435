/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/suggest.h"

#include <stdint.h>
#include <string.h>

#include "base/macros.h"

/* Longer words are no typing mistakes of ours, and the rows of the table fit on the stack. */
#define WORD_MAX 128

static char fold(char c) {
        return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Optimal string alignment, of which only the last three rows are needed. Letter case does not count. */
static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b) {
        uint8_t rows[3][WORD_MAX + 1];
        uint8_t *before = rows[0], *previous = rows[1], *current = rows[2];

        for (size_t j = 0; j <= n_b; j++)
                previous[j] = (uint8_t)j;

        for (size_t i = 1; i <= n_a; i++) {
                uint8_t *recycled = before;

                current[0] = (uint8_t)i;
                for (size_t j = 1; j <= n_b; j++) {
                        int replace = previous[j - 1] + (fold(a[i - 1]) != fold(b[j - 1]));
                        int best = NFW_MIN(previous[j], current[j - 1]) + 1;

                        best = NFW_MIN(best, replace);
                        if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                            fold(a[i - 2]) == fold(b[j - 1]))
                                best = NFW_MIN(best, before[j - 2] + 1);
                        current[j] = (uint8_t)best;
                }

                before = previous;
                previous = current;
                current = recycled;
        }

        return previous[n_b];
}

const char *nfw_suggest(const char *written, const char *const *candidates, size_t n_candidates) {
        size_t n_written = strnlen(written, WORD_MAX + 1);
        size_t best_distance = SIZE_MAX;
        const char *best = NULL;

        if (n_written > WORD_MAX)
                return NULL;

        for (size_t i = 0; i < n_candidates; i++) {
                size_t n_candidate = strnlen(candidates[i], WORD_MAX + 1);
                size_t d;

                if (n_candidate > WORD_MAX)
                        continue;

                d = distance(written, n_written, candidates[i], n_candidate);
                if (d * 3 <= NFW_MAX(n_written, n_candidate) && d < best_distance) {
                        best_distance = d;
                        best = candidates[i];
                }
        }

        return best;
}
