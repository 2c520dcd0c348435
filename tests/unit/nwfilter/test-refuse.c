/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with a filter: the code, where, and what the text names. */
#include "filters.h"

#define RULE(elements_) "<filter name='t'><rule action='drop' direction='out'>" elements_ "</rule></filter>"
#define IN_RULE         54 /* the column of what stands in that rule */

struct refusal {
        const char *text;
        const char *code;
        unsigned int column;
        const char *says;
        const char *hint; /* NULL: none */
};

static void check(const struct refusal *refusal) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        struct nfw_nwfilter *filter = NULL;
        const struct nfw_diagnostic *diagnostic;
        const char *hint;

        assert_int_equal(nfw_report_new(&report), 0);
        if (nfw_nwfilter_read("test.xml", refusal->text, strlen(refusal->text), report, &filter) !=
            NFW_E_INVALID)
                fail_msg("accepted: %s", refusal->text);
        assert_null(filter);
        print_report(report);
        assert_int_equal(nfw_report_n_diagnostics(report), 1);
        diagnostic = nfw_report_diagnostic(report, 0);
        assert_int_equal(nfw_diagnostic_severity(diagnostic), NFW_SEVERITY_ERROR);
        assert_string_equal(nfw_diagnostic_code(diagnostic), refusal->code);
        assert_string_equal(nfw_diagnostic_file(diagnostic), "test.xml");
        assert_int_equal(nfw_diagnostic_line(diagnostic), 1);
        assert_int_equal(nfw_diagnostic_column(diagnostic), refusal->column);
        if (!strstr(nfw_diagnostic_text(diagnostic), refusal->says))
                fail_msg("%s, not %s", nfw_diagnostic_text(diagnostic), refusal->says);
        hint = nfw_diagnostic_hint(diagnostic);
        assert_int_equal(!hint, !refusal->hint);
        if (hint)
                assert_string_equal(hint, refusal->hint);
}

static void test_structure(void **state nfw_unused) {
        static const struct refusal cases[] = {
                { "<network/>", "nwfilter/root", 1, "network", NULL },
                { "<filter/>", "nwfilter/missing", 1, "name", NULL },
                { "<filter nam='t' name='t'/>", "nwfilter/unknown-attribute", 9,
                  "filter has no attribute nam", "did you mean name?" },
                { "<filter name=''/>", "nwfilter/value", 9, "name=''",
                  "the filter is kept in a file of that name" },
                { "<filter name='../x'/>", "nwfilter/value", 9, "name='../x'",
                  "the filter is kept in a file of that name" },
                { "<filter name='t' chain='tcp'/>", "nwfilter/value", 18, "chain='tcp'", NULL },
                { "<filter name='t' chain='ivp4'/>", "nwfilter/value", 18, "chain='ivp4'",
                  "did you mean ipv4?" },
                { "<filter name='t' chain='root-x'/>", "nwfilter/value", 18, "chain='root-x'",
                  "did you mean root?" },
                { "<filter name='t' chain='arp/x'/>", "nwfilter/value", 18, "chain='arp/x'", NULL },
                { "<filter name='t' chain='ipv4abcdefghi'/>", "nwfilter/value", 18, "at most 12", NULL },
                { "<filter name='t' priority='1001'/>", "nwfilter/value", 18, "-1000 to 1000", NULL },
                { "<filter name='t' priority='0x1'/>", "nwfilter/value", 18, "-1000 to 1000", NULL },
                { "<filter name='t'>text</filter>", "nwfilter/text", 1, "text", NULL },
                { "<filter name='t'><rules/></filter>", "nwfilter/unknown-element", 18, "rules",
                  "did you mean rule?" },
                { "<filter name='t'><uuid>1</uuid></filter>", "nwfilter/value", 18, "uuid", NULL },
                { "<filter name='t'><uuid>5c6d49af-b071-6127-b4ec-6f8ed4b5533g</uuid></filter>",
                  "nwfilter/value", 18, "uuid", NULL },
                { "<filter name='t'><uuid>5c6d49af-b0716127-b4ec-6f8ed4b55335-</uuid></filter>",
                  "nwfilter/value", 18, "uuid", NULL },
                { "<filter name='t'><uuid>5c6d49afb0716127b4ec6f8ed4b55335</uuid>"
                  "<uuid>5c6d49afb0716127b4ec6f8ed4b55335</uuid></filter>",
                  "nwfilter/twice", 63, "uuid", NULL },
                { "<filter name='t'><filterref/></filter>", "nwfilter/missing", 18, "filter", NULL },
                { "<filter name='t'><filterref filter='a/b'/></filter>", "nwfilter/value", 29, "filter='a/b'",
                  NULL },
                { "<filter name='t'><filterref filter='a'><parameters/></filterref></filter>",
                  "nwfilter/unknown-element", 40, "parameters", "did you mean parameter?" },
                { "<filter name='t'><filterref filter='a'><parameter value='1'/></filterref></filter>",
                  "nwfilter/missing", 40, "name", NULL },
                { "<filter name='t'><filterref filter='a'><parameter name='a'/></filterref></filter>",
                  "nwfilter/missing", 40, "value", NULL },
                { "<filter name='t'><filterref filter='a'><parameter name='a-b' value='1'/></filterref></filter>",
                  "nwfilter/value", 51, "name='a-b'", NULL },
                { "<filter name='t'><filterref filter='a'><parameter name='a' value=''/></filterref></filter>",
                  "nwfilter/value", 60, "value=''", NULL },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++)
                check(&cases[i]);
}

