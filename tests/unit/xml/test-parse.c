/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "xml/xml.h"

/* What the file is refused with, as "LINE:COLUMN CODE TEXT"; "" where it is accepted. The caller frees it. */
static char *refusal(const char *text, size_t size) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        struct nfw_xml *xml = NULL;
        const struct nfw_diagnostic *diagnostic;
        char *answer = NULL;
        int r;

        assert_int_equal(nfw_report_new(&report), 0);
        r = nfw_xml_parse("test.xml", text, size, report, &xml);
        if (r == 0) {
                assert_non_null(xml);
                assert_int_equal(nfw_report_n_diagnostics(report), 0);
                nfw_xml_free(xml);
                return strdup("");
        }
        assert_int_equal(r, NFW_E_INVALID);
        assert_null(xml);
        assert_int_equal(nfw_report_n_diagnostics(report), 1);
        diagnostic = nfw_report_diagnostic(report, 0);
        assert_string_equal(nfw_diagnostic_file(diagnostic), "test.xml");
        assert_int_not_equal(asprintf(&answer, "%u:%u %s %s", nfw_diagnostic_line(diagnostic),
                                      nfw_diagnostic_column(diagnostic), nfw_diagnostic_code(diagnostic),
                                      nfw_diagnostic_text(diagnostic)),
                             -1);
        return answer;
}

static struct nfw_xml *parse(const char *text) {
        struct nfw_xml *xml = NULL;

        assert_int_equal(nfw_xml_parse("test.xml", text, strlen(text), NULL, &xml), 0);
        return xml;
}

static void assert_pos(const struct nfw_pos *pos, unsigned int line, unsigned int column) {
        assert_string_equal(pos->file, "test.xml");
        assert_int_equal(pos->line, line);
        assert_int_equal(pos->column, column);
}

static void test_tree(void **state nfw_unused) {
        nfw_cleanup(nfw_xml_freep) struct nfw_xml *xml = NULL;
        const struct nfw_xml_element *child;

        xml = parse("\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>\n"
                    "<!-- a = b < c -->\n"
                    "<filter name='tést' xmlns:y='u' x:chain = \"a>'b\"\n"
                    "   three='&lt;&amp;&#65;&#x42;'>\n"
                    "  some <!-- no --><![CDATA[<text>]]>\n"
                    "  <uuid> 5c6d49af \n</uuid><rule/>  <rule\tb='2' />\n"
                    "  more\n"
                    "</filter>\n");
        assert_string_equal(xml->file, "test.xml");
        assert_string_equal(xml->root->name, "filter");
        assert_pos(&xml->root->pos, 3, 1);
        assert_int_equal(xml->root->attributes.n, 3);
        assert_string_equal(nfw_xml_attribute(xml->root, "name"), "tést");
        assert_string_equal(nfw_xml_attribute(xml->root, "x:chain"), "a>'b");
        assert_string_equal(nfw_xml_attribute(xml->root, "three"), "<&AB");
        assert_null(nfw_xml_attribute(xml->root, "chain"));
        assert_pos(&xml->root->attributes.items[0].pos, 3, 9);
        assert_pos(&xml->root->attributes.items[1].pos, 3, 33);
        assert_pos(&xml->root->attributes.items[2].pos, 4, 4);
        assert_non_null(strstr(xml->root->text, "some <text>"));
        assert_non_null(strstr(xml->root->text, "more"));
        assert_int_equal(xml->root->text[strlen(xml->root->text) - 1], 'e');

        assert_int_equal(xml->root->children.n, 3);
        child = nfw_xml_child(xml->root, "uuid");
        assert_string_equal(child->text, "5c6d49af");
        assert_pos(&child->pos, 6, 3);
        child = nfw_xml_child(xml->root, "rule");
        assert_string_equal(child->text, "");
        assert_pos(&child->pos, 7, 8);
        child = xml->root->children.items[2];
        assert_pos(&child->attributes.items[0].pos, 7, 23);
        assert_null(nfw_xml_child(xml->root, "none"));
}

static void test_lines_of_windows(void **state nfw_unused) {
        nfw_cleanup(nfw_xml_freep) struct nfw_xml *xml = NULL;

        xml = parse("<a>\r\n <b\r\n c='1'/>\r\nx\r\ny</a>");
        assert_pos(&xml->root->children.items[0]->pos, 2, 2);
        assert_pos(&xml->root->children.items[0]->attributes.items[0].pos, 3, 2);
        assert_string_equal(xml->root->text, "x\ny");
}

/* What is declared does not count: libxml2 would ask iconv. */
static void test_declared_encoding(void **state nfw_unused) {
        nfw_cleanup(nfw_xml_freep) struct nfw_xml *xml = NULL;

        xml = parse("<?xml version='1.0' encoding='ISO-8859-1'?><a b='ü'/>");
        assert_string_equal(nfw_xml_attribute(xml->root, "b"), "ü");
}

