/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network/network.h"

/* As libvirt orders them; what is not here comes last. */
static const char *const order[] = {
        "name",   "uuid", "title", "description", "metadata", "forward",
        "bridge", "mtu",  "mac",   "domain",      "dns",      "ip",
};

static void print_escaped(FILE *stream, const char *text) {
        for (; *text; text++)
                switch (*text) {
                case '&':
                        fputs("&amp;", stream);
                        break;
                case '<':
                        fputs("&lt;", stream);
                        break;
                case '>':
                        fputs("&gt;", stream);
                        break;
                case '\'':
                        fputs("&apos;", stream);
                        break;
                case '"':
                        fputs("&quot;", stream);
                        break;
                case '\n':
                        fputs("&#10;", stream);
                        break;
                case '\r':
                        fputs("&#13;", stream);
                        break;
                case '\t':
                        fputs("&#9;", stream);
                        break;
                default:
                        fputc(*text, stream);
                }
}

static void indent(FILE *stream, size_t depth) {
        fprintf(stream, "%*s", (int)(2 * depth), "");
}

/* Up to what is inside; whether there are elements inside. */
static bool print_begin(FILE *stream, const struct nfw_xml_element *element, size_t depth) {
        indent(stream, depth);
        fprintf(stream, "<%s", element->name);
        nfw_vec_foreach (attribute, &element->attributes) {
                fprintf(stream, " %s='", attribute->name);
                print_escaped(stream, attribute->value);
                fputc('\'', stream);
        }
        if (!element->text[0] && element->children.n == 0) {
                fputs("/>\n", stream);
                return false;
        }
        fputc('>', stream);
        print_escaped(stream, element->text);
        if (element->children.n == 0) {
                fprintf(stream, "</%s>\n", element->name);
                return false;
        }
        fputc('\n', stream);
        return true;
}

struct level {
        const struct nfw_xml_element *element;
        size_t next;
};

static void print_tree(FILE *stream, const struct nfw_xml_element *root, size_t depth) {
        struct level levels[NFW_XML_DEPTH_MAX] = { { root, 0 } };
        size_t n = 1;

        if (!print_begin(stream, root, depth))
                return;
        while (n > 0) {
                struct level *level = &levels[n - 1];
                const struct nfw_xml_element *child;

                if (level->next == level->element->children.n) {
                        indent(stream, depth + --n);
                        fprintf(stream, "</%s>\n", level->element->name);
                        continue;
                }
                child = level->element->children.items[level->next++];
                if (print_begin(stream, child, depth + n))
                        levels[n++] = (struct level){ child, 0 };
        }
}

static size_t place_of(const struct nfw_xml_element *element) {
        size_t i = 0;

        while (i < NFW_ARRAY_SIZE(order) && strcmp(order[i], element->name) != 0)
                i++;
        return i;
}

static void print_network(FILE *stream, const struct nfw_xml_element *root) {
        fputs("<network", stream);
        nfw_vec_foreach (attribute, &root->attributes) {
                fprintf(stream, " %s='", attribute->name);
                print_escaped(stream, attribute->value);
                fputc('\'', stream);
        }
        fputs(">\n", stream);
        for (size_t place = 0; place <= NFW_ARRAY_SIZE(order); place++)
                nfw_vec_foreach (child, &root->children)
                        if (place_of(*child) == place)
                                print_tree(stream, *child, 1);
        fputs("</network>\n", stream);
}

int nfw_network_write(const struct nfw_network *network, char **ret_text) {
        char *text = NULL;
        size_t size;
        FILE *stream;

        stream = open_memstream(&text, &size);
        if (!stream)
                return -ENOMEM;
        print_network(stream, network->xml->root);
        if (fclose(stream) != 0) {
                free(text);
                return -ENOMEM;
        }
        *ret_text = text;
        return 0;
}
