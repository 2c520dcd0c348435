/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "read.h"

/* What is wrong, and where: each text has this error and no other. */
struct refusal {
        const char *text;
        const char *code;
        unsigned int line, column;
        const char *hint; /* a part of it; NULL: not looked at */
};

#define HEAD   "version: \"1.0\"\nrules:\n"
#define RULE   HEAD "- name: a\n  action: allow\n  priority: 1\n"
#define EGRESS RULE "  egress:\n"

static const struct refusal document[] = {
        { "", "policy/empty", 1, 1, NULL },
        { "# nothing\n", "policy/empty", 1, 1, NULL },
        { "---\n", "policy/empty", 1, 1, NULL },
        { "null\n", "policy/empty", 1, 1, NULL },
        { "policy\n", "policy/wrong-type", 1, 1, NULL },
        { "- a\n", "policy/wrong-type", 1, 1, NULL },
        { RULE "...\n# two\na: b\n", "policy/second-document", 6, 1, NULL },
        { "%YAML 5.2\n---\n" RULE, "policy/directive", 1, 1, NULL },
        { "%YAML 1.2\n%YAML 1.2\n---\n" RULE, "policy/directive", 2, 1, NULL },
        { "%TAG ! x\n---\n" RULE, "policy/directive", 1, 1, NULL },
        { "---\n%YAML 1.2\n---\n" RULE, "policy/directive", 2, 1, NULL },
        { RULE "  egress:\n    ips: [10.0.0.1,\n%  10.0.0.2,\n     10.0.0.3]\n", "policy/directive", 8, 1,
          NULL },
        { RULE "%ignored\n", "policy/directive", 6, 1, NULL },
        { RULE "---\n" RULE, "policy/second-document", 6, 1, NULL },
        { RULE "---\n", "policy/second-document", 6, 1, NULL },
        { "{\"version\":\"1.0\",\"rules\":[{\"name\":\"a\",\"action\":\"allow\",\"priority\":1}]} x",
          "policy/syntax", 1, 72, NULL },
        { "{\"version\":\"1.0\",\"rules\":[{\"name\":\"a\",\"action\":\"allow\",\"priority\":1}]}{}",
          "policy/syntax", 1, 71, NULL },
        { "version: \"1.0\n", "policy/syntax", 1, 11, NULL },
        { RULE "  egress: {domains: [*]}\n", "policy/syntax", 6, 23, "in quotes" },
        { EGRESS "    domains:\n    - *.example.com\n", "policy/alias", 8, 7, "in quotes" },
        { RULE "  egress: *b\n", "policy/alias", 6, 11, NULL },
        { HEAD "- &b\n  name: a\n  action: allow\n  priority: 1\n", "policy/anchor", 3, 3, NULL },
        { HEAD "- name: &b a\n  action: allow\n  priority: 1\n", "policy/anchor", 3, 9, NULL },
        { HEAD "- name: !!str a\n  action: allow\n  priority: 1\n", "policy/tag", 3, 9, NULL },
        { RULE "  egress: !x\n    ports: [1]\n", "policy/tag", 6, 11, NULL },
        { RULE "  # caf\xe9\n", "policy/encoding", 6, 8, "UTF-8" },
        { "\xff\xfev\0e\0r\0s", "policy/encoding", 1, 1, "UTF-8" },
        { RULE "  egress: \x01\n", "policy/control-character", 6, 11, NULL },
        { RULE "  # a bell \x07\n", "policy/control-character", 6, 12, NULL },
        { RULE "  # a C1 control \xc2\x9b\n", "policy/control-character", 6, 18, NULL },
        { HEAD "- name: \"a\\0b\"\n  action: allow\n  priority: 1\n", "policy/control-character", 3, 9,
          NULL },
        { HEAD "- name: \"a\\nb\"\n  action: allow\n  priority: 1\n", "policy/control-character", 3, 9,
          NULL },
        { HEAD "- name: \"\\\xef\xbb\xbf\"\n", "policy/syntax", 3, 10, NULL },
        { HEAD "- name: >-\n    a\n  action: allow\n  priority: 1\n", "policy/several-lines", 4, 1, NULL },
        { HEAD "- name: a\n    b\n  action: allow\n  priority: 1\n", "policy/several-lines", 3, 9, NULL },
        { HEAD "- name: \"a\n    b\"\n  action: allow\n  priority: 1\n", "policy/several-lines", 3, 9, NULL },
        { HEAD "- name: \"\\ud83d\"\n  action: allow\n  priority: 1\n", "policy/syntax", 3, 10, NULL },
        { HEAD "- name: |\n    a\n  action: allow\n  priority: 1\n", "policy/several-lines", 4, 1, NULL },
        { HEAD "- name: a\xe2\x80\xae"
               "b\n  action: allow\n  priority: 1\n",
          "policy/control-character", 3, 9, NULL },
        { EGRESS "    domains: [\"a\\u202eb.example\"]\n", "policy/control-character", 7, 15, NULL },
};

