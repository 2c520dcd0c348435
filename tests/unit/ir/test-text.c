/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compile.h"

static char *print(const struct nfw_ir *ir) {
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        assert_non_null(stream);
        assert_int_equal(nfw_ir_print(ir, stream), 0);
        assert_int_equal(fclose(stream), 0);
        return text;
}

static void test_lines(void **state nfw_unused) {
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = policy_of(
                "version: \"1.0\"\n"
                "rules:\n"
                "- {name: web, action: allow, priority: 1, egress: {domains: [example.com, \"*.example.com\"],\n"
                "   protocols: [tcp], ports: [\"80-81\", \"443\"]}}\n"
                "- {name: not-there, action: deny, priority: 2, egress: {ips: [10.0.0.0/8, \"2001:db8::1\"]}}\n");
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = ir_of(policy, NFW_TABLE_INET, false);
        nfw_cleanup(nfw_freep) char *text = print(ir);

        assert_non_null(strstr(text, "inet egress\n"));
        assert_non_null(strstr(text, "\ninet ingress\n"));
        assert_non_null(strstr(text, "  test.yaml:3  accept "));
        assert_non_null(strstr(
                text,
                "meta l4proto tcp  th dport { 80-81, 443 }  ip daddr learned(example.com, *.example.com)"));
        assert_non_null(strstr(text, "# web\n"));
        assert_non_null(strstr(text, "  test.yaml:5  drop "));
        assert_non_null(strstr(text, "ip daddr 10.0.0.0/8 "));
        assert_non_null(strstr(text, "ip6 daddr 2001:db8::1 "));
        assert_non_null(strstr(text, "mirror query  meta l4proto { tcp, udp }  th dport 53"));
        assert_non_null(strstr(text, "ct state established,related"));
        assert_non_null(strstr(text, "ip6 daddr $resolvers"));
        assert_non_null(strstr(text, "everything"));
}

/* One line for each rule, whatever its length. */
static void test_long_lists(void **state nfw_unused) {
        nfw_cleanup(nfw_freep) char *yaml = NULL;
        nfw_cleanup(nfw_freep) char *text = NULL;
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = NULL;
        size_t size, n_lines = 0;
        FILE *stream = open_memstream(&yaml, &size);

        fputs("version: \"1.0\"\nrules:\n- {name: many, action: allow, priority: 1, egress: {ips: [", stream);
        for (unsigned int i = 0; i < 200; i++)
                fprintf(stream, "%s10.0.%u.0", i ? ", " : "", i);
        fputs("]}}\n", stream);
        assert_int_equal(fclose(stream), 0);

        policy = policy_of(yaml);
        ir = ir_of(policy, NFW_TABLE_INET, false);
        text = print(ir);
        assert_non_null(strstr(text, "10.0.11.0, \u2026 (+188) }"));
        assert_null(strstr(text, "10.0.12.0"));
        for (const char *c = text; *c; c++)
                n_lines += *c == '\n';
        assert_int_equal(n_lines, 3 + ir->chains[NFW_EGRESS].rules.n + ir->chains[NFW_INGRESS].rules.n);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_lines),
                cmocka_unit_test(test_long_lists),
        };

        return cmocka_run_group_tests_name("ir/text", tests, NULL, NULL);
}
