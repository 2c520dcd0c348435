/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>

#include "compile.h"
#include "model.h"

#define POLICY(rules_) "version: \"1.0\"\nrules:\n" rules_

/* What a policy without domains has before its own rules in the inet table. */
#define N_IMPLICIT 6

struct compiled {
        struct nfw_policy *policy;
        struct nfw_ir *ir;
        struct nfw_plan *plan;
};

static struct compiled compile(const char *text) {
        struct compiled compiled = { .policy = policy_of(text) };

        compiled.ir = ir_of(compiled.policy, NFW_TABLE_INET, false);
        compiled.plan = plan_of(compiled.ir);
        return compiled;
}

static void compiled_deinit(struct compiled *compiled) {
        nfw_plan_free(compiled->plan);
        nfw_ir_free(compiled->ir);
        nfw_policy_free(compiled->policy);
}

/* "+name" for a rule that accepts, "-name" for one that drops, in order, without the implicit ones. */
static void assert_rules(const struct nfw_plan *plan, const char *const *expected, size_t n) {
        const struct nfw_plan_chain *chain = &plan->chains[NFW_EGRESS];
        size_t at = 0;

        nfw_vec_foreach (rule, &chain->rules) {
                char text[256];

                if (rule->pos.line == 0)
                        continue;
                snprintf(text, sizeof(text), "%c%s", rule->verdict == NFW_VERDICT_ACCEPT ? '+' : '-',
                         rule->comment);
                assert_true(at < n);
                assert_string_equal(text, expected[at++]);
                assert_true(rule->counter);
        }
        assert_int_equal(at, n);
}

#define ASSERT_RULES(plan_, ...)                                                                             \
        assert_rules((plan_), (const char *const[]){ __VA_ARGS__ },                                          \
                     NFW_ARRAY_SIZE(((const char *const[]){ __VA_ARGS__ })))

static const struct nfw_plan_set *find_set(const struct nfw_plan *plan, const char *name) {
        nfw_vec_foreach (set, &plan->sets) {
                if (set->name && strcmp(set->name, name) == 0)
                        return set;
        }
        return NULL;
}

static void test_disjoint_rules_move_up(void **state nfw_unused) {
        nfw_cleanup(compiled_deinit) struct compiled c =
                compile(POLICY("- {name: a, action: allow, priority: 1, egress: {ips: [10.0.0.1]}}\n"
                               "- {name: b, action: deny, priority: 2, egress: {ips: [10.0.0.2]}}\n"
                               "- {name: c, action: allow, priority: 3, egress: {ips: [10.0.0.3]}}\n"
                               "- {name: d, action: deny, priority: 4, egress: {ips: [10.0.0.4]}}\n"));

        ASSERT_RULES(c.plan, "+a, c", "-b, d");
}

static void test_overlapping_rules_stay(void **state nfw_unused) {
        nfw_cleanup(compiled_deinit) struct compiled c =
                compile(POLICY("- {name: a, action: allow, priority: 1, egress: {ips: [10.0.0.1]}}\n"
                               "- {name: b, action: deny, priority: 2, egress: {ips: [10.0.0.0/8]}}\n"
                               "- {name: c, action: allow, priority: 3, egress: {ips: [10.0.0.3]}}\n"
                               "- {name: d, action: allow, priority: 4, egress: {ips: [11.0.0.1]}}\n"));

        /* c is behind b for good; d is not, so it joins a. */
        ASSERT_RULES(c.plan, "+a, d", "-b", "+c");
}

static void test_families_protocols_and_ports_are_disjoint(void **state nfw_unused) {
        nfw_cleanup(compiled_deinit) struct compiled c = compile(POLICY(
                "- {name: v4, action: deny, priority: 1, egress: {ips: [10.0.0.0/8]}}\n"
                "- {name: v6, action: allow, priority: 2, egress: {ips: [\"2001:db8::/32\"]}}\n"
                "- {name: tcp, action: allow, priority: 3, egress: {protocols: [tcp], ports: [\"80\"]}}\n"
                "- {name: udp, action: deny, priority: 4, egress: {protocols: [udp], ports: [\"80\"]}}\n"
                "- {name: port, action: deny, priority: 5, egress: {protocols: [tcp], ports: [\"81\"]}}\n"));

        /* tcp may meet v4's packets; udp and port are disjoint from everything that is allowed but v6. */
        ASSERT_RULES(c.plan, "-v4", "+v6", "+tcp", "-udp", "-port");
}

