/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "read.h"

#define HEAD "version: \"1.0\"\nrules:\n"

static void test_everything(void **state nfw_unused) {
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
        static const char text[] = HEAD "- name: first\n"
                                        "  action: deny\n"
                                        "  priority: -5\n"
                                        "  egress:\n"
                                        "    protocols: [tcp, udp]\n"
                                        "    domains:\n"
                                        "    - GitHub.com.\n"
                                        "    - \"*.github.com\"\n"
                                        "    - '*'\n"
                                        "    ips:\n"
                                        "    - 10.0.0.0/8\n"
                                        "    - 2001:db8::1\n"
                                        "    ports: [443, \"8000-9000\", 22-23]\n";
        const struct nfw_policy_rule *rule;

        policy = read_valid(text, NULL);
        assert_int_equal(nfw_policy_n_rules(policy), 1);
        assert_true(nfw_policy_has_domains(policy));
        assert_string_equal(policy->file, "test.yaml");
        assert_int_equal(policy->source_size, strlen(text));
        assert_memory_equal(policy->source, text, strlen(text));

        rule = &policy->rules.items[0];
        assert_string_equal(rule->name, "first");
        assert_int_equal(rule->action, NFW_ACTION_DENY);
        assert_int_equal(rule->priority, -5);
        assert_ptr_equal(rule->pos.file, policy->file);
        assert_int_equal(rule->pos.line, 3);
        assert_int_equal(rule->pos.column, 3);
        assert_int_equal(rule->protocols, NFW_PROTOCOL_TCP | NFW_PROTOCOL_UDP);

        assert_int_equal(rule->domains.n, 3);
        assert_string_equal(rule->domains.items[0].name, "github.com");
        assert_int_equal(rule->domains.items[1].kind, NFW_DOMAIN_BELOW);
        assert_int_equal(rule->domains.items[2].kind, NFW_DOMAIN_ANY);

        assert_int_equal(rule->prefixes.n, 2);
        assert_int_equal(rule->prefixes.items[0].length, 8);
        assert_int_equal(rule->prefixes.items[1].addr.family, AF_INET6);

        assert_int_equal(rule->ports.n, 3);
        assert_int_equal(rule->ports.items[0].first, 443);
        assert_int_equal(rule->ports.items[1].last, 9000);
        assert_int_equal(rule->ports.items[2].first, 22);
}

static void test_no_criteria(void **state nfw_unused) {
        static const char *const egress[] = { "", "  egress:\n", "  egress: null\n", "  egress: ~\n",
                                              "  egress: {}\n" };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(egress); i++) {
                nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
                char text[256];

                (void)snprintf(text, sizeof(text), HEAD "- name: a\n  action: allow\n  priority: 1\n%s",
                               egress[i]);
                policy = read_valid(text, NULL);
                assert_int_equal(policy->rules.items[0].action, NFW_ACTION_ALLOW);
                assert_int_equal(policy->rules.items[0].protocols, 0);
                assert_int_equal(policy->rules.items[0].domains.n, 0);
                assert_int_equal(policy->rules.items[0].prefixes.n, 0);
                assert_int_equal(policy->rules.items[0].ports.n, 0);
                assert_false(nfw_policy_has_domains(policy));
        }
}

static void test_order(void **state nfw_unused) {
        static const char names[] = "hbdfaceg";
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;

        /* Two rules in one line keep their order as well. */
        policy = read_valid(
                "{version: 1.0, rules: [\n"
                "{name: a, action: allow, priority: 7}, {name: b, action: deny, priority: 0},\n"
                "{name: c, action: allow, priority: 7},\n"
                "{name: d, action: allow, priority: 0},\n"
                "{name: e, action: allow, priority: 7},\n"
                "{name: f, action: allow, priority: 0}, {name: g, action: allow, priority: 9223372036854775807},\n"
                "{name: h, action: allow, priority: -9223372036854775808}]}\n",
                NULL);
        assert_int_equal(policy->rules.n, strlen(names));
        for (size_t i = 0; i < strlen(names); i++)
                assert_int_equal(policy->rules.items[i].name[0], names[i]);
        assert_int_equal(policy->rules.items[0].priority, INT64_MIN);
        assert_int_equal(policy->rules.items[7].priority, INT64_MAX);
}

