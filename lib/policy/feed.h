/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What libfyaml gets of a source, and where that stands in it. */

#include "policy/runs.h"
#include "policy/scan.h"

#define NFW_FEED_TAIL ((size_t)16 << 10)

struct nfw_feed {
        const char *text; /* the source, or what was made of it */
        size_t size;
        size_t end;        /* how far into the source the text goes */
        size_t refused_at; /* the offset in the source of what no policy has; where there is nothing, the end */
        char *copy;
        const struct nfw_runs *runs;   /* the text is the source without these lines, */
        struct nfw_scan_breaks breaks; /* and with these; their places are those without the runs */
};

/*
 * So many octets are handed on behind the first thing that no policy has, so a file of that size always is, and lines
 * are broken that are longer. The source and its runs are borrowed; behind the source stands a zero, and none is
 * inside. 0 or -ENOMEM.
 */
int nfw_feed_init(
        struct nfw_feed *feed, const char *source, size_t size, const struct nfw_runs *runs, size_t tail);
void nfw_feed_deinit(struct nfw_feed *feed);

/* From a place in the text to the one in the source. Lines and columns count from 0. */
struct nfw_feed_place {
        size_t offset;
        size_t line;
        size_t column;
};

struct nfw_feed_place nfw_feed_locate(const struct nfw_feed *feed, const struct nfw_feed_place *in_text);
