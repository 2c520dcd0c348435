/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xml/place.h"

#include <string.h>

#define SPACE " \t\r\n"

struct nfw_pos nfw_xml_place_at(struct nfw_xml_place *place, size_t offset) {
        if (offset > place->size)
                offset = place->size;
        if (offset < place->offset) {
                place->offset = 0;
                place->line = place->column = 1;
        }

        for (; place->offset < offset; place->offset++) {
                unsigned char c = (unsigned char)place->text[place->offset];

                if (c == '\n') {
                        place->line++;
                        place->column = 1;
                } else if ((c & 0xc0) != 0x80) {
                        place->column++;
                }
        }
        return (struct nfw_pos){ .file = place->file, .line = place->line, .column = place->column };
}

size_t nfw_xml_place_tag(const struct nfw_xml_place *place, size_t offset) {
        const char *tag;

        /* No value of an attribute contains the character itself. */
        tag = memrchr(place->text, '<', NFW_MIN(offset, place->size));
        return tag ? (size_t)(tag - place->text) : 0;
}

/* The first octet, from the offset on, that is one of these; not strcspn(), which instrumented looks at all the text. */
static size_t find(const struct nfw_xml_place *place, size_t offset, const char *these) {
        while (offset < place->size && !memchr(these, place->text[offset], strlen(these)))
                offset++;
        return offset;
}

size_t nfw_xml_place_attribute(const struct nfw_xml_place *place, size_t *offset) {
        size_t begin = *offset, quote;

        if (begin < place->size && place->text[begin] == '<')
                begin = find(place, begin, SPACE);
        while (begin < place->size && memchr(SPACE, place->text[begin], strlen(SPACE)))
                begin++;

        quote = find(place, begin, "\"'");
        *offset = quote;
        if (quote < place->size) {
                const char end[] = { place->text[quote], '\0' };

                *offset = NFW_MIN(find(place, quote + 1, end) + 1, place->size);
        }
        return begin;
}