static const struct refusal keys[] = {
        { "rules:\n- name: a\n  action: allow\n  priority: 1\n", "policy/missing-key", 1, 1, NULL },
        { "version: 1.0\n", "policy/missing-key", 1, 1, NULL },
        { HEAD "- action: allow\n  priority: 1\n", "policy/missing-key", 3, 3, NULL },
        { HEAD "- name: a\n  priority: 1\n", "policy/missing-key", 3, 3, NULL },
        { HEAD "- name: a\n  action: allow\n", "policy/missing-key", 3, 3, NULL },
        { RULE "colour: red\n", "policy/unknown-key", 6, 1, "`version`, `rules`" },
        { RULE "  ingress: {ips: [1.1.1.1, {a: b}]}\n", "policy/unknown-key", 6, 3, NULL },
        { EGRESS "    domain: [example.com]\n", "policy/unknown-key", 7, 5, "did you mean `domains`?" },
        { EGRESS "    port:\n    - 443\n", "policy/unknown-key", 7, 5, "did you mean `ports`?" },
        { EGRESS "    Ports: [443]\n", "policy/unknown-key", 7, 5, "did you mean `ports`?" },
        { RULE "  <<: {}\n", "policy/unknown-key", 6, 3, NULL },
        { RULE "  : x\n", "policy/unknown-key", 6, 3, NULL },
        { RULE "  ? [a, b]\n  : x\n", "policy/explicit-key", 6, 3, NULL },
        { RULE "- ? name\n  : b\n", "policy/explicit-key", 6, 3, NULL },
        { "r: 0\n? e:\t>", "policy/explicit-key", 2, 1, NULL },
        { "--- ?", "policy/explicit-key", 1, 5, NULL },
        { "- !t &a ? b\r\n", "policy/explicit-key", 1, 9, NULL },
        { "\xef\xbb\xbf? a", "policy/explicit-key", 1, 1, NULL },
        { RULE "  {? [a, b] : x}: y\n", "policy/wrong-type", 6, 3, NULL },
        { RULE "version: 1.0\n", "policy/duplicate-key", 6, 1, NULL },
        { RULE "rules: [{}]\n", "policy/duplicate-key", 6, 1, NULL },
        { RULE "  action: deny\n", "policy/duplicate-key", 6, 3, NULL },
        { RULE "  \"name\": b\n", "policy/duplicate-key", 6, 3, NULL },
        { EGRESS "    ips: [10.0.0.1]\n    ips: [10.0.0.2]\n", "policy/duplicate-key", 8, 5, NULL },
};

