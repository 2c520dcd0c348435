/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/list_text.h"

#include <string.h>

#define KIND_MAX 16
#define NAME_MAX 256

struct heading {
        char kind[KIND_MAX];
        char name[NAME_MAX];
};

/* The word at *text goes into the buffer; it ends with a space. */
static bool read_word(const char **text, const char *end, char *buffer, size_t size) {
        const char *space = memchr(*text, ' ', (size_t)(end - *text));
        size_t n = space ? (size_t)(space - *text) : 0;

        if (n == 0 || n >= size)
                return false;
        memcpy(buffer, *text, n);
        buffer[n] = '\0';
        *text = space + 1;
        return true;
}

/* "<tab>set NAME {", the first line of an object. */
static bool read_heading(const char *line, const char *end, struct heading *ret_heading) {
        struct heading heading;

        if (*line++ != '\t' || *line == '\t')
                return false;
        if (!read_word(&line, end, heading.kind, sizeof(heading.kind)) ||
            !read_word(&line, end, heading.name, sizeof(heading.name)) || end - line != 1 || *line != '{')
                return false;
        *ret_heading = heading;
        return true;
}

static bool is_closing(const char *line, const char *end) {
        return end - line == 2 && memcmp(line, "\t}", 2) == 0;
}

int nfw_nft_list_foreach(
        const char *listing,
        int (*callback)(const char *kind, const char *name, const char *text, size_t size, void *userdata),
        void *userdata) {
        const char *begin = NULL;
        struct heading heading;
        int r = 0;

        for (const char *line = listing, *end; r == 0 && (end = strchr(line, '\n')); line = end + 1) {
                if (!begin && read_heading(line, end, &heading))
                        begin = line;
                else if (begin && is_closing(line, end)) {
                        r = callback(heading.kind, heading.name, begin, (size_t)(end + 1 - begin), userdata);
                        begin = NULL;
                }
        }
        return r;
}