/* Nothing is known of addresses before they are learned. */
static void test_learned_overlaps_everything(void **state nfw_unused) {
        nfw_cleanup(compiled_deinit) struct compiled c = compile(POLICY(
                "- {name: a, action: allow, priority: 1, egress: {domains: [a.example]}}\n"
                "- {name: b, action: deny, priority: 2, egress: {ips: [10.0.0.1]}}\n"
                "- {name: c, action: allow, priority: 3, egress: {domains: [c.example]}}\n"
                "- {name: d, action: allow, priority: 4, egress: {domains: [d.example], protocols: [icmp]}}\n"));

        /* c meets b with IPv4 only; with IPv6 it waits there, too, so that both use one pair of sets. */
        ASSERT_RULES(c.plan, "+a", "+a", "-b", "+c", "+c", "+d", "+d");
        assert_int_equal(c.plan->learned.n, 3);
}

static void test_domains_share_a_set(void **state nfw_unused) {
        nfw_cleanup(compiled_deinit) struct compiled c = compile(POLICY(
                "- {name: a, action: allow, priority: 1, egress: {domains: [b.example], ports: [\"443\"]}}\n"
                "- {name: b, action: allow, priority: 2, egress: {domains: [\"*.example\", b.example], ports: [\"443\"]}}\n"
                "- {name: c, action: allow, priority: 3, egress: {domains: [c.example], ports: [\"22\"]}}\n"));
        const struct nfw_plan_learned *learned;
        const struct nfw_plan_set *set;

        ASSERT_RULES(c.plan, "+a, b", "+a, b", "+c", "+c");
        assert_int_equal(c.plan->learned.n, 2);
        learned = &c.plan->learned.items[0];
        assert_int_equal(learned->patterns.n, 2);

        set = &c.plan->sets.items[learned->set4];
        assert_string_equal(set->name, "web-allow1-learned4");
        assert_string_equal(set->comment, "b.example, *.example");
        assert_int_equal(set->learned, 0);
        assert_int_equal(set->elements.n, 0);
        assert_int_equal(set->fields[0], NFW_FIELD_IP_DADDR);
        set = &c.plan->sets.items[learned->set6];
        assert_string_equal(set->name, "web-allow1-learned6");
        assert_int_equal(set->fields[0], NFW_FIELD_IP6_DADDR);
        assert_non_null(find_set(c.plan, "web-allow1-learned4-2"));
}

/* One IP version must not get the names of a rule that is about the other. */
static void test_learned_for_one_family(void **state nfw_unused) {
        nfw_cleanup(compiled_deinit) struct compiled c = compile(POLICY(
                "- {name: a, action: allow, priority: 1, egress: {domains: [a.example], ips: [0.0.0.0/0]}}\n"
                "- {name: b, action: allow, priority: 2, egress: {domains: [b.example], ips: [0.0.0.0/0, \"::/0\"]}}\n"));

        ASSERT_RULES(c.plan, "+a, b", "+b");
        assert_int_equal(c.plan->learned.n, 2);
        assert_int_equal(c.plan->learned.items[0].patterns.n, 2);
        assert_int_equal(c.plan->learned.items[1].patterns.n, 1);
        assert_string_equal(c.plan->learned.items[1].patterns.items[0].name, "b.example");
}

static void test_everything_covers(void **state nfw_unused) {
        nfw_cleanup(compiled_deinit) struct compiled c = compile(
                POLICY("- {name: a, action: allow, priority: 1, egress: {ips: [10.0.0.1], ports: [\"80\"]}}\n"
                       "- {name: b, action: allow, priority: 2, egress: {domains: [a.example]}}\n"
                       "- {name: all, action: allow, priority: 3}\n"));

        ASSERT_RULES(c.plan, "+all");
        assert_int_equal(c.plan->learned.n, 0);
}

static void test_names_and_comments(void **state nfw_unused) {
        nfw_cleanup(compiled_deinit) struct compiled c = compile(POLICY(
                "- {name: deny, action: deny, priority: 1, egress: {ips: [10.0.0.0/8]}}\n"
                "- {name: many, action: allow, priority: 2, egress: {ips: [10.0.0.1, 10.0.0.3, 10.0.0.5, 10.0.0.7,\n"
                "   10.0.0.9, 10.0.0.11, 10.0.0.13, 10.0.0.15, 10.0.0.17], protocols: [tcp]}}\n"));
        const struct nfw_plan_set *set = find_set(c.plan, "web-allow2-ip");

        assert_string_equal(c.plan->chains[NFW_EGRESS].name, "web-egress");
        assert_string_equal(c.plan->chains[NFW_INGRESS].name, "web-ingress");
        assert_string_equal(c.plan->chains[NFW_EGRESS].comment, "policy web");
        assert_string_equal(c.plan->chains[NFW_INGRESS].comment, "policy web");
        assert_int_equal(c.plan->nflog_group, 7);
        assert_non_null(set);
        assert_false(set->interval);
        assert_int_equal(set->elements.n, 9);
        assert_int_equal(set->learned, SIZE_MAX);
        assert_string_equal(set->comment, "many");
}

