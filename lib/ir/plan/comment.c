/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/plan/comment.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ELLIPSIS      "\u2026"
#define ELLIPSIS_SIZE (sizeof(ELLIPSIS) - 1)
#define SEPARATOR     ", "

/* ", … (+18446744073709551615)" */
#define REST_MAX (sizeof(SEPARATOR ELLIPSIS " (+)") + 20)

/* Empty where nothing is left out. */
static size_t format_rest(size_t n_left_out, char rest[static REST_MAX]) {
        rest[0] = '\0';
        if (n_left_out == 0)
                return 0;
        return (size_t)snprintf(rest, REST_MAX, SEPARATOR ELLIPSIS " (+%zu)", n_left_out);
}

static bool is_printable(char c) {
        unsigned char octet = (unsigned char)c;

        return octet >= 0x20 && octet != 0x7f && octet != '"' && octet != '\\';
}

static void append(char *text, size_t *size, const char *name, size_t name_size) {
        for (size_t i = 0; i < name_size; i++)
                text[(*size)++] = is_printable(name[i]) ? name[i] : '_';
        text[*size] = '\0';
}

/* The largest size of at most max octets that does not end within a UTF-8 sequence. */
static size_t cut_size(const char *name, size_t max) {
        size_t size = strnlen(name, max + 1);

        if (size <= max)
                return size;
        size = max;
        while (size > 0 && ((unsigned char)name[size] & 0xc0) == 0x80)
                size--;
        return size;
}

char *nfw_plan_comment(const char *const *names, size_t n_names, size_t n_total) {
        char text[NFW_COMMENT_MAX + 1] = "";
        char rest[REST_MAX];
        size_t size = 0, n_shown = 0;

        for (; n_shown < n_names; n_shown++) {
                size_t separator_size = n_shown ? strlen(SEPARATOR) : 0;
                size_t name_size = strlen(names[n_shown]);
                size_t rest_size = format_rest(n_total - n_shown - 1, rest);

                if (size + separator_size + name_size + rest_size > NFW_COMMENT_MAX)
                        break;
                memcpy(text + size, SEPARATOR, separator_size);
                size += separator_size;
                append(text, &size, names[n_shown], name_size);
        }

        if (n_shown == 0 && n_names > 0) {
                size_t rest_size = format_rest(n_total - 1, rest);

                append(text, &size, names[0],
                       cut_size(names[0], NFW_COMMENT_MAX - ELLIPSIS_SIZE - rest_size));
                memcpy(text + size, ELLIPSIS, sizeof(ELLIPSIS));
                size += ELLIPSIS_SIZE;
                n_shown = 1;
        }

        (void)format_rest(n_total - n_shown, rest);
        memcpy(text + size, rest, strlen(rest) + 1);
        return strdup(text);
}
