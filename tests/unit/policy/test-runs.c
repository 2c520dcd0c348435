/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Long lists are read past libfyaml. A blank at the end of a line means nothing to YAML and keeps a line from being
 * read that way, so each text here is read twice, and everything that comes out must be the same.
 */
#include "policy/runs.h"
#include "read.h"

#define HEAD   "version: \"1.0\"\nrules:\n- name: a\n  action: allow\n  priority: 1\n  egress:\n"
#define LINES4 "    - 192.0.2.1\n    - 192.0.2.2\n    - 192.0.2.0/24\n    - 198.51.100.7\n"
#define LINES8 LINES4 "    - 10.0.0.0/8\n    - 2001:db8::1\n    - 2001:db8::/32\n    - 203.0.113.9\n"

/* With a blank behind every line that ends in a letter or digit. */
static char *defeat(const char *text) {
        char *copy = malloc(2 * strlen(text) + 1), *end = copy;

        assert_non_null(copy);
        for (size_t i = 0; text[i]; i++) {
                if (text[i] == '\n' && i > 0 && strchr("0123456789abcdefghijklmnopqrstuvwxyz", text[i - 1]))
                        *end++ = ' ';
                *end++ = text[i];
        }
        *end = '\0';
        return copy;
}

static bool has_runs(const char *text) {
        struct nfw_runs runs;
        bool has;

        assert_int_equal(nfw_runs_find(text, strlen(text), &runs), 0);
        has = runs.vec.n > 0;
        assert_int_equal(has, runs.text != text);
        nfw_runs_deinit(&runs);
        return has;
}

static void assert_same_report(const struct nfw_report *a, const struct nfw_report *b) {
        assert_int_equal(nfw_report_n_diagnostics(a), nfw_report_n_diagnostics(b));
        for (size_t i = 0; i < nfw_report_n_diagnostics(a); i++) {
                const struct nfw_diagnostic *x = nfw_report_diagnostic(a, i),
                                            *y = nfw_report_diagnostic(b, i);

                assert_string_equal(nfw_diagnostic_code(x), nfw_diagnostic_code(y));
                assert_string_equal(nfw_diagnostic_text(x), nfw_diagnostic_text(y));
                assert_int_equal(nfw_diagnostic_line(x), nfw_diagnostic_line(y));
                assert_int_equal(nfw_diagnostic_column(x), nfw_diagnostic_column(y));
        }
}

static void assert_same_policy(const struct nfw_policy *a, const struct nfw_policy *b) {
        assert_int_equal(a->rules.n, b->rules.n);
        for (size_t i = 0; i < a->rules.n; i++) {
                const struct nfw_policy_rule *x = &a->rules.items[i], *y = &b->rules.items[i];

                assert_string_equal(x->name, y->name);
                assert_int_equal(x->pos.line, y->pos.line);
                assert_int_equal(x->prefixes.n, y->prefixes.n);
                assert_int_equal(x->domains.n, y->domains.n);
                assert_int_equal(x->ports.n, y->ports.n);
                assert_int_equal(x->protocols, y->protocols);
                for (size_t j = 0; j < x->prefixes.n; j++) {
                        assert_true(nfw_addr_equal(&x->prefixes.items[j].addr, &y->prefixes.items[j].addr));
                        assert_int_equal(x->prefixes.items[j].length, y->prefixes.items[j].length);
                }
                for (size_t j = 0; j < x->domains.n; j++)
                        assert_string_equal(x->domains.items[j].name, y->domains.items[j].name);
                for (size_t j = 0; j < x->ports.n; j++)
                        assert_int_equal(x->ports.items[j].first, y->ports.items[j].first);
        }
}