static void test_ports_without_protocols(void **state nfw_unused) {
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;

        policy = read_valid(
                HEAD "- {name: a, action: allow, priority: 1, egress: {ports: [53]}}\n"
                     "- {name: b, action: allow, priority: 2, egress: {protocols: [udp], ports: [53]}}\n"
                     "- {name: c, action: allow, priority: 3, egress: {protocols: [icmp]}}\n",
                NULL);
        assert_int_equal(policy->rules.items[0].protocols, NFW_PROTOCOL_TCP | NFW_PROTOCOL_UDP);
        assert_int_equal(policy->rules.items[1].protocols, NFW_PROTOCOL_UDP);
        assert_int_equal(policy->rules.items[2].protocols, NFW_PROTOCOL_ICMP);
}

static void test_scalars(void **state nfw_unused) {
        static const char *const texts[] = {
                "version: 1.0\nrules: [{name: 123, action: allow, priority: 1}]\n",
                "version: '1.0'\nrules: [{name: '123', action: \"allow\", priority: 1}]\n",
                "rules: [{priority: 1, name: 123, action: 'allow'}]\nversion: \"1.0\"\n",
                "{\"version\":\"1.0\",\"rules\":[{\"name\":\"\\u0031\\x32\\u0033\",\"action\":\"allow\",\"priority\":1}]}",
                ("{\n\t\"version\" : \"1.0\",\n\t\"rules\" : [\n\t\t{ \"name\": \"123\", \"action\": \"allow\", "
                 "\"priority\": 1 }\n\t]\n}\n"),
                "\xef\xbb\xbfversion: 1.0\r\nrules:\r\n- name: 123\r\n  action: allow # yes\r\n  priority: 1\r\n",
                "\n # a comment\n%YAML 1.2\n---\nversion: 1.0\nrules:\n- name: 123\n  action: allow\n  priority: 1\n...\n",
                "\"version\": 1.0\n'rules':\n- name: 123 # a ? b\n  action: allow\n  priority: 1",
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(texts); i++) {
                nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = read_valid(texts[i], NULL);

                assert_string_equal(policy->rules.items[0].name, "123");
                assert_int_equal(policy->rules.items[0].action, NFW_ACTION_ALLOW);
                assert_int_equal(policy->rules.items[0].priority, 1);
        }
}

static void test_quoted_texts(void **state nfw_unused) {
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;

        policy = read_valid("version: 1.0\nrules:\n"
                            "- {name: 'it''s', action: allow, priority: 1}\n"
                            "- {name: \"say \\\"hi\\\"\", action: allow, priority: 2}\n"
                            "- {name: plain with spaces, action: allow, priority: 3}\n"
                            "- {name: \"\\u00FC\\ud83c\\udfe0\", action: allow, priority: 4}\n"
                            "- {name: \xc3\xbc\xf0\x9f\x8f\xa0 5, action: allow, priority: 5}\n"
                            "- {name: ~x, action: allow, priority: 6}\n"
                            "- {name: 'true', action: allow, priority: 7}\n",
                            NULL);
        assert_string_equal(policy->rules.items[0].name, "it's");
        assert_string_equal(policy->rules.items[1].name, "say \"hi\"");
        assert_string_equal(policy->rules.items[2].name, "plain with spaces");
        assert_string_equal(policy->rules.items[3].name, "\xc3\xbc\xf0\x9f\x8f\xa0");
        assert_string_equal(policy->rules.items[4].name, "\xc3\xbc\xf0\x9f\x8f\xa0 5");
        assert_string_equal(policy->rules.items[5].name, "~x");
        assert_string_equal(policy->rules.items[6].name, "true");
}

