/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/cursor.h"

void nfw_cursor_move(struct nfw_cursor *cursor, size_t offset, unsigned int line, unsigned int column) {
        if (offset < cursor->offset || offset > cursor->size)
                return;

        cursor->offset = offset;
        cursor->line = line;
        cursor->column = column;
        cursor->used = false;
}

static bool is_continuation(char c) {
        return ((unsigned char)c & 0xc0) == 0x80;
}

/* One octet on, which is a character unless it goes on. */
static void step(struct nfw_cursor *cursor) {
        char c = cursor->source[cursor->offset++];
        bool pair = c == '\r' && cursor->offset < cursor->size && cursor->source[cursor->offset] == '\n';

        if (c == '\n' || (c == '\r' && !pair)) {
                cursor->line++;
                cursor->column = 0;
        } else if (!is_continuation(c))
                cursor->column++;
}

void nfw_cursor_find_next(struct nfw_cursor *cursor) {
        bool comment = false;

        if (cursor->used && cursor->offset < cursor->size)
                step(cursor);

        for (; cursor->offset < cursor->size; step(cursor)) {
                char c = cursor->source[cursor->offset];

                if (c == '\n' || c == '\r')
                        comment = false;
                else if (c == '#')
                        comment = true;
                else if (!comment && c != ' ' && c != '\t' && !is_continuation(c))
                        break;
        }
        cursor->used = true;
}
