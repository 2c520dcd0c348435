/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Trees of elements that are made rather than read, and what their elements and attributes may be. */

#include "policy/sink.h"
#include "xml/xml.h"

/* The new element is the parent's last child. 0 or -ENOMEM. */
int nfw_network_tree_add(struct nfw_xml_element *parent,
                         const char *name,
                         const struct nfw_pos *pos,
                         struct nfw_xml_element **ret_element);
/* Without a parent; nfw_xml_free() frees it as the root of a tree. */
int nfw_network_tree_new(const char *name, const struct nfw_pos *pos, struct nfw_xml_element **ret_element);
/* Sets it, whether it is there or not. 0 or -ENOMEM. */
int nfw_network_tree_set(struct nfw_xml_element *element,
                         const char *name,
                         const char *value,
                         const struct nfw_pos *pos);
int nfw_network_tree_set_text(struct nfw_xml_element *element, const char *text);

/*
 * YAML as such a tree: mappings are elements, what they map to plain values are attributes, lists are elements of the
 * same name. As nfw_xml_parse().
 */
int nfw_network_yaml_parse(
        const char *file, const char *data, size_t size, struct nfw_sink *sink, struct nfw_xml **ret_xml);

/* Whether what is so called in that place is an element with text, and no attribute. */
bool nfw_network_is_text(const char *parent, const char *name);