static const struct refusal values[] = {
        { "version: 1\nrules:\n- name: a\n  action: allow\n  priority: 1\n", "policy/unsupported-version", 1,
          10, "1.0" },
        { "version: \"2.0\"\nrules:\n- name: a\n  action: allow\n  priority: 1\n",
          "policy/unsupported-version", 1, 10, NULL },
        { "version:\nrules:\n- name: a\n  action: allow\n  priority: 1\n", "policy/wrong-type", 1, 1, NULL },
        { "version: [1.0]\nrules:\n- name: a\n  action: allow\n  priority: 1\n", "policy/wrong-type", 1, 10,
          NULL },
        { "version: 1.0\nrules:\n", "policy/wrong-type", 2, 1, NULL },
        { "version: 1.0\nrules: []\n", "policy/empty-list", 2, 8, NULL },
        { "version: 1.0\nrules: {name: a}\n", "policy/wrong-type", 2, 8, NULL },
        { HEAD
          "  - name: a\n    action: allow\n    priority: 1\n  -\n  - name: b\n    action: allow\n    priority: 1\n",
          "policy/wrong-type", 6, 3, NULL },
        { RULE "-\n", "policy/syntax", 7, 1, "missing" },
        { RULE "-  ~\n", "policy/wrong-type", 6, 4, NULL },
        { RULE "- allow\n", "policy/wrong-type", 6, 3, NULL },
        { RULE "- - a\n", "policy/wrong-type", 6, 3, NULL },
        { HEAD "- name:\n  action: allow\n  priority: 1\n", "policy/wrong-type", 3, 3, NULL },
        { HEAD "- name: true\n  action: allow\n  priority: 1\n", "policy/wrong-type", 3, 9, "quotes" },
        { HEAD "- name: [a]\n  action: allow\n  priority: 1\n", "policy/wrong-type", 3, 9, NULL },
        { HEAD "- name: ''\n  action: allow\n  priority: 1\n", "policy/bad-name", 3, 9, NULL },
        { HEAD "- name: '  '\n  action: allow\n  priority: 1\n", "policy/bad-name", 3, 9, NULL },
        { RULE "- name: 'a'\n  action: deny\n  priority: 2\n", "policy/duplicate-name", 6, 9, NULL },
        { HEAD "- name: a\n  action: ALLOW\n  priority: 1\n", "policy/bad-action", 4, 11,
          "did you mean `allow`?" },
        { HEAD "- name: a\n  action: drop\n  priority: 1\n", "policy/bad-action", 4, 11, NULL },
        { HEAD "- name: a\n  action:\n  priority: 1\n", "policy/wrong-type", 4, 3, NULL },
        { HEAD "- name: a\n  action: allow\n  priority: 1.5\n", "policy/bad-priority", 5, 13, NULL },
        { HEAD "- name: a\n  action: allow\n  priority: 1e2\n", "policy/bad-priority", 5, 13, NULL },
        { HEAD "- name: a\n  action: allow\n  priority: 0x10\n", "policy/bad-priority", 5, 13, NULL },
        { HEAD "- name: a\n  action: allow\n  priority: +1\n", "policy/bad-priority", 5, 13, NULL },
        { HEAD "- name: a\n  action: allow\n  priority: 010\n", "policy/bad-priority", 5, 13, NULL },
        { HEAD "- name: a\n  action: allow\n  priority: --1\n", "policy/bad-priority", 5, 13, NULL },
        { HEAD "- name: a\n  action: allow\n  priority: 9223372036854775808\n", "policy/bad-priority", 5, 13,
          NULL },
        { HEAD "- name: a\n  action: allow\n  priority: -9223372036854775809\n", "policy/bad-priority", 5, 13,
          NULL },
        { HEAD "- name: a\n  action: allow\n  priority: \"1\"\n", "policy/wrong-type", 5, 13,
          "without quotes" },
        { HEAD "- name: a\n  action: allow\n  priority:\n", "policy/wrong-type", 5, 3, NULL },
        { RULE "  egress: all\n", "policy/wrong-type", 6, 11, NULL },
        { RULE "  egress: []\n", "policy/wrong-type", 6, 11, NULL },
};

