/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What counts as something that no policy has, where long lines may be broken, and where things stand all the same. */
#include "policy/feed.h"
#include "policy/yaml.h"
#include "read.h"

#define HEAD "version: \"1.0\"\nrules:\n- name: a\n  action: allow\n  priority: 1\n  egress:\n"

static size_t scan(const char *text, size_t distance, struct nfw_scan_breaks *breaks) {
        size_t offset;

        *breaks = (struct nfw_scan_breaks){ .distance = distance };
        assert_int_equal(nfw_scan(text, strlen(text), breaks, &offset), 0);
        return offset;
}

static size_t find(const char *text) {
        struct nfw_scan_breaks breaks;
        size_t offset = scan(text, SIZE_MAX, &breaks);

        assert_int_equal(breaks.vec.n, 0);
        return offset;
}

static void test_what_policies_have(void **state nfw_unused) {
        static const char *const texts[] = {
                "",
                "# nothing\n",
                "\xef\xbb\xbf" HEAD "    ips: [10.0.0.1]\n",
                "%YAML 1.2\n---\n" HEAD
                "    ips:\n    - 10.0.0.1\n    - ::1\n    -   2001:db8::   # where\n...\n",
                "version: 1.0\r\nrules:\r\n- name: a\r\n  action: allow # yes\r\n  priority: 1\r\n",
                HEAD "    ips:\n      - 10.0.0.1\n\n# a comment: [[[\n      - \"::1\"\n  \n- name: b\n",
                "- name: a[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n- name: b{{\n",
                "- name: it's \"so\" #1, & more\n  x: 'it''s [[[ # no comment'  # one\n",
                "- name: \"a \\\" ]]} \\\\\"\n- name : b\n- \"name\" : c\n- 'name':\n    d\n- {name: e}\n",
                "-\n  name: a\n-\n  - b\n- # c\n  d\n",
                HEAD
                "    ips: [10.0.0.1, ::1 ,2001:db8::, fd00::/8,\n          '::2',  # ] one more\n    # }\n   \"::3\" ]\n",
                "{\"version\":\"1.0\",\"rules\":[{\"name\":\"a]\",\"egress\":{\"ports\":[1,\"2\"],\"x\":{},\"y\":[]}}]}",
                "{\n\t\"version\" : \"1.0\",\n\t\"rules\" : [ { name: it's, \"egress\" :{ports: [1,],}, }\n\t]\n}\n",
                "key: http://a/?b=c#d&e*f!g|h>i%j@k`l\n",
                "a: -b\nc: ?d\ne: :f\ng: [-b, ?d, :f]\n",
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(texts); i++)
                if (find(texts[i]) != strlen(texts[i]))
                        fail_msg("no policy has what is at %zu of:\n%s", find(texts[i]), texts[i]);
}

static void test_what_no_policy_has(void **state nfw_unused) {
        static const struct {
                const char *text;
                size_t offset;
        } cases[] = {
                { "a: \"b\n", 3 },
                { "a: 'b\n", 3 },
                { "a: ['b\n']", 4 },
                { "a: b\n  c\n", 7 },
                { "a: |\n  b\n", 3 },
                { "a: >-\n  b\n", 3 },
                { "a: &b c\n", 3 },
                { "a: *b\n", 3 },
                { "- *.example.com\n", 2 },
                { "a: [*b]\n", 4 },
                { "a: !b c\n", 3 },
                { "a: [!b c]\n", 4 },
                { "a: b: c\n", 4 },
                { "a: [b]: c\n", 6 },
                { "a: 'b' c\n", 7 },
                { "a: ['b' c]\n", 8 },
                { "a: ['b', , c]\n", 9 },
                { "a: [,\n", 4 },
                { "a: [: b]\n", 4 },
                { "a: [b: : c]\n", 7 },
                { "a: [b\nc]\n", 6 },
                { "a: [b #c\nd]\n", 9 },
                { "a: [b,#c\n]\n", 6 },
                { "a: [b}\n", 5 },
                { "a: [b]]\n", 6 },
                { "a: b\nc\n", 5 },
                { "[]\n[]\n", 3 },
                { "\"a\"\n\"b\"\n", 4 },
                { "a: [\n---\n", 5 },
                { "a: [\n%b\n", 5 },
                { "a: b\rc: d\n", 4 },
                { "\ta: b\n", 1 },
                { "a: b\n\xef\xbb\xbf"
                  "c: d\n",
                  5 },
                { "? a\n", 0 },
                { "%TAG ! x\n", 0 },
                { "--- a\n", 4 },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++)
                if (find(cases[i].text) != cases[i].offset)
                        fail_msg("%zu, not %zu, in:\n%s", find(cases[i].text), cases[i].offset,
                                 cases[i].text);
}