/* What is cheap to look at comes first, the protocol before its ports. */
static void test_order_of_matches(void **state nfw_unused) {
        nfw_cleanup(compiled_deinit) struct compiled c =
                compile(POLICY("- {name: a, action: allow, priority: 1, egress: {domains: [a.example],\n"
                               "   ips: [10.0.0.0/8, 12.0.0.0/9], ports: [\"443\"]}}\n"));
        const struct nfw_plan_chain *chain = &c.plan->chains[NFW_EGRESS];
        const struct nfw_plan_rule *rule = &chain->rules.items[chain->rules.n - 2];

        assert_string_equal(rule->comment, "a");
        assert_int_equal(rule->matches.n, 4);
        assert_int_equal(rule->matches.items[0].fields[0], NFW_FIELD_L4PROTO);
        assert_int_equal(rule->matches.items[1].kind, NFW_PLAN_RANGE);
        assert_int_equal(rule->matches.items[1].fields[0], NFW_FIELD_TH_DPORT);
        assert_int_equal(rule->matches.items[2].kind, NFW_PLAN_SET);
        assert_null(c.plan->sets.items[rule->matches.items[2].set].name);
        assert_int_equal(c.plan->sets.items[rule->matches.items[3].set].learned, 0);
}

/* The point of it all: the number of rules in the kernel does not follow the policy's. */
static void test_many_rules(void **state nfw_unused) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        nfw_cleanup(compiled_deinit) struct compiled c = { 0 };
        size_t size, n_values = 0;
        FILE *stream = open_memstream(&text, &size);

        fputs("version: \"1.0\"\nrules:\n", stream);
        for (unsigned int i = 0; i < 2000; i++) {
                fprintf(stream, "- {name: r%u, action: %s, priority: %u, egress: {ips: [10.%u.%u.%u], ", i,
                        i % 3 ? "allow" : "deny", i, i / 250, i % 250, i % 7);
                fprintf(stream, "protocols: [%s], ports: [\"%u\"]}}\n", i % 2 ? "tcp" : "udp",
                        1000 + i * 7 % 300);
        }
        assert_int_equal(fclose(stream), 0);

        c = compile(text);
        assert_true(c.plan->chains[NFW_EGRESS].rules.n < N_IMPLICIT + 6);
        nfw_vec_foreach (set, &c.plan->sets) {
                if (set->n_fields == 3)
                        n_values += set->elements.n / 3;
                assert_true(set->n_fields == 1 || !set->interval);
        }
        assert_int_equal(n_values, 2000);
}

/* An item that multiplies to too many boxes has a set for each field instead. */
static void test_large_product(void **state nfw_unused) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        nfw_cleanup(compiled_deinit) struct compiled c = { 0 };
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        fputs("version: \"1.0\"\nrules:\n- {name: large, action: allow, priority: 1, egress: {ips: [",
              stream);
        for (unsigned int i = 0; i < 300; i++)
                fprintf(stream, "%s10.0.%u.%u", i ? ", " : "", i / 100, i % 100 * 2);
        fputs("], ports: [", stream);
        for (unsigned int i = 0; i < 300; i++)
                fprintf(stream, "%s\"%u\"", i ? ", " : "", 1000 + i * 2);
        fputs("]}}\n", stream);
        for (unsigned int i = 0; i < 20; i++)
                fprintf(stream,
                        "- {name: small-%u, action: allow, priority: 2, egress: {ips: [11.0.0.%u], ports: [\"%u\"]}}\n",
                        i, i, i + 1);
        assert_int_equal(fclose(stream), 0);

        c = compile(text);
        assert_int_equal(find_set(c.plan, "web-allow1-ip")->elements.n, 300);
        assert_int_equal(find_set(c.plan, "web-allow1-port")->elements.n, 300);
        assert_int_equal(find_set(c.plan, "web-allow1-ip-proto-port")->elements.n, 20 * 2 * 3);
}