static const struct refusal lists[] = {
        { EGRESS "    protocols: []\n", "policy/empty-list", 7, 16, NULL },
        { EGRESS "    domains: []\n", "policy/empty-list", 7, 14, NULL },
        { EGRESS "    ips: []\n", "policy/empty-list", 7, 10, NULL },
        { EGRESS "    ports: []\n", "policy/empty-list", 7, 12, NULL },
        { EGRESS "    protocols: tcp\n", "policy/wrong-type", 7, 16, "[value]" },
        { EGRESS "    ports: 443\n", "policy/wrong-type", 7, 12, NULL },
        { EGRESS "    ips: {10.0.0.1: x}\n", "policy/wrong-type", 7, 10, NULL },
        { EGRESS "    domains:\n", "policy/wrong-type", 7, 5, NULL },
        { EGRESS "    ips:\n      - 10.0.0.1\n      - # none\n      - 10.0.0.2\n", "policy/wrong-type", 9, 7,
          NULL },
        { EGRESS "    ips: [[10.0.0.1]]\n", "policy/wrong-type", 7, 11, NULL },
        { EGRESS "    domains: [{a: b}]\n", "policy/wrong-type", 7, 15, NULL },
        { EGRESS "    domains: [true]\n", "policy/wrong-type", 7, 15, NULL },
        { EGRESS "    protocols: [TCP]\n", "policy/bad-protocol", 7, 17, "`tcp`" },
        { EGRESS "    protocols: [icmpv6]\n", "policy/bad-protocol", 7, 17, "ICMPv6" },
        { EGRESS "    protocols: [any]\n", "policy/bad-protocol", 7, 17, "leave" },
        { EGRESS "    protocols: [6]\n", "policy/bad-protocol", 7, 17, NULL },
        { EGRESS "    ports: [0]\n", "policy/bad-port", 7, 13, NULL },
        { EGRESS "    ports: [\"0443\"]\n", "policy/bad-port", 7, 13, NULL },
        { EGRESS "    ports: [+443]\n", "policy/bad-port", 7, 13, NULL },
        { EGRESS "    ports: [\" 443\"]\n", "policy/bad-port", 7, 13, NULL },
        { EGRESS "    ports: [\"80 - 90\"]\n", "policy/bad-port", 7, 13, NULL },
        { EGRESS "    ports: [443.0]\n", "policy/bad-port", 7, 13, NULL },
        { EGRESS "    ports: [65536]\n", "policy/bad-port", 7, 13, NULL },
        { EGRESS "    ports: [-443]\n", "policy/bad-port", 7, 13, NULL },
        { EGRESS "    ports: [90-80]\n", "policy/bad-port", 7, 13, NULL },
        { EGRESS "    ips: [10.0.0.0/33]\n", "policy/bad-address", 7, 11, NULL },
        { EGRESS "    ips: [example.com]\n", "policy/bad-address", 7, 11, "`domains`" },
        { EGRESS "    ips: ['']\n", "policy/bad-address", 7, 11, NULL },
        { EGRESS "    ips: ['::ffff:169.254.169.254']\n", "policy/bad-address", 7, 11, "IPv4" },
        { EGRESS "    ips: ['::ffff:0:0/96']\n", "policy/bad-address", 7, 11, "IPv4" },
        { EGRESS "    domains: [10.0.0.1]\n", "policy/bad-domain", 7, 15, "`ips`" },
        { EGRESS "    domains: [10.0.0.0/8]\n", "policy/bad-domain", 7, 15, "`ips`" },
        { EGRESS "    domains: ['https://example.com']\n", "policy/bad-domain", 7, 15, "only" },
        { EGRESS "    domains: ['www.*.example.com']\n", "policy/bad-domain", 7, 15, "any depth" },
        { EGRESS "    domains: ['**.example.com']\n", "policy/bad-domain", 7, 15, NULL },
        { EGRESS "    domains: ['']\n", "policy/bad-domain", 7, 15, NULL },
        { EGRESS "    domains: [exa mple.com]\n", "policy/bad-domain", 7, 15, NULL },
        { EGRESS "    protocols: [icmp]\n    ports: [443]\n", "policy/icmp-with-ports", 8, 12, "leave" },
        { EGRESS "    ports:\n    - 443\n    protocols: [tcp, icmp]\n", "policy/icmp-with-ports", 8, 5,
          "two rules" },
};