/* N times something, within something. */
static size_t find_repeated(const char *begin, const char *unit, size_t n, const char *end) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        size_t size = 0, offset;
        FILE *stream = open_memstream(&text, &size);

        assert_non_null(stream);
        (void)fputs(begin, stream);
        for (size_t i = 0; i < n; i++)
                (void)fputs(unit, stream);
        (void)fputs(end, stream);
        assert_int_equal(fclose(stream), 0);
        offset = find(text);
        return offset == size ? SIZE_MAX : offset;
}

static void test_bounds(void **state nfw_unused) {
        assert_int_equal(find_repeated("", "[", NFW_YAML_DEPTH_MAX, ""), SIZE_MAX);
        assert_int_equal(find_repeated("", "[", NFW_YAML_DEPTH_MAX + 1, ""), NFW_YAML_DEPTH_MAX);
        assert_int_equal(find_repeated("a: ", "{b: ", NFW_YAML_DEPTH_MAX + 1, ""),
                         3 + 4 * NFW_YAML_DEPTH_MAX);
        assert_int_equal(find_repeated("[", "[],", 10000, "]"), SIZE_MAX);

        assert_int_equal(find_repeated("a: 'b'", " ", NFW_SCAN_SPACE_MAX, "# c\n"), SIZE_MAX);
        assert_int_equal(find_repeated("a: 'b'", " ", NFW_SCAN_SPACE_MAX + 1, "# c\n"), 6);
        assert_int_equal(find_repeated("{a:", "\n", NFW_SCAN_SPACE_MAX - 1, "b}"), SIZE_MAX);
        assert_int_equal(find_repeated("{a:", "\n", NFW_SCAN_SPACE_MAX, "b}"), 2);
        /* Whole lines of nothing, and a comment, cost nothing. */
        assert_int_equal(find_repeated("{a: b,", "\n", 10000, "c: d}"), SIZE_MAX);
        assert_int_equal(find_repeated("a: b\n# ", " ", 10000, "\n"), SIZE_MAX);
}

static void test_breaks(void **state nfw_unused) {
        static const char text[] = "a:\n  b: [1,2,\"3,4\",5, # 6,7\n 8,\xc3\xa4,9,'10,','',11]\nc: [1,2,3]\n";
        static const struct nfw_scan_break expected[] = {
                { .offset = 11, .line = 1, .column = 8, .indent = 4, .inserted = 5 },
                { .offset = 19, .line = 1, .column = 16, .indent = 4, .inserted = 10 },
                { .offset = 36, .line = 2, .column = 7, .indent = 4, .inserted = 15 },
                { .offset = 45, .line = 2, .column = 16, .indent = 4, .inserted = 20 },
                { .offset = 57, .line = 3, .column = 8, .indent = 2, .inserted = 23 },
        };
        struct nfw_scan_breaks breaks;

        assert_int_equal(scan(text, 8, &breaks), sizeof(text) - 1);
        assert_int_equal(breaks.vec.n, NFW_ARRAY_SIZE(expected));
        for (size_t i = 0; i < NFW_ARRAY_SIZE(expected); i++) {
                const struct nfw_scan_break *at = &breaks.vec.items[i];

                assert_int_equal(text[at->offset - 1], ',');
                assert_int_equal(at->offset, expected[i].offset);
                assert_int_equal(at->line, expected[i].line);
                assert_int_equal(at->column, expected[i].column);
                assert_int_equal(at->indent, expected[i].indent);
                assert_int_equal(at->inserted, expected[i].inserted);
        }
        nfw_vec_deinit(&breaks.vec);
}

