/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/explicit.h"

#include <stdbool.h>
#include <string.h>

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What can stand in a line before a key: indentation, indicators, anchors and tags. */
static size_t skip_prefix(const char *source, size_t size, size_t i) {
        if (source[i] == '&' || source[i] == '!') {
                while (i < size && !is_blank(source[i]))
                        i++;
                return i;
        }
        return source[i] == ' ' || source[i] == '\t' || source[i] == '-' || source[i] == ':' ||
                               source[i] == '?'
                       ? i + 1
                       : i;
}

size_t nfw_explicit_key_find(const char *source, size_t size) {
        static const char mark[] = "\xef\xbb\xbf"; /* the byte order mark, which may begin a document */
        size_t i = 0;

        while (i < size) {
                const char *end;
                size_t next;

                if (size - i >= sizeof(mark) - 1 && memcmp(source + i, mark, sizeof(mark) - 1) == 0)
                        i += sizeof(mark) - 1;
                for (; i < size; i = next) {
                        if (source[i] == '?' && (i + 1 == size || is_blank(source[i + 1])))
                                return i;
                        next = skip_prefix(source, size, i);
                        if (next == i)
                                break;
                }

                end = i < size ? strpbrk(source + i, "\n\r") : NULL;
                if (!end)
                        break;
                i = (size_t)(end - source) + 1;
        }
        return size;
}
