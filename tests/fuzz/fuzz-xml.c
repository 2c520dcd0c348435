/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XML: whatever is read, the tree is within its bounds, and a refusal has a reason with a place. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xml/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition, const char *what) {
        if (condition)
                return;
        fprintf(stderr, "%s\n", what);
        abort();
}

static void check_report(const struct nfw_report *report, int r) {
        const struct nfw_diagnostic *diagnostic = nfw_report_diagnostic(report, 0);

        require(nfw_report_n_diagnostics(report) == (r == 0 ? 0 : 1), "not one reason");
        if (!diagnostic)
                return;
        require(strncmp(nfw_diagnostic_code(diagnostic), "xml/", 4) == 0, "a foreign code");
        require(nfw_diagnostic_line(diagnostic) > 0 && nfw_diagnostic_column(diagnostic) > 0, "no position");
        for (const char *c = nfw_diagnostic_text(diagnostic); *c; c++)
                require(*c >= ' ' && *c <= '~', "a diagnostic that is not plain text");
}

static void check_element(const struct nfw_xml_element *element, const struct nfw_pos *before) {
        const struct nfw_pos *last = &element->pos;

        require(element->name && *element->name && element->text, "an element without a name or text");
        require(element->pos.line > before->line ||
                        (element->pos.line == before->line && element->pos.column > before->column),
                "an element before its parent");
        nfw_vec_foreach (attribute, &element->attributes) {
                require(*attribute->name && attribute->value, "an attribute without a name or value");
                require(attribute->pos.line > last->line ||
                                (attribute->pos.line == last->line && attribute->pos.column > last->column),
                        "attributes in another order");
                require(nfw_xml_attribute(element, attribute->name) == attribute->value,
                        "an attribute that is there twice");
                last = &attribute->pos;
        }
}

static void check_tree(const struct nfw_xml *xml) {
        const struct nfw_xml_element *path[NFW_XML_DEPTH_MAX];
        size_t next[NFW_XML_DEPTH_MAX] = { 0 }, depth = 0, n_nodes = 0;
        const struct nfw_pos begin = { 0 };

        check_element(xml->root, &begin);
        path[depth++] = xml->root;
        while (depth > 0) {
                const struct nfw_xml_element *element = path[depth - 1], *child;

                if (next[depth - 1] == 0)
                        n_nodes += 1 + element->attributes.n;
                if (next[depth - 1] == element->children.n) {
                        depth--;
                        continue;
                }
                child = element->children.items[next[depth - 1]++];
                check_element(child, &element->pos);
                require(depth < NFW_XML_DEPTH_MAX, "deeper than it may be");
                next[depth] = 0;
                path[depth++] = child;
        }
        require(n_nodes > 0, "nothing");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_xml_freep) struct nfw_xml *xml = NULL;
        int r;

        if (nfw_report_new(&report) < 0)
                return 0;
        r = nfw_xml_parse("fuzz", data, size, report, &xml);
        require(r == 0 || r == NFW_E_INVALID, "another answer");
        require((r == 0) == (xml != NULL), "an answer that does not fit");
        check_report(report, r);
        if (xml)
                check_tree(xml);
        return 0;
}
