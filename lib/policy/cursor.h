/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * A place in the source that goes forward only. What is left empty (`-` and nothing behind it) has no token and so
 * no position; the cursor finds the character that stands where it was expected.
 */
struct nfw_cursor {
        const char *source;
        size_t size;
        size_t offset;
        unsigned int line; /* these count from 0 */
        unsigned int column;
        bool used; /* the character here has been answered already */
};

void nfw_cursor_move(struct nfw_cursor *cursor, size_t offset, unsigned int line, unsigned int column);
/* Goes to the next character that is neither blank nor part of a comment, at least one further each time. */
void nfw_cursor_find_next(struct nfw_cursor *cursor);
