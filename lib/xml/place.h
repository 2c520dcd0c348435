/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Offsets in a text to lines and columns. It remembers the last place, so that asking for one after the other goes
 * through the text once, however long its lines are.
 */

#include "base/report.h"

struct nfw_xml_place {
        const char *file;
        const char *text;
        size_t size;

        size_t offset;
        unsigned int line;
        unsigned int column;
};

#define NFW_XML_PLACE_INIT(file_, text_, size_)                                                              \
        { .file = (file_), .text = (text_), .size = (size_), .line = 1, .column = 1 }

/* Where the offset is; columns are characters. */
struct nfw_pos nfw_xml_place_at(struct nfw_xml_place *place, size_t offset);

/* The offset of the '<' of the tag that the offset is in. */
size_t nfw_xml_place_tag(const struct nfw_xml_place *place, size_t offset);

/*
 * The offset of the next attribute in a well-formed tag, from *offset on, which moves behind it. Begin with the offset
 * of the tag.
 */
size_t nfw_xml_place_attribute(const struct nfw_xml_place *place, size_t *offset);
