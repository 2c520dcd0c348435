/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Long lists of plain values, one a line, as generated policies have them:
 *
 *     - 192.0.2.1
 *     - 192.0.2.2
 *
 * libfyaml spends most of its time on these. So the lines between the first and the last one are left out before it
 * sees them, and whoever asks for the events gets them from here instead. What looks like such a list and is none
 * stands within a scalar of several lines or where YAML allows no list, and both are refused anyway.
 */

#include <stddef.h>

#include "base/vec.h"

/* Lines with the same indentation, of which all but the first and the last one are left out. */
struct nfw_run {
        size_t first;    /* where the first value stands in the source */
        size_t second;   /* and the second one */
        size_t n_values; /* that are left out, from the second one on */

        /* The lines that are left out, in the source, and the line of the text that stands in their place. */
        size_t begin;
        size_t end;
        size_t line;

        /* What is left out up to here, these lines included. */
        size_t n_octets;
        size_t n_lines;
};

struct nfw_runs {
        NFW_VEC(struct nfw_run) vec;
        const char *text; /* the source without them */
        size_t size;
        char *copy;
};

/* The source, any octets, is borrowed; behind it stands a zero, and so it does behind the text. 0 or -ENOMEM. */
int nfw_runs_find(const char *source, size_t size, struct nfw_runs *ret_runs);
void nfw_runs_deinit(struct nfw_runs *runs);

/* The run, with all before it, that is left out before a line of the text, which counts from 0; or NULL. */
const struct nfw_run *nfw_runs_before(const struct nfw_runs *runs, size_t line);
/* From an offset in the text to the one in the source, and back, to where what is left out would be. */
size_t nfw_runs_to_source(const struct nfw_runs *runs, size_t offset);
size_t nfw_runs_to_text(const struct nfw_runs *runs, size_t offset);