/* Verdicts that alternate over names: nothing folds, so that it takes blocks to be fast. */
static char *alternating_policy(unsigned int n_rules) {
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        fputs("version: \"1.0\"\nrules:\n", stream);
        for (unsigned int i = 0; i < n_rules; i += 2) {
                fprintf(stream,
                        "- {name: n%u, action: allow, priority: %u, egress: {domains: [n%u.example]}}\n", i,
                        i, i);
                fprintf(stream, "- {name: a%u, action: deny, priority: %u, egress: {ips: [10.%u.%u.0/24]}}\n",
                        i, i + 1, i >> 8, i & 255);
        }
        assert_int_equal(fclose(stream), 0);
        return text;
}

static void test_blocks(void **state nfw_unused) {
        nfw_cleanup(nfw_freep) char *text = alternating_policy(4000);
        nfw_cleanup(compiled_deinit) struct compiled c = compile(text);
        struct model model = { .seed = 1, .ir = c.ir, .plan = c.plan };
        struct nfw_evaluate_packet packet = {
                .ether_type = 0x0800,
                .source = { .family = AF_INET, .bytes = { 192, 0, 2, 1 } },
                .destination = { .family = AF_INET, .bytes = { 10, 3, 232, 1 } },
                .l4proto = IPPROTO_ESP,
                .ct_state = NFW_CT_NEW,
        };
        size_t n_rules = 0, n_names = c.plan->learned.n;

        assert_true(c.plan->blocks.n > 4000 / 80);
        assert_true(c.plan->chains[NFW_EGRESS].rules.n < 60);
        assert_string_equal(c.plan->blocks.items[0].name, "web-egress-block1");
        assert_string_equal(c.plan->blocks.items[0].comment, "policy web");
        assert_non_null(find_set(c.plan, "web-block1-learned4"));

        /* As if nothing had been learned: one in a thousand of the denied networks is found all the same. */
        c.plan->learned.n = 0;
        nfw_vec_foreach (set, &c.plan->sets)
                set->learned = SIZE_MAX;
        assert_int_equal(model_chain(&model, &c.plan->chains[NFW_EGRESS], &packet, &n_rules),
                         NFW_VERDICT_DROP);
        assert_true(n_rules < 150);
        c.plan->learned.n = n_names;
}

/* Thousands of rules for the same ports do with one set of them. */
static void test_common_sets(void **state nfw_unused) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        nfw_cleanup(compiled_deinit) struct compiled c = { 0 };
        size_t size, n_unnamed = 0;
        FILE *stream = open_memstream(&text, &size);

        fputs("version: \"1.0\"\nrules:\n", stream);
        for (unsigned int i = 0; i < 200; i++)
                fprintf(stream,
                        "- {name: r%u, action: %s, priority: %u, egress: {domains: [n%u.example], ports: [80, 443]}}\n",
                        i, i % 2 ? "allow" : "deny", i, i);
        assert_int_equal(fclose(stream), 0);

        c = compile(text);
        assert_non_null(find_set(c.plan, "web-common1-port"));
        assert_non_null(find_set(c.plan, "tcp_udp"));
        nfw_vec_foreach (set, &c.plan->sets)
                n_unnamed += !set->name;
        assert_true(n_unnamed < 16);
}

/* What the implicit rules look up is the table's: a policy has no set for that. */
static void test_constants(void **state nfw_unused) {
        nfw_cleanup(compiled_deinit) struct compiled c =
                compile("version: \"1.0\"\n"
                        "rules:\n"
                        "- {name: a, action: allow, priority: 1, egress: "
                        "{domains: [a.example], protocols: [tcp, udp]}}\n");
        size_t n_shared = 0;

        nfw_vec_foreach (set, &c.plan->sets) {
                assert_non_null(set->name);
                assert_int_equal(set->is_shared, set->learned == SIZE_MAX);
                n_shared += set->is_shared;
        }
        assert_int_equal(n_shared, 4);
        assert_true(find_set(c.plan, "tcp_udp")->is_shared);
        assert_null(find_set(c.plan, "ether_types"));
}

static void test_few_rules_are_no_block(void **state nfw_unused) {
        nfw_cleanup(nfw_freep) char *text = alternating_policy(20);
        nfw_cleanup(compiled_deinit) struct compiled c = compile(text);

        assert_int_equal(c.plan->blocks.n, 0);
}

static size_t count_verdicts(const struct nfw_plan_chain *chain, enum nfw_verdict verdict, size_t block) {
        size_t n = 0;

        nfw_vec_foreach (rule, &chain->rules)
                n += rule->verdict == verdict && (verdict == NFW_VERDICT_DROP || rule->block == block);
        return n;
}