static void test_remarks(void **state nfw_unused) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;

        policy = read_valid(HEAD "- name: a\n"
                                 "  action: allow\n"
                                 "  priority: 1\n"
                                 "  egress:\n"
                                 "    protocols: [tcp, tcp]\n"
                                 "    domains: [example.com, Example.COM., '*.example.com']\n"
                                 "    ips: [10.1.2.3/8, 10.0.0.0/8, 10.0.0.0]\n"
                                 "    ports: [80, '80', 80-81, \"80-80\"]\n",
                            &report);
        assert_true(has_code(report, NFW_SEVERITY_NOTE, "policy/ips-and-domains", 7, 5));
        assert_true(has_code(report, NFW_SEVERITY_WARNING, "policy/duplicate-value", 7, 22));
        assert_true(has_code(report, NFW_SEVERITY_WARNING, "policy/duplicate-value", 8, 28));
        assert_true(has_code(report, NFW_SEVERITY_WARNING, "policy/host-bits", 9, 11));
        assert_true(has_code(report, NFW_SEVERITY_WARNING, "policy/duplicate-value", 9, 23));
        assert_true(has_code(report, NFW_SEVERITY_WARNING, "policy/duplicate-value", 10, 17));
        assert_true(has_code(report, NFW_SEVERITY_WARNING, "policy/duplicate-value", 10, 30));
        assert_int_equal(nfw_report_n_diagnostics(report), 7);
        assert_int_equal(policy->rules.items[0].domains.n, 2);
        assert_int_equal(policy->rules.items[0].prefixes.n, 2);
        assert_int_equal(policy->rules.items[0].ports.n, 2);
}

static void test_special_domains(void **state nfw_unused) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *special = NULL, *learned = NULL;

        special = read_valid(HEAD "- name: a\n  action: deny\n  priority: 1\n  egress:\n"
                                  "    domains: [Host.lima.internal, subnet.lima.internal.]\n",
                             &report);
        assert_false(nfw_policy_has_domains(special));
        assert_true(has_code(report, NFW_SEVERITY_NOTE, "policy/special-domain", 7, 15));
        assert_true(has_code(report, NFW_SEVERITY_NOTE, "policy/special-domain", 7, 35));

        learned = read_valid(HEAD "- name: a\n  action: deny\n  priority: 1\n  egress:\n"
                                  "    domains: ['*.lima.internal']\n",
                             NULL);
        assert_true(nfw_policy_has_domains(learned));
}

static void test_without_report(void **state nfw_unused) {
        struct nfw_policy *policy = NULL;

        assert_int_equal(nfw_policy_read_buffer("x", "{}", 2, NULL, &policy), NFW_E_INVALID);
        assert_null(policy);
        assert_int_equal(nfw_policy_read_buffer("x", NULL, 0, NULL, &policy), NFW_E_INVALID);
        assert_null(policy);
        assert_null(nfw_policy_free(NULL));
}

/* The report is the caller's, who may read several files into it. */
static void test_shared_report(void **state nfw_unused) {
        static const char text[] = HEAD "- {name: a, action: allow, priority: 1}\n";
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;

        assert_int_equal(nfw_report_new(&report), 0);
        assert_int_equal(nfw_policy_read_buffer("bad", "", 0, report, &policy), NFW_E_INVALID);
        assert_int_equal(nfw_policy_read_buffer("good", text, strlen(text), report, &policy), 0);
        assert_int_equal(nfw_report_n_diagnostics(report), 1);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_everything),     cmocka_unit_test(test_no_criteria),
                cmocka_unit_test(test_order),          cmocka_unit_test(test_ports_without_protocols),
                cmocka_unit_test(test_scalars),        cmocka_unit_test(test_quoted_texts),
                cmocka_unit_test(test_remarks),        cmocka_unit_test(test_special_domains),
                cmocka_unit_test(test_without_report), cmocka_unit_test(test_shared_report),
        };

        return cmocka_run_group_tests_name("policy/read", tests, NULL, NULL);
}
