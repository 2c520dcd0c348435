/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/*
 * The candidate that is nearest to what was written, by edit distance with swaps, or NULL where none is near
 * enough to be worth suggesting (more than a third of the letters differ).
 */
const char *nfw_suggest(const char *written, const char *const *candidates, size_t n_candidates);
