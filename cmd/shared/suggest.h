/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/* The candidate that was probably meant, or NULL where none is near. */
const char *suggest(const char *written, const char *const *candidates, size_t n_candidates);

/* "did you mean `WORD`?" for it, to be freed; NULL where none is near. */
char *suggest_hint(const char *written, const char *const *candidates, size_t n_candidates);
