/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

/* A whole line, or, where one is that long, as many characters. */
static size_t cut(const char *source, size_t from, size_t to) {
        const char *end = memrchr(source + from, '\n', to - from);

        if (end)
                return (size_t)(end - source) + 1;
        while (((unsigned char)source[to] & 0xc0) == 0x80)
                to--;
        return to;
}

/* A copy with a line break and an indentation at each of the breaks. */
static int break_lines(struct nfw_feed *feed) {
        size_t size = feed->size + feed->breaks.vec.items[feed->breaks.vec.n - 1].inserted, from = 0;
        char *p;

        feed->copy = p = malloc(size);
        if (!p)
                return -ENOMEM;

        nfw_vec_foreach (at, &feed->breaks.vec) {
                p = mempcpy(p, feed->text + from, at->offset - from);
                *p++ = '\n';
                memset(p, ' ', at->indent);
                p += at->indent;
                from = at->offset;
        }
        memcpy(p, feed->text + from, feed->size - from);

        feed->text = feed->copy;
        feed->size = size;
        return 0;
}

int nfw_feed_init(
        struct nfw_feed *feed, const char *source, size_t size, const struct nfw_runs *runs, size_t tail) {
        size_t refused_at;
        int r;

        *feed = (struct nfw_feed){
                .text = runs->text,
                .size = runs->size,
                .end = size,
                .refused_at = size,
                .runs = runs,
                .breaks.distance = tail,
        };
        if (size <= tail)
                return 0;

        r = nfw_scan(runs->text, runs->size, &feed->breaks, &refused_at);
        if (r < 0)
                return r;
        feed->refused_at = nfw_runs_to_source(runs, refused_at);
        if (size - feed->refused_at > tail) {
                feed->end = cut(source, feed->refused_at, feed->refused_at + tail);
                feed->size = nfw_runs_to_text(runs, feed->end);
        }
        return feed->breaks.vec.n > 0 ? break_lines(feed) : 0;
}

void nfw_feed_deinit(struct nfw_feed *feed) {
        nfw_vec_deinit(&feed->breaks.vec);
        free(feed->copy);
        feed->copy = NULL;
}

/* How many of the breaks stand before a line of the text. */
static size_t count_breaks(const struct nfw_feed *feed, size_t line) {
        size_t first = 0, last = feed->breaks.vec.n;

        while (first < last) {
                size_t middle = first + (last - first) / 2;

                /* So many breaks have come before that each has moved on the line of this one. */
                if (feed->breaks.vec.items[middle].line + middle + 1 <= line)
                        first = middle + 1;
                else
                        last = middle;
        }
        return first;
}

struct nfw_feed_place nfw_feed_locate(const struct nfw_feed *feed, const struct nfw_feed_place *in_text) {
        size_t n = count_breaks(feed, in_text->line);
        struct nfw_feed_place place = *in_text;
        const struct nfw_run *run;

        if (n > 0) {
                const struct nfw_scan_break *last = &feed->breaks.vec.items[n - 1];

                place.offset -= last->inserted;
                place.line -= n;
                if (last->line == place.line)
                        place.column = place.column - last->indent + last->column;
        }

        run = nfw_runs_before(feed->runs, place.line);
        if (run) {
                place.offset += run->n_octets;
                place.line += run->n_lines;
        }
        return place;
}