static void check_refusal(const struct refusal *refusal) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        struct nfw_policy *policy = NULL;
        const struct nfw_diagnostic *diagnostic;
        int r;

        assert_int_equal(nfw_report_new(&report), 0);
        r = nfw_policy_read_buffer("test.yaml", refusal->text, strlen(refusal->text), report, &policy);
        diagnostic = nfw_report_diagnostic(report, 0);
        if (r != NFW_E_INVALID || nfw_report_n_diagnostics(report) != 1 ||
            strcmp(nfw_diagnostic_code(diagnostic), refusal->code) != 0 ||
            nfw_diagnostic_line(diagnostic) != refusal->line ||
            nfw_diagnostic_column(diagnostic) != refusal->column ||
            (refusal->hint &&
             (!nfw_diagnostic_hint(diagnostic) || !strstr(nfw_diagnostic_hint(diagnostic), refusal->hint)))) {
                print_report(report);
                fail_msg("expected %s at %u:%u of:\n%s", refusal->code, refusal->line, refusal->column,
                         refusal->text);
        }
        assert_string_equal(nfw_diagnostic_file(diagnostic), "test.yaml");
        assert_int_equal(nfw_diagnostic_severity(diagnostic), NFW_SEVERITY_ERROR);
        assert_null(policy);
}

static void test_document(void **state nfw_unused) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(document); i++)
                check_refusal(&document[i]);
}

static void test_keys(void **state nfw_unused) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(keys); i++)
                check_refusal(&keys[i]);
}

static void test_values(void **state nfw_unused) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(values); i++)
                check_refusal(&values[i]);
}

static void test_lists(void **state nfw_unused) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(lists); i++)
                check_refusal(&lists[i]);
}

static void test_all_at_once(void **state nfw_unused) {
        static const char text[] = "version: 2\n"
                                   "rules:\n"
                                   "- name: a\n"
                                   "  action: alow\n"
                                   "  priority: x\n"
                                   "  egress:\n"
                                   "    domain: [example.com]\n"
                                   "    ips: [1.2.3, 10.0.0.1, ::g]\n"
                                   "    ports: [0, 1, 99999]\n"
                                   "- action: deny\n"
                                   "- name: &x a\n"
                                   "  action: allow\n"
                                   "  priority: 2\n"
                                   "extra: 1\n";

        static const struct {
                const char *code;
                unsigned int line, column;
        } expected[] = {
                { "policy/unsupported-version", 1, 10 },
                { "policy/bad-action", 4, 11 },
                { "policy/bad-priority", 5, 13 },
                { "policy/unknown-key", 7, 5 },
                { "policy/bad-address", 8, 11 },
                { "policy/bad-address", 8, 28 },
                { "policy/bad-port", 9, 13 },
                { "policy/bad-port", 9, 19 },
                { "policy/missing-key", 10, 3 },
                { "policy/anchor", 11, 9 },
                { "policy/duplicate-name", 11, 12 },
                { "policy/unknown-key", 14, 1 },
        };
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        struct nfw_policy *policy = NULL;

        assert_int_equal(nfw_report_new(&report), 0);
        assert_int_equal(nfw_policy_read_buffer("test.yaml", text, strlen(text), report, &policy),
                         NFW_E_INVALID);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(expected); i++)
                if (!has_code(report, NFW_SEVERITY_ERROR, expected[i].code, expected[i].line,
                              expected[i].column)) {
                        print_report(report);
                        fail_msg("%s at %u:%u is missing", expected[i].code, expected[i].line,
                                 expected[i].column);
                }
        assert_int_equal(nfw_report_n_diagnostics(report),
                         NFW_ARRAY_SIZE(expected) + 1); /* two keys are missing */
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_document),    cmocka_unit_test(test_keys),
                cmocka_unit_test(test_values),      cmocka_unit_test(test_lists),
                cmocka_unit_test(test_all_at_once),
        };

        return cmocka_run_group_tests_name("policy/refuse", tests, NULL, NULL);
}
