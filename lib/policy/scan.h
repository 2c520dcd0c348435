/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A look at a source before libfyaml sees it. libfyaml reads ahead of its own events, without bound, as long as what
 * it reads may still become a key: a file of opening brackets takes 350 times its size before the first event says
 * how deep it is. And it goes through some whitespace and directives in quadratic time. So what it gets of a large
 * file ends soon behind the first thing that no policy has, and its lines are not too long.
 *
 * Only lexical form is looked at, and everything that is not understood for certain counts as such a thing: scalars of
 * several lines, anchors, tags and aliases, deeper nesting than there may be, values without a comma between them, …
 */

#include <stddef.h>

#include "base/vec.h"

/* Blanks between what stands in a line, and whitespace of any kind behind the ':' in a flow mapping. */
#define NFW_SCAN_SPACE_MAX 128

/* A place, behind a comma between values, where a long line can be broken. */
struct nfw_scan_break {
        size_t offset;
        size_t line; /* these count from 0 */
        size_t column;
        size_t indent;   /* of the line that begins here, so that it still belongs to what it is in */
        size_t inserted; /* how many octets this break and all before it add */
};

struct nfw_scan_breaks {
        NFW_VEC(struct nfw_scan_break) vec;
        size_t distance; /* how many octets are between breaks, or ends of lines, at least */
};

/*
 * The offset of the first thing that no policy has, or size, and the places where lines up to there can be broken.
 * Behind the source stands a zero, and none is inside. 0 or -ENOMEM.
 */
int nfw_scan(const char *source, size_t size, struct nfw_scan_breaks *breaks, size_t *ret_offset);
