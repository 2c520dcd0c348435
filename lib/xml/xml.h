/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * XML as a tree of elements with positions. It may come from anybody: UTF-8 only, no DTD, no entities but the five of
 * XML itself, no network, and bounds on size, depth and number of nodes. The only user of libxml2.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/report.h"
#include "base/vec.h"

#define NFW_XML_SIZE_MAX      (1024 * 1024) /* octets */
#define NFW_XML_DEPTH_MAX     32
#define NFW_XML_NODES_MAX     50000 /* elements and attributes */
#define NFW_XML_ATTRIBUTE_MAX 512   /* attributes of one element: libxml2 compares each with each */

struct nfw_xml_attribute {
        char *name; /* with its prefix, as written */
        char *value;
        struct nfw_pos pos;
};

struct nfw_xml_element {
        char *name;
        char *text; /* all character data directly inside, trimmed; "" where there is none */
        struct nfw_pos pos;
        NFW_VEC(struct nfw_xml_attribute) attributes; /* in the order of the file, without xmlns */
        NFW_VEC(struct nfw_xml_element *) children;
};

struct nfw_xml {
        char *file; /* the positions refer to it */
        struct nfw_xml_element *root;
};

/*
 * file is for messages. 0; NFW_E_INVALID where it is not such XML, and the report says where; or a negative errno.
 */
int nfw_xml_parse(
        const char *file, const void *data, size_t size, struct nfw_report *report, struct nfw_xml **ret_xml);
struct nfw_xml *nfw_xml_free(struct nfw_xml *xml);
NFW_DEFINE_CLEANUP(struct nfw_xml, nfw_xml_free)

/* The attribute's value, or NULL. */
const char *nfw_xml_attribute(const struct nfw_xml_element *element, const char *name);
/* The first child of that name, or NULL. */
const struct nfw_xml_element *nfw_xml_child(const struct nfw_xml_element *element, const char *name);
