/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xml/xml.h"

#include <string.h>

/* Its children are freed before it; there are never more than NFW_XML_DEPTH_MAX elements in one another. */
static void element_free(struct nfw_xml_element *root) {
        struct nfw_xml_element *path[NFW_XML_DEPTH_MAX];
        size_t depth = 0;

        path[depth++] = root;
        while (depth > 0) {
                struct nfw_xml_element *element = path[depth - 1];

                if (element->children.n > 0) {
                        path[depth++] = element->children.items[--element->children.n];
                        continue;
                }
                nfw_vec_foreach (attribute, &element->attributes) {
                        free(attribute->name);
                        free(attribute->value);
                }
                nfw_vec_deinit(&element->attributes);
                nfw_vec_deinit(&element->children);
                free(element->name);
                free(element->text);
                free(element);
                depth--;
        }
}

struct nfw_xml *nfw_xml_free(struct nfw_xml *xml) {
        if (!xml)
                return NULL;

        if (xml->root)
                element_free(xml->root);
        free(xml->file);
        free(xml);
        return NULL;
}

const char *nfw_xml_attribute(const struct nfw_xml_element *element, const char *name) {
        nfw_vec_foreach (attribute, &element->attributes)
                if (strcmp(attribute->name, name) == 0)
                        return attribute->value;
        return NULL;
}

const struct nfw_xml_element *nfw_xml_child(const struct nfw_xml_element *element, const char *name) {
        nfw_vec_foreach (child, &element->children)
                if (strcmp((*child)->name, name) == 0)
                        return *child;
        return NULL;
}