/* What comes out, 0 or NFW_E_INVALID. */
static int assert_same(const char *text) {
        nfw_cleanup(nfw_freep) char *other = defeat(text);
        nfw_cleanup(nfw_report_freep) struct nfw_report *a = NULL, *b = NULL;
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *x = NULL, *y = NULL;
        int r;

        assert_int_equal(nfw_report_new(&a), 0);
        assert_int_equal(nfw_report_new(&b), 0);
        assert_true(has_runs(text));
        assert_false(has_runs(other));

        r = nfw_policy_read_buffer("test.yaml", text, strlen(text), a, &x);
        assert_int_equal(nfw_policy_read_buffer("test.yaml", other, strlen(other), b, &y), r);
        assert_same_report(a, b);
        if (r == 0)
                assert_same_policy(x, y);
        return r;
}

static void test_valid(void **state nfw_unused) {
        static const char *const texts[] = {
                HEAD "    ips:\n" LINES8,
                HEAD "    ips:\n" LINES8 "    - 192.0.2.77\n    ports:\n    - 1\n    - 2-3\n",
                HEAD "    ips:\n" LINES8 "- name: b\n  action: deny\n  priority: 2\n",
                HEAD "    ips:\n" LINES8 "    - '192.0.2.3'\n" LINES8,
                HEAD "    ips:\n" LINES8 "\n# between\n" LINES8 "    # behind\n",
                HEAD "    ips:\n" LINES8 LINES8 "    - 192.0.2.99",
                HEAD
                "    domains:\n    - a.example\n    - b.example\n    - c.example\n    - d.example\n    - e.example\n"
                "    - f.example\n    - g.example\n    - h-i.example\n    - \"*.example\"\n",
                HEAD
                "    ports:\n    - 1\n    - 2\n    - 3\n    - 4-6\n    - 7\n    - 8\n    - 9\n    - 10\n    - 11\n",
                "\r" HEAD "    ips:\n" LINES8,
                "\xef\xbb\xbf" HEAD "    ips:\n" LINES8,
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(texts); i++)
                assert_int_equal(assert_same(texts[i]), 0);
}

/* Whatever is wrong is found, and where it is. */
static void test_invalid(void **state nfw_unused) {
        static const char *const texts[] = {
                HEAD "    ips:\n" LINES8 "    - 192.0.2.300\n    - nonsense\n" LINES8 "    - 1\n",
                HEAD "    domains:\n" LINES8,
                HEAD "    ports:\n" LINES8,
                HEAD "    protocols:\n" LINES8,
                HEAD "    unknown:\n" LINES8,
                HEAD "    ips: [\n" LINES8 "    ]\n",
                HEAD "    ips: |\n" LINES8,
                HEAD "    ips: >\n" LINES8,
                HEAD "    ips: word\n" LINES8,
                HEAD "    ips: \"word\n" LINES8 "    \"\n",
                HEAD "    ips: 'word\n" LINES8 "    '\n",
                HEAD
                "    ips:\n    - 192.0.2.1\n      - 1\n      - 2\n      - 3\n      - 4\n      - 5\n      - 6\n      - 7\n"
                "      - 8\n",
                HEAD "    ips:\n      - 192.0.2.1\n" LINES8,
                HEAD "    ips:\n" LINES8 "      more\n",
                HEAD "    ips:\n" LINES8 "   - 192.0.2.1\n",
                HEAD "    ips:\n" LINES8 "---\na: b\n",
                HEAD "    ips: &a\n" LINES8,
                HEAD "    ips: [1.2.3.4]\n...\n" LINES8,
                LINES8,
                "    - true\n    - null\n    - 1\n    - 2\n    - 3\n    - 4\n    - 5\n    - 6\n    - 7\n",
                HEAD
                "    ips:\n    - true\n    - null\n    - 1\n    - true\n    - null\n    - 5\n    - 6\n    - yes\n    - 7\n",
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(texts); i++)
                assert_int_equal(assert_same(texts[i]), NFW_E_INVALID);
}