static void test_rules(void **state nfw_unused) {
        static const struct refusal cases[] = {
                { "<filter name='t'><rule direction='in'/></filter>", "nwfilter/missing", 18, "action",
                  NULL },
                { "<filter name='t'><rule action='drop'/></filter>", "nwfilter/missing", 18, "direction",
                  NULL },
                { "<filter name='t'><rule action='dorp' direction='in'/></filter>", "nwfilter/value", 24,
                  "expected drop, accept, reject, return or continue", "did you mean drop?" },
                { "<filter name='t'><rule action='drop' direction='both'/></filter>", "nwfilter/value", 38,
                  "expected in, out or inout", NULL },
                { "<filter name='t'><rule action='drop' direction='in' priority='high'/></filter>",
                  "nwfilter/value", 53, "-1000 to 1000", NULL },
                { "<filter name='t'><rule action='drop' direction='in' statematch='no'/></filter>",
                  "nwfilter/value", 53, "false, 0, true or 1", NULL },
                { "<filter name='t'><rule action='drop' direction='in' prioritiy='1'/></filter>",
                  "nwfilter/unknown-attribute", 53, "prioritiy", "did you mean priority?" },
                { RULE("<tpc/>"), "nwfilter/unknown-element", IN_RULE, "tpc", "did you mean tcp?" },
                { RULE("text"), "nwfilter/text", 18, "text", NULL },
                { RULE("<tcp>text</tcp>"), "nwfilter/text", IN_RULE, "text", NULL },
                { RULE("<tcp><udp/></tcp>"), "nwfilter/unknown-element", IN_RULE + 5, "udp", NULL },
                { RULE("<tcp match='maybe'/>"), "nwfilter/value", IN_RULE + 5, "expected yes or no", NULL },
                { RULE("<tcp srpipaddr='$IP'/>"), "nwfilter/unknown-attribute", IN_RULE + 5,
                  "tcp has no attribute srpipaddr", "did you mean srcipaddr?" },
                { RULE("<tcp vlanid='1'/>"), "nwfilter/unknown-attribute", IN_RULE + 5, "vlanid", NULL },
                { RULE("<arp opcode='Requst'/>"), "nwfilter/value", IN_RULE + 5, "opcode='Requst'",
                  "did you mean Request?" },
                { RULE("<tcp state='$STATE'/>"), "nwfilter/value", IN_RULE + 5, "state='$STATE'",
                  "no variable can stand here" },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++)
                check(&cases[i]);
}

