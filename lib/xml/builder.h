/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What libxml2's callbacks make of a file: a tree, or the first thing that is wrong with it. */

#include <libxml/parser.h>

#include "xml/place.h"
#include "xml/xml.h"

struct nfw_xml_frame {
        struct nfw_xml_element *element; /* it is in its parent's children already */
        NFW_VEC(char) text;
};

struct nfw_xml_builder {
        struct nfw_report *report;
        struct nfw_xml_place place;
        xmlParserCtxtPtr context;

        struct nfw_xml *xml;
        struct nfw_xml_frame frames[NFW_XML_DEPTH_MAX];
        size_t depth;
        size_t n_nodes;
        int r; /* of the first thing that went wrong; nothing is looked at after it */
};

/* The callbacks; their userdata is the builder. */
void nfw_xml_builder_handler(xmlSAXHandler *ret_handler);

/* Reports that something is wrong and ends the parsing. */
nfw_printf(5, 6) void nfw_xml_builder_refuse(struct nfw_xml_builder *builder,
                                             const char *code,
                                             size_t offset,
                                             const char *hint,
                                             const char *format,
                                             ...);
