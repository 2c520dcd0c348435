/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "network/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int nfw_network_tree_new(const char *name, const struct nfw_pos *pos, struct nfw_xml_element **ret_element) {
        struct nfw_xml_element *element = calloc(1, sizeof(*element));

        if (!element)
                return -ENOMEM;
        element->name = strdup(name);
        element->text = strdup("");
        element->pos = *pos;
        if (!element->name || !element->text) {
                free(element->name);
                free(element->text);
                free(element);
                return -ENOMEM;
        }
        *ret_element = element;
        return 0;
}

int nfw_network_tree_add(struct nfw_xml_element *parent,
                         const char *name,
                         const struct nfw_pos *pos,
                         struct nfw_xml_element **ret_element) {
        int r;

        r = nfw_vec_reserve(&parent->children, 1);
        if (r == 0)
                r = nfw_network_tree_new(name, pos, ret_element);
        if (r < 0)
                return r;
        parent->children.items[parent->children.n++] = *ret_element;
        return 0;
}

static int replace(char **value, const char *with) {
        char *copy = strdup(with);

        if (!copy)
                return -ENOMEM;
        free(*value);
        *value = copy;
        return 0;
}

int nfw_network_tree_set(struct nfw_xml_element *element,
                         const char *name,
                         const char *value,
                         const struct nfw_pos *pos) {
        struct nfw_xml_attribute attribute;

        nfw_vec_foreach (each, &element->attributes)
                if (strcmp(each->name, name) == 0)
                        return replace(&each->value, value);

        if (nfw_vec_reserve(&element->attributes, 1) < 0)
                return -ENOMEM;
        attribute = (struct nfw_xml_attribute){ .name = strdup(name), .value = strdup(value), .pos = *pos };
        if (!attribute.name || !attribute.value) {
                free(attribute.name);
                free(attribute.value);
                return -ENOMEM;
        }
        element->attributes.items[element->attributes.n++] = attribute;
        return 0;
}

int nfw_network_tree_set_text(struct nfw_xml_element *element, const char *text) {
        return replace(&element->text, text);
}
