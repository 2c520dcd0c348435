/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/unsupported.h"

#include <stdbool.h>
#include <string.h>

static const char mark[] = "\xef\xbb\xbf"; /* the byte order mark, which may begin a document */

static bool is_space(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool begins_with(const char *text, size_t size, const char *beginning) {
        size_t n = strlen(beginning);

        return size >= n && memcmp(text, beginning, n) == 0;
}

static bool is_version(const char *text, size_t size) {
        static const char version[] = "%YAML 1.2";

        return begins_with(text, size, version) &&
               (size == sizeof(version) - 1 || is_space(text[sizeof(version) - 1]));
}

/* What can stand in a line before a key: indentation, indicators, anchors and tags. */
static size_t skip_prefix(const char *source, size_t size, size_t i) {
        if (source[i] == '&' || source[i] == '!') {
                while (i < size && !is_space(source[i]))
                        i++;
                return i;
        }
        return source[i] == ' ' || source[i] == '\t' || source[i] == '-' || source[i] == ':' ||
                               source[i] == '?'
                       ? i + 1
                       : i;
}

/* The offset of a '?' before a key in the line that begins there, or of what else its content begins with. */
static size_t find_content(const char *source, size_t size, size_t i, bool *ret_is_key) {
        size_t next;

        *ret_is_key = false;
        for (; i < size; i = next) {
                if (source[i] == '?' && (i + 1 == size || is_space(source[i + 1]))) {
                        *ret_is_key = true;
                        return i;
                }
                next = skip_prefix(source, size, i);
                if (next == i)
                        break;
        }
        return i;
}

/* Nothing but blanks and a comment. */
static bool is_empty(const char *source, size_t size, size_t i) {
        while (i < size && (source[i] == ' ' || source[i] == '\t'))
                i++;
        return i == size || source[i] == '#' || is_space(source[i]);
}

/* Behind the line's end, which is LF, CR or both. */
static size_t find_next_line(const char *source, size_t size, size_t i) {
        const char *end = memchr(source + i, '\n', size - i);
        size_t n = end ? (size_t)(end - source) : size;
        const char *early = memchr(source + i, '\r', n - i);

        if (early)
                return (size_t)(early - source) + 1;
        return n < size ? n + 1 : size;
}

enum nfw_unsupported nfw_unsupported_find(const char *source, size_t size, size_t *ret_offset) {
        bool is_beginning = true, is_key;
        size_t i = 0;

        while (i < size) {
                if (begins_with(source + i, size - i, mark))
                        i += sizeof(mark) - 1;
                *ret_offset = i;
                if (i < size && source[i] == '%' && !(is_beginning && is_version(source + i, size - i)))
                        return NFW_UNSUPPORTED_DIRECTIVE;
                is_beginning = is_beginning && is_empty(source, size, i);

                i = find_content(source, size, i, &is_key);
                *ret_offset = i;
                if (is_key)
                        return NFW_UNSUPPORTED_EXPLICIT_KEY;

                i = find_next_line(source, size, i);
        }
        return NFW_UNSUPPORTED_NONE;
}