/* Everything that dropped goes to the chain of its direction, and nothing else does. */
static void test_log_denied(void **state nfw_unused) {
        nfw_cleanup(nfw_freep) char *text = alternating_policy(400);
        nfw_cleanup(compiled_deinit) struct compiled c = compile(text);
        const struct nfw_plan_options options = {
                .policy = "web", .id = "0123456789abcdef", .nflog_group = 7, .log_denied = true
        };
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = NULL;
        const struct nfw_plan_chain *denied;
        size_t last;

        assert_int_equal(nfw_plan_new(c.ir, &options, &plan), 0);
        assert_true(c.plan->blocks.n > 1);
        assert_int_equal(plan->blocks.n, c.plan->blocks.n + 1);
        assert_int_equal(plan->sets.n, c.plan->sets.n + 1);
        last = plan->blocks.n - 1;
        denied = &plan->blocks.items[last];

        assert_string_equal(denied->name, "web-egress-denied");
        assert_int_equal(denied->direction, NFW_EGRESS);
        assert_int_equal(denied->rules.n, 2);
        assert_int_equal(denied->rules.items[0].mirror, NFW_MIRROR_DENIED);
        assert_int_equal(denied->rules.items[0].verdict, NFW_VERDICT_CONTINUE);
        assert_int_equal(denied->rules.items[1].verdict, NFW_VERDICT_DROP);
        assert_true(find_set(plan, "web-egress-denied")->meter);
        assert_ptr_equal(find_set(plan, "web-egress-denied"),
                         &plan->sets.items[denied->rules.items[0].meter]);

        for (size_t i = 0; i < last; i++) {
                assert_int_equal(count_verdicts(&plan->blocks.items[i], NFW_VERDICT_DROP, 0), 0);
                assert_int_equal(count_verdicts(&plan->blocks.items[i], NFW_VERDICT_GOTO, last),
                                 count_verdicts(&c.plan->blocks.items[i], NFW_VERDICT_DROP, 0));
        }
        assert_int_equal(count_verdicts(&plan->chains[NFW_EGRESS], NFW_VERDICT_DROP, 0), 0);
        assert_int_equal(count_verdicts(&plan->chains[NFW_EGRESS], NFW_VERDICT_GOTO, last),
                         count_verdicts(&c.plan->chains[NFW_EGRESS], NFW_VERDICT_DROP, 0));
        assert_int_equal(nfw_plan_denied_group(7), 8);
        assert_int_equal(nfw_plan_denied_group(UINT16_MAX), UINT16_MAX - 1);
}

static void test_deterministic(void **state nfw_unused) {
        nfw_cleanup(compiled_deinit) struct compiled c = compile(POLICY(
                "- {name: a, action: allow, priority: 1, egress: {ips: [10.0.0.1, 10.0.0.2], ports: [\"80\"]}}\n"
                "- {name: b, action: deny, priority: 2, egress: {domains: [b.example, a.example]}}\n"
                "- {name: c, action: allow, priority: 3, egress: {ips: [10.0.0.0/8], ports: [\"1-9\"]}}\n"));
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *again = plan_of(c.ir);

        assert_int_equal(c.plan->sets.n, again->sets.n);
        assert_int_equal(c.plan->chains[NFW_EGRESS].rules.n, again->chains[NFW_EGRESS].rules.n);
        for (size_t i = 0; i < again->chains[NFW_EGRESS].rules.n; i++)
                assert_string_equal(c.plan->chains[NFW_EGRESS].rules.items[i].comment,
                                    again->chains[NFW_EGRESS].rules.items[i].comment);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_disjoint_rules_move_up),
                cmocka_unit_test(test_overlapping_rules_stay),
                cmocka_unit_test(test_families_protocols_and_ports_are_disjoint),
                cmocka_unit_test(test_learned_overlaps_everything),
                cmocka_unit_test(test_domains_share_a_set),
                cmocka_unit_test(test_learned_for_one_family),
                cmocka_unit_test(test_everything_covers),
                cmocka_unit_test(test_names_and_comments),
                cmocka_unit_test(test_order_of_matches),
                cmocka_unit_test(test_many_rules),
                cmocka_unit_test(test_large_product),
                cmocka_unit_test(test_blocks),
                cmocka_unit_test(test_common_sets),
                cmocka_unit_test(test_constants),
                cmocka_unit_test(test_few_rules_are_no_block),
                cmocka_unit_test(test_log_denied),
                cmocka_unit_test(test_deterministic),
        };

        return cmocka_run_group_tests_name("ir/plan", tests, NULL, NULL);
}
