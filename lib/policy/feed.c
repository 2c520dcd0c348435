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
static int break_lines(struct nfw_feed *feed, const char *source) {
        size_t size = feed->end + feed->breaks.vec.items[feed->breaks.vec.n - 1].inserted, from = 0;
        char *p;

        feed->copy = p = malloc(size);
        if (!p)
                return -ENOMEM;

        nfw_vec_foreach (at, &feed->breaks.vec) {
                p = mempcpy(p, source + from, at->offset - from);
                *p++ = '\n';
                memset(p, ' ', at->indent);
                p += at->indent;
                from = at->offset;
        }
        memcpy(p, source + from, feed->end - from);

        feed->text = feed->copy;
        feed->size = size;
        return 0;
}

int nfw_feed_init(struct nfw_feed *feed, const char *source, size_t size, size_t tail) {
        int r;

        *feed = (struct nfw_feed){
                .text = source,
                .size = size,
                .end = size,
                .refused_at = size,
                .breaks.distance = tail,
        };
        if (size <= tail)
                return 0;

        r = nfw_scan(source, size, &feed->breaks, &feed->refused_at);
        if (r < 0)
                return r;
        if (size - feed->refused_at > tail)
                feed->size = feed->end = cut(source, feed->refused_at, feed->refused_at + tail);
        return feed->breaks.vec.n > 0 ? break_lines(feed, source) : 0;
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
        const struct nfw_scan_break *last;

        if (n == 0)
                return place;

        last = &feed->breaks.vec.items[n - 1];
        place.offset -= last->inserted;
        place.line -= n;
        if (last->line == place.line)
                place.column = place.column - last->indent + last->column;
        return place;
}
