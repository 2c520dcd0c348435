/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Long lists of plain values, one a line, as generated policies have them:
 *
 *     - 192.0.2.1
 *     - 192.0.2.2
 *
 * libfyaml spends most of its time on these. So the lines between the first and the last one are blanked before it
 * sees them, and whoever asks for the events gets them from here instead. What looks like such a list and is none
 * stands within a scalar of several lines or where YAML allows no list, and both are refused anyway.
 */

#include <stddef.h>

#include "base/vec.h"

/* Lines with the same indentation; nothing is blanked in the first and the last one. */
struct nfw_run {
        size_t first;     /* where the first value stands in the source */
        size_t second;    /* and the second one */
        size_t n_blanked; /* lines, from the second one on */
};

struct nfw_runs {
        NFW_VEC(struct nfw_run) vec;
        char *blanked; /* the source without them; NULL where there are none */
};

/* 0 or -ENOMEM. */
int nfw_runs_find(const char *source, size_t size, struct nfw_runs *ret_runs);
void nfw_runs_deinit(struct nfw_runs *runs);

/* The length of the value at the beginning of the rest of a line, or 0 where it is not of the plain kind. */
size_t nfw_run_value_length(const char *text, size_t size);