/* Lines that are not like the others end a run. */
static void test_what_is_no_run(void **state nfw_unused) {
        static const char *const texts[] = {
                LINES4,
                "- 1\n- 2\n- 3\n- 4:\n- 5\n- 6\n- 7\n- 8\n- 9\n",
                "- 1\n- 2\n- 3\n- 4 #\n- 5\n- 6\n- 7\n- 8\n- 9\n",
                "- 1\n- 2\n- 3\n-\t4\n- 5\n- 6\n- 7\n- 8\n- 9\n",
                "- 1\n- 2\n- 3\n- a b\n- 5\n- 6\n- 7\n- 8\n- 9\n",
                "- 1\n- 2\n- 3\n- *a\n- 5\n- 6\n- 7\n- 8\n- 9\n",
                "- 1\n- 2\n- 3\n- - 4\n- 5\n- 6\n- 7\n- 8\n- 9\n",
                "- 1\n- 2\n- 3\n - 4\n- 5\n- 6\n- 7\n- 8\n- 9\n",
                "- 1\n- 2\n- 3\n- ---\n- 5\n- 6\n- 7\n- 8\n- 9\n",
                "- 1\n- 2\n- 3\n- ::1\n- 5\n- 6\n- 7\n- 8\n- 9\n",
                "- 1\r\n- 2\r\n- 3\r\n- 4\r\n- 5\r\n- 6\r\n- 7\r\n- 8\r\n- 9\r\n",
                "- 1\n- 2\n- 3\n- 4\n- 5\n- 6\n- 7\n- 8",
                "",
                "\n",
                "- ",
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(texts); i++)
                assert_false(has_runs(texts[i]));
}

/* What is left out, and where everything else is then. */
static void test_text(void **state nfw_unused) {
        static const char text[] = "x:\n- 1\n- 22\n- 3\n- 4\n- 5\n- 6\n- 7\n- 8\ny: z\n"
                                   "\r\n\r- a\n - a\n - b\n - c\n - d\n - e\n - f\n - g\n - hij\n - k\nz:";
        static const char without[] = "x:\n- 1\n- 8\ny: z\n\r\n\r- a\n - a\n - k\nz:";
        struct nfw_runs runs;

        assert_int_equal(nfw_runs_find(text, strlen(text), &runs), 0);
        assert_string_equal(runs.text, without);
        assert_int_equal(runs.size, strlen(without));
        assert_int_equal(runs.vec.n, 2);
        assert_int_equal(runs.vec.items[0].n_values, 6);
        assert_int_equal(runs.vec.items[1].n_values, 7);
        assert_int_equal(text[runs.vec.items[0].first], '1');
        assert_int_equal(text[runs.vec.items[0].second], '2');
        assert_int_equal(text[runs.vec.items[1].first], 'a');
        assert_int_equal(text[runs.vec.items[1].second], 'b');

        for (size_t line = 0; line <= 9; line++) {
                const struct nfw_run *run = nfw_runs_before(&runs, line);

                assert_ptr_equal(run, line < 2 ? NULL : &runs.vec.items[line < 8 ? 0 : 1]);
        }
        assert_int_equal(runs.vec.items[0].n_lines, 6);
        assert_int_equal(runs.vec.items[1].n_lines, 13);

        for (size_t offset = 0; offset <= runs.size; offset++) {
                size_t in_source = nfw_runs_to_source(&runs, offset);

                assert_int_equal(text[in_source], without[offset]);
                assert_int_equal(nfw_runs_to_text(&runs, in_source), offset);
        }
        /* What is left out stands before the line behind it. */
        assert_int_equal(nfw_runs_to_text(&runs, runs.vec.items[0].second), strlen("x:\n- 1\n"));
        assert_int_equal(nfw_runs_to_text(&runs, runs.vec.items[0].end - 1), strlen("x:\n- 1\n"));
        nfw_runs_deinit(&runs);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_valid),
                cmocka_unit_test(test_invalid),
                cmocka_unit_test(test_what_is_no_run),
                cmocka_unit_test(test_text),
        };

        return cmocka_run_group_tests_name("policy/runs", tests, NULL, NULL);
}