/* A policy whose lines are long: everything in it is found where it stands, and the same as with short ones. */
static void test_long_lines(void **state nfw_unused) {
        static const char head[] =
                "version: 1.0\nrules: [{name: '\xc3\xa4', action: allow, priority: 1, egress: {ips: [";
        nfw_cleanup(nfw_freep) char *text = NULL;
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
        size_t size = 0, n = 20000, column = sizeof(head) - sizeof("version: 1.0\n") - 1;
        FILE *stream = open_memstream(&text, &size);
        const struct nfw_policy_rule *rule;

        assert_non_null(stream);
        (void)fputs(head, stream);
        for (size_t i = 0; i < n; i++)
                (void)fprintf(stream, "%s10.0.%zu.%zu", i > 0 ? "," : "", i >> 8, i & 255);
        /* Two warnings, of which one is far behind in its line; and a rule that is in the next line. */
        (void)fputs(
                ",10.0.0.0/8,10.0.0.1]}},\n {name: b, action: deny, priority: 2, egress: {ips: [10.1.1.1/8]}}]\n",
                stream);
        assert_int_equal(fclose(stream), 0);

        assert_int_equal(nfw_report_new(&report), 0);
        assert_int_equal(nfw_policy_read_buffer("test.yaml", text, size, report, &policy), 0);
        rule = &policy->rules.items[0];
        assert_string_equal(rule->name, "\xc3\xa4");
        assert_int_equal(rule->pos.line, 2);
        assert_int_equal(rule->pos.column, 9);
        assert_int_equal(rule->prefixes.n, n + 1);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(rule->prefixes.items[i].addr.bytes[2] << 8 |
                                         rule->prefixes.items[i].addr.bytes[3],
                                 i);

        assert_int_equal(nfw_report_n_diagnostics(report), 2);
        column += (size_t)(strstr(text, ",10.0.0.0/8") - strstr(text, "[10.")) + strlen(",10.0.0.0/8,");
        assert_true(
                has_code(report, NFW_SEVERITY_WARNING, "policy/duplicate-value", 2, (unsigned int)column));
        assert_true(has_code(report, NFW_SEVERITY_WARNING, "policy/host-bits", 3, 54));
}

/* What is wrong far behind in a long line is said to be there, also where libfyaml says it. */
static void test_errors_in_long_lines(void **state nfw_unused) {
        static const struct {
                const char *end;
                const char *code;
                unsigned int distance;
        } cases[] = {
                { "x]}}]}", "policy/bad-port", 0 },     { "1 2]}}]}", "policy/bad-port", 0 },
                { "\"1\" 2]}}]}", "policy/syntax", 4 }, { "*a]}}]}", "policy/alias", 0 },
                { "1]}}]}\n{", "policy/syntax", 0 },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                nfw_cleanup(nfw_freep) char *text = NULL;
                nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
                struct nfw_policy *policy = NULL;
                size_t size = 0;
                FILE *stream = open_memstream(&text, &size);
                unsigned int column;

                assert_non_null(stream);
                (void)fputs("{version: 1.0, rules: [{name: a, action: allow, priority: 1, egress: {ports: [",
                            stream);
                for (unsigned int k = 1; k <= 20000; k++)
                        (void)fprintf(stream, "%u,", k);
                assert_int_equal(fflush(stream), 0);
                column = (unsigned int)size + 1;
                (void)fputs(cases[i].end, stream);
                assert_int_equal(fclose(stream), 0);

                assert_int_equal(nfw_report_new(&report), 0);
                assert_int_equal(nfw_policy_read_buffer("test.yaml", text, size, report, &policy),
                                 NFW_E_INVALID);
                if (strchr(cases[i].end, '\n') ? !has_code(report, NFW_SEVERITY_ERROR, cases[i].code, 2, 1)
                                               : !has_code(report, NFW_SEVERITY_ERROR, cases[i].code, 1,
                                                           column + cases[i].distance)) {
                        print_report(report);
                        fail_msg("%s is not at %u", cases[i].end, column + cases[i].distance);
                }
        }
}

/* Of a large file only so much is read behind what no policy has; what was right up to there is not accepted. */
static void test_cut(void **state nfw_unused) {
        static const char head[] = HEAD "    ports: [1]\n";
        nfw_cleanup(nfw_freep) char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);

        assert_non_null(stream);
        (void)fputs(head, stream);
        (void)fprintf(stream, "...%*s# the end\n", NFW_SCAN_SPACE_MAX + 1, "");
        while (ftell(stream) <= (long)NFW_FEED_TAIL + 1000)
                (void)fputs("# a comment\n", stream);
        assert_int_equal(fclose(stream), 0);

        for (size_t i = 0; i < 2; i++) {
                nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
                nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
                size_t n = i == 0 ? size : NFW_FEED_TAIL + strlen(head);
                int r;

                assert_int_equal(nfw_report_new(&report), 0);
                r = nfw_policy_read_buffer("test.yaml", text, n, report, &policy);
                if (i == 1) {
                        assert_int_equal(r, 0);
                        continue;
                }
                assert_int_equal(r, NFW_E_INVALID);
                assert_int_equal(nfw_report_n_diagnostics(report), 1);
                assert_true(has_code(report, NFW_SEVERITY_ERROR, "policy/syntax", 8, 4));
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_policies_have),
                cmocka_unit_test(test_what_no_policy_has),
                cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_breaks),
                cmocka_unit_test(test_long_lines),
                cmocka_unit_test(test_errors_in_long_lines),
                cmocka_unit_test(test_cut),
        };

        return cmocka_run_group_tests_name("policy/scan", tests, NULL, NULL);
}