/* The parser gives what it read back long before the end. */
static void test_positions_far_behind(void **state nfw_unused) {
        nfw_cleanup(nfw_xml_freep) struct nfw_xml *xml = NULL;
        nfw_cleanup(nfw_freep) char *text = NULL;
        size_t size;
        FILE *file = open_memstream(&text, &size);

        assert_non_null(file);
        assert_true(fputs("<a>", file) >= 0);
        for (unsigned int i = 0; i < 9000; i++)
                assert_true(fprintf(file, "<b i=\"%04u\" s='some more text'/>%s", i, i % 3 == 2 ? "\n" : "") >
                            0);
        assert_true(fputs("</a>", file) >= 0);
        assert_int_equal(fclose(file), 0);

        xml = parse(text);
        assert_int_equal(xml->root->children.n, 9000);
        for (unsigned int i = 0; i < 9000; i++) {
                const struct nfw_xml_element *element = xml->root->children.items[i];
                unsigned int column = (i < 3 ? 4 : 1) + i % 3 * 32;

                assert_pos(&element->pos, i / 3 + 1, column);
                assert_pos(&element->attributes.items[1].pos, i / 3 + 1, column + 12);
        }
}

static void test_refused(void **state nfw_unused) {
        static const struct {
                const char *text;
                const char *begins;
        } cases[] = {
                { "", "1:1 xml/syntax " },
                { " \n", "2:1 xml/syntax " },
                { "version: 1", "1:1 xml/syntax " },
                { "<a>\n <b>\n </c>\n</a>", "3:" },
                { "<a>", "1:4 xml/syntax " },
                { "<a/><b/>", "1:5 xml/syntax " },
                { "<a b='1' b='2'/>", "1:" },
                { "<a b=1/>", "1:6 xml/syntax " },
                { "<a>&nbsp;</a>", "1:10 xml/entity " },
                { "<a b='&x;'/>", "1:10 xml/entity " },
                { "<!DOCTYPE a>\n<a/>", "1:1 xml/doctype " },
                { "\n<!-- x -->\n  <!DOCTYPE a [<!ENTITY x 'y'>]>\n<a>&x;</a>", "3:3 xml/doctype " },
                { "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "1:1 xml/doctype " },
                { "<!DOCTYPE a SYSTEM 'http://192.0.2.1/'><a/>", "1:1 xml/doctype " },
                { "<a>\xff</a>", "1:4 xml/" },
                { "<a>\x01</a>", "1:4 xml/syntax " },
                { "\xff\xfe<", "1:1 xml/encoding " },
                { "\x4c\x6f\xa7\x94", "1:1 xml/syntax " },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                nfw_cleanup(nfw_freep) char *answer = refusal(cases[i].text, strlen(cases[i].text));

                if (strncmp(answer, cases[i].begins, strlen(cases[i].begins)) != 0)
                        fail_msg("%s: %s", cases[i].text, answer);
        }
}

static void test_utf16(void **state nfw_unused) {
        static const char text[] = { '<', 0, 'a', 0, '/', 0, '>', 0 };
        nfw_cleanup(nfw_freep) char *answer = refusal(text, sizeof(text));

        assert_string_equal(answer, "1:2 xml/encoding no UTF-8");
}

static char *repeat(const char *before, const char *text, size_t n, const char *after) {
        char *result = NULL;
        size_t size;
        FILE *file = open_memstream(&result, &size);

        assert_non_null(file);
        assert_true(fputs(before, file) >= 0);
        for (size_t i = 0; i < n; i++)
                assert_true(fputs(text, file) >= 0);
        assert_true(fputs(after, file) >= 0);
        assert_int_equal(fclose(file), 0);
        return result;
}

static void assert_bound(
        const char *before, const char *text, size_t n, const char *after, const char *code) {
        nfw_cleanup(nfw_freep) char *file = repeat(before, text, n, after);
        nfw_cleanup(nfw_freep) char *answer = refusal(file, strlen(file));
        const char *space = strchr(answer, ' ');

        if (strncmp(space ? space + 1 : answer, code, strlen(code)) != 0 || (!*code && *answer))
                fail_msg("%s × %zu: %s", text, n, answer);
}

static void test_bounds(void **state nfw_unused) {
        assert_bound("<a>", "<a>", NFW_XML_DEPTH_MAX, "", "xml/too-deep");
        assert_bound("<a>", "<b/>", NFW_XML_NODES_MAX - 1, "</a>", "");
        assert_bound("<a>", "<b/>", NFW_XML_NODES_MAX, "</a>", "xml/too-many");
        assert_bound("<a>", "<b c=''/>", NFW_XML_NODES_MAX / 2, "</a>", "xml/too-many");
        assert_bound("<a>", "x", NFW_XML_SIZE_MAX - 7, "</a>", "");
        assert_bound("<a>", "x", NFW_XML_SIZE_MAX - 6, "</a>", "xml/too-large");
        assert_bound("<a", " b='1'", NFW_XML_ATTRIBUTE_MAX + 1, "/>", "xml/too-many");
        assert_bound("<!--", "=", NFW_XML_ATTRIBUTE_MAX + 1, "--><a/>", "");
        assert_bound("<a><![CDATA[", "=", NFW_XML_ATTRIBUTE_MAX + 1, "]]></a>", "");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_tree),
                cmocka_unit_test(test_lines_of_windows),
                cmocka_unit_test(test_declared_encoding),
                cmocka_unit_test(test_positions_far_behind),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_utf16),
                cmocka_unit_test(test_bounds),
        };

        return cmocka_run_group_tests_name("xml-parse", tests, NULL, NULL);
}