static void test_dependencies(void **state nfw_unused) {
        static const struct refusal cases[] = {
                { RULE("<mac srcmacmask='ff:0:0:0:0:0'/>"), "nwfilter/incomplete", IN_RULE + 5,
                  "srcmacmask needs srcmacaddr", NULL },
                { RULE("<ip dstipmask='8'/>"), "nwfilter/incomplete", IN_RULE + 4,
                  "dstipmask needs dstipaddr", NULL },
                { RULE("<udp srcportend='8'/>"), "nwfilter/incomplete", IN_RULE + 5,
                  "srcportend needs srcportstart", NULL },
                { RULE("<udp dstipto='1.2.3.4'/>"), "nwfilter/incomplete", IN_RULE + 5,
                  "dstipto needs dstipfrom", NULL },
                { RULE("<stp root-cost-hi='8'/>"), "nwfilter/incomplete", IN_RULE + 5, "root-cost", NULL },
                { RULE("<all ipset='a'/>"), "nwfilter/incomplete", IN_RULE + 5, "ipset needs ipsetflags",
                  NULL },
                { RULE("<all ipsetflags='src'/>"), "nwfilter/incomplete", IN_RULE + 5,
                  "ipsetflags needs ipset", NULL },
                { RULE("<ip dstportstart='8'/>"), "nwfilter/incomplete", IN_RULE + 4,
                  "dstportstart needs one protocol", NULL },
                { RULE("<ip match='no' protocol='tcp' dstportstart='8'/>"), "nwfilter/incomplete",
                  IN_RULE + 30, "match='no'", NULL },
                { RULE("<ip protocol='icmp' dstportstart='8'/>"), "nwfilter/incomplete", IN_RULE + 20,
                  "with ports", NULL },
                { RULE("<ipv6 type='8'/>"), "nwfilter/incomplete", IN_RULE + 6, "type needs one protocol",
                  NULL },
                { RULE("<ipv6 protocol='tcp' type='8'/>"), "nwfilter/incomplete", IN_RULE + 21,
                  "protocol='icmpv6'", NULL },
                { RULE("<udp srcportstart='9' srcportend='8'/>"), "nwfilter/empty-range", IN_RULE + 22,
                  "srcportend='8' is below srcportstart='9'", NULL },
                { RULE("<udp srcipfrom='1.2.3.4' srcipto='1.2.3.3'/>"), "nwfilter/empty-range", IN_RULE + 25,
                  "is below", NULL },
                { RULE("<tcp srcipaddr='1.2.3.4'/><tcp srcipaddr='1.2.3.5'/><tcp srcipmask='8'/>"),
                  "nwfilter/ambiguous", IN_RULE + 57, "which srcipaddr does srcipmask belong to",
                  "write both in the same element" },
                { RULE("<udp srcportstart='8'/><udp match='no' srcportend='9'/>"), "nwfilter/ambiguous",
                  IN_RULE + 39, "match differs", "write both in the same element" },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++)
                check(&cases[i]);
}

/* All of it at once, but not without end. */
static void test_many(void **state nfw_unused) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_freep) char *text = NULL;
        struct nfw_nwfilter *filter = NULL;
        const struct nfw_diagnostic *last;
        size_t size;
        FILE *file = open_memstream(&text, &size);

        assert_non_null(file);
        assert_true(fputs("<filter name='t'>", file) >= 0);
        for (size_t i = 0; i < 60; i++)
                assert_true(fputs("<rule action='x' direction='y'/>", file) >= 0);
        assert_true(fputs("</filter>", file) >= 0);
        assert_int_equal(fclose(file), 0);

        assert_int_equal(nfw_report_new(&report), 0);
        assert_int_equal(nfw_nwfilter_read("test.xml", text, size, report, &filter), NFW_E_INVALID);
        assert_int_equal(nfw_report_n_diagnostics(report), 101);
        last = nfw_report_diagnostic(report, 100);
        assert_string_equal(nfw_diagnostic_code(last), "nwfilter/more");
        assert_string_equal(nfw_diagnostic_text(last), "20 more were left out");
}

static void test_bounds(void **state nfw_unused) {
        nfw_cleanup(nfw_freep) char *elements = NULL, *text = NULL;
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        struct nfw_nwfilter *filter = NULL;
        size_t size;
        FILE *file = open_memstream(&elements, &size);

        assert_non_null(file);
        for (size_t i = 0; i < 65; i++)
                assert_true(fputs("<tcp/>", file) >= 0);
        assert_int_equal(fclose(file), 0);

        text = with_rule(elements);
        assert_int_equal(nfw_report_new(&report), 0);
        assert_int_equal(nfw_nwfilter_read("test.xml", text, strlen(text), report, &filter), NFW_E_INVALID);
        assert_string_equal(nfw_diagnostic_code(nfw_report_diagnostic(report, 0)), "nwfilter/too-many");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_structure),    cmocka_unit_test(test_rules),
                cmocka_unit_test(test_dependencies), cmocka_unit_test(test_many),
                cmocka_unit_test(test_bounds),
        };

        return cmocka_run_group_tests_name("nwfilter-refuse", tests, NULL, NULL);
}
