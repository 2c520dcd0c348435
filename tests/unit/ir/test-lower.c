/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>

#include "compile.h"

#define POLICY(rules_) "version: \"1.0\"\nrules:\n" rules_

static const struct nfw_match *find_match(const struct nfw_ir_rule *rule,
                                          enum nfw_field field,
                                          enum nfw_operand_kind kind) {
        nfw_vec_foreach (match, &rule->matches) {
                if (match->field == field && match->kind == kind)
                        return match;
        }
        return NULL;
}

static bool has_numbers(const struct nfw_ir_rule *rule,
                        enum nfw_field field,
                        const uint16_t *numbers,
                        size_t n) {
        const struct nfw_match *match = find_match(rule, field, NFW_OPERAND_RANGES);
        struct nfw_ranges expected = { 0 };
        bool equal;

        for (size_t i = 0; i < n; i++) {
                struct nfw_range range = nfw_range_from_number(numbers[i], nfw_field_info(field)->size);

                assert_int_equal(nfw_ranges_add(&expected, &range), 0);
        }
        nfw_ranges_normalize(&expected, nfw_field_info(field)->size);
        equal = match && nfw_ranges_equal(&match->ranges, &expected);
        nfw_ranges_deinit(&expected);
        return equal;
}

#define HAS_NUMBERS(rule_, field_, ...)                                                                      \
        has_numbers((rule_), (field_), (const uint16_t[]){ __VA_ARGS__ },                                    \
                    NFW_ARRAY_SIZE(((const uint16_t[]){ __VA_ARGS__ })))

static bool has_parameter(const struct nfw_ir_rule *rule,
                          enum nfw_field field,
                          enum nfw_parameter parameter) {
        const struct nfw_match *match = find_match(rule, field, NFW_OPERAND_PARAMETER);

        return match && match->parameter == parameter;
}

static void assert_names(const struct nfw_ir *ir,
                         enum nfw_direction direction,
                         const char *const *names,
                         size_t n) {
        const struct nfw_ir_chain *chain = &ir->chains[direction];

        for (size_t i = 0; i < n && i < chain->rules.n; i++)
                assert_string_equal(chain->rules.items[i].name, names[i]);
        assert_int_equal(chain->rules.n, n);
}

#define ASSERT_NAMES(ir_, direction_, ...)                                                                   \
        assert_names((ir_), (direction_), (const char *const[]){ __VA_ARGS__ },                              \
                     NFW_ARRAY_SIZE(((const char *const[]){ __VA_ARGS__ })))

#define REPLIES               "replies", "IPv6 authentication header"
#define BEFORE_DHCP           "neighbour discovery", "neighbour discovery", "MLD reports"
#define BEFORE_DHCP_ON_BRIDGE "neighbour discovery", BEFORE_DHCP
#define DHCP                  "DHCPv4", "DHCPv4 renewal", "DHCPv6"

static void test_order(void **state nfw_unused) {
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = policy_of(
                POLICY("- {name: late, action: allow, priority: 9}\n"
                       "- {name: early, action: deny, priority: 1, egress: {domains: [a.example]}}\n"));
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *inet = ir_of(policy, NFW_TABLE_INET, false);
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *bridge = ir_of(policy, NFW_TABLE_BRIDGE, false);
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *any = ir_of(policy, NFW_TABLE_INET, true);
        const struct nfw_ir_rule *rules;

        ASSERT_NAMES(inet, NFW_EGRESS, "DNS queries", REPLIES, BEFORE_DHCP, DHCP, "DNS", "DNS", "early",
                     "early", "late", "nothing matched");
        ASSERT_NAMES(bridge, NFW_EGRESS, "not ARP, IPv4 or IPv6", "ARP", "DNS queries", REPLIES,
                     BEFORE_DHCP_ON_BRIDGE, DHCP, "DNS", "DNS", "early", "early", "late", "nothing matched");
        ASSERT_NAMES(any, NFW_EGRESS, "DNS queries", REPLIES, BEFORE_DHCP, DHCP, "DNS", "early", "early",
                     "late", "nothing matched");
        ASSERT_NAMES(inet, NFW_INGRESS, "DNS replies", "format 1.0 leaves ingress open");
        ASSERT_NAMES(bridge, NFW_INGRESS, "not ARP, IPv4 or IPv6", "DNS replies",
                     "format 1.0 leaves ingress open");

        rules = bridge->chains[NFW_EGRESS].rules.items;
        assert_true(rules[0].matches.items[0].negate);
        assert_true(HAS_NUMBERS(&rules[0], NFW_FIELD_ETHER_TYPE, 0x0800, 0x0806, 0x86dd));
        assert_int_equal(rules[0].verdict, NFW_VERDICT_DROP);
        assert_int_equal(rules[2].mirror, NFW_MIRROR_QUERY);
        assert_int_equal(rules[2].verdict, NFW_VERDICT_CONTINUE);
        assert_int_equal(rules[3].matches.items[0].flags, NFW_CT_ESTABLISHED | NFW_CT_RELATED);
        for (size_t i = 0; i < bridge->chains[NFW_EGRESS].rules.n; i++)
                assert_int_equal(rules[i].fixed, rules[i].pos.line == 0);

        assert_true(has_parameter(&inet->chains[NFW_EGRESS].rules.items[9], NFW_FIELD_IP_DADDR,
                                  NFW_PARAMETER_RESOLVERS));
        assert_true(has_parameter(&inet->chains[NFW_EGRESS].rules.items[10], NFW_FIELD_IP6_DADDR,
                                  NFW_PARAMETER_RESOLVERS));
        assert_int_equal(any->chains[NFW_EGRESS].rules.items[9].matches.n, 2);
        assert_true(inet->parameters[NFW_PARAMETER_RESOLVERS]);
        assert_true(inet->parameters[NFW_PARAMETER_LOCAL]);
        assert_false(inet->parameters[NFW_PARAMETER_SUBNETS]);
        assert_false(any->parameters[NFW_PARAMETER_RESOLVERS]);
}

static void test_without_learning(void **state nfw_unused) {
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = policy_of(POLICY(
                "- {name: host, action: allow, priority: 1, egress: {domains: [host.lima.internal]}}\n"));
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = ir_of(policy, NFW_TABLE_INET, false);

        /* No names to learn: no mirror, no DNS. */
        ASSERT_NAMES(ir, NFW_EGRESS, REPLIES, BEFORE_DHCP, DHCP, "host", "host", "nothing matched");
        ASSERT_NAMES(ir, NFW_INGRESS, "format 1.0 leaves ingress open");
        assert_int_equal(ir->learned.n, 0);
        assert_true(has_parameter(&ir->chains[NFW_EGRESS].rules.items[8], NFW_FIELD_IP_DADDR,
                                  NFW_PARAMETER_LOCAL));
        assert_true(has_parameter(&ir->chains[NFW_EGRESS].rules.items[9], NFW_FIELD_IP6_DADDR,
                                  NFW_PARAMETER_LOCAL));
}

/* The policy's rules in a chain: those with a position. */
static size_t first_of_policy(const struct nfw_ir_chain *chain) {
        size_t i = 0;

        while (i < chain->rules.n && chain->rules.items[i].pos.line == 0)
                i++;
        return i;
}

static void test_protocols(void **state nfw_unused) {
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = policy_of(POLICY(
                "- {name: a, action: allow, priority: 1, egress: {protocols: [icmp, tcp]}}\n"
                "- {name: b, action: allow, priority: 2, egress: {protocols: [icmp], ips: [10.0.0.0/8, \"2001:db8::/32\"]}}\n"
                "- {name: c, action: allow, priority: 3, egress: {ports: [\"443\", \"8000-8010\"]}}\n"));
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = ir_of(policy, NFW_TABLE_INET, false);
        const struct nfw_ir_chain *chain = &ir->chains[NFW_EGRESS];
        const struct nfw_ir_rule *rules = chain->rules.items + first_of_policy(chain);
        const struct nfw_match *ports = find_match(&rules[3], NFW_FIELD_TH_DPORT, NFW_OPERAND_RANGES);

        assert_true(HAS_NUMBERS(&rules[0], NFW_FIELD_L4PROTO, IPPROTO_TCP, IPPROTO_ICMP, IPPROTO_ICMPV6));
        assert_int_equal(rules[0].matches.n, 1);
        assert_true(HAS_NUMBERS(&rules[1], NFW_FIELD_L4PROTO, IPPROTO_ICMP));
        assert_non_null(find_match(&rules[1], NFW_FIELD_IP_DADDR, NFW_OPERAND_RANGES));
        assert_true(HAS_NUMBERS(&rules[2], NFW_FIELD_L4PROTO, IPPROTO_ICMPV6));
        assert_non_null(find_match(&rules[2], NFW_FIELD_IP6_DADDR, NFW_OPERAND_RANGES));
        assert_true(HAS_NUMBERS(&rules[3], NFW_FIELD_L4PROTO, IPPROTO_TCP, IPPROTO_UDP));
        assert_non_null(ports);
        assert_int_equal(ports->ranges.vec.n, 2);
}

/* Prefixes and domains of every kind: each IP version and each kind of destination is a rule. */
static void test_destinations(void **state nfw_unused) {
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = policy_of(POLICY(
                "- {name: a, action: deny, priority: 1, egress: {ips: [10.0.0.0/8],\n"
                "   domains: [a.example, host.lima.internal, \"*.b.example\", subnet.lima.internal]}}\n"
                "- {name: b, action: allow, priority: 2, egress: {domains: [c.example]}}\n"));
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = ir_of(policy, NFW_TABLE_INET, false);
        const struct nfw_ir_chain *chain = &ir->chains[NFW_EGRESS];
        const struct nfw_ir_rule *rules = chain->rules.items + first_of_policy(chain);
        const struct nfw_match *v4, *v6;

        assert_int_equal(ir->learned.n, 2);
        assert_int_equal(ir->learned.items[0].patterns.n, 2);
        assert_string_equal(ir->learned.items[0].patterns.items[1].name, "b.example");
        assert_string_equal(ir->learned.items[1].patterns.items[0].name, "c.example");

        for (size_t i = 0; i < 3; i++) {
                assert_string_equal(rules[i].name, "a");
                assert_int_equal(rules[i].verdict, NFW_VERDICT_DROP);
                assert_int_equal(rules[i].matches.n, 2);
                assert_non_null(find_match(&rules[i], NFW_FIELD_IP_DADDR, NFW_OPERAND_RANGES));
        }
        assert_non_null(find_match(&rules[0], NFW_FIELD_IP_DADDR, NFW_OPERAND_LEARNED));
        assert_true(has_parameter(&rules[1], NFW_FIELD_IP_DADDR, NFW_PARAMETER_LOCAL));
        assert_true(has_parameter(&rules[2], NFW_FIELD_IP_DADDR, NFW_PARAMETER_SUBNETS));

        v4 = find_match(&rules[3], NFW_FIELD_IP_DADDR, NFW_OPERAND_LEARNED);
        v6 = find_match(&rules[4], NFW_FIELD_IP6_DADDR, NFW_OPERAND_LEARNED);
        assert_non_null(v4);
        assert_non_null(v6);
        assert_int_equal(v4->learned, 1);
        assert_int_equal(v6->learned, 1);
        assert_string_equal(rules[5].name, "nothing matched");
}

static void test_deny_dns_by_name(void **state nfw_unused) {
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = policy_of(POLICY(
                "- {name: ours, action: allow, priority: 1, egress: {ips: [9.9.9.9], ports: [\"1-100\"]}}\n"
                "- {name: web, action: allow, priority: 2, egress: {domains: [a.example], ports: [\"443\"]}}\n"
                "- {name: no-dns, action: deny, priority: 3, egress: {protocols: [udp], ports: [\"53\"]}}\n"
                "- {name: nothing, action: deny, priority: 4}\n"));
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = ir_of(policy, NFW_TABLE_INET, false);
        const struct nfw_ir_rule *rules = ir->chains[NFW_EGRESS].rules.items;

        /* "ours" has no IPv6, so only its IPv4 part concerns the service; "nothing" does not name it. */
        ASSERT_NAMES(ir, NFW_EGRESS, "DNS queries", REPLIES, BEFORE_DHCP, DHCP, "ours", "no-dns", "no-dns",
                     "DNS", "DNS", "ours", "web", "web", "no-dns", "nothing", "nothing matched");

        assert_false(rules[9].fixed);
        assert_int_equal(rules[9].verdict, NFW_VERDICT_ACCEPT);
        assert_int_equal(rules[9].pos.line, 3);
        assert_true(HAS_NUMBERS(&rules[9], NFW_FIELD_TH_DPORT, 53));
        assert_true(HAS_NUMBERS(&rules[9], NFW_FIELD_L4PROTO, IPPROTO_TCP, IPPROTO_UDP));
        assert_true(has_parameter(&rules[9], NFW_FIELD_IP_DADDR, NFW_PARAMETER_RESOLVERS));
        assert_non_null(find_match(&rules[9], NFW_FIELD_IP_DADDR, NFW_OPERAND_RANGES));
        assert_true(HAS_NUMBERS(&rules[10], NFW_FIELD_L4PROTO, IPPROTO_UDP));
        assert_true(has_parameter(&rules[10], NFW_FIELD_IP_DADDR, NFW_PARAMETER_RESOLVERS));
        assert_true(has_parameter(&rules[11], NFW_FIELD_IP6_DADDR, NFW_PARAMETER_RESOLVERS));
}

static void test_deny_dhcp_by_name(void **state nfw_unused) {
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = policy_of(POLICY(
                "- {name: tcp-only, action: deny, priority: 1, egress: {protocols: [tcp], ports: [\"67\"]}}\n"
                "- {name: v6, action: deny, priority: 2, egress: {protocols: [udp], ports: [\"500-600\"]}}\n"));
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = ir_of(policy, NFW_TABLE_INET, false);

        /* Denying TCP port 67 says nothing of DHCP. */
        ASSERT_NAMES(ir, NFW_EGRESS, REPLIES, BEFORE_DHCP, "DHCPv4", "DHCPv4 renewal", "v6", "DHCPv6",
                     "tcp-only", "v6", "nothing matched");
        assert_true(HAS_NUMBERS(&ir->chains[NFW_EGRESS].rules.items[7], NFW_FIELD_TH_SPORT, 546));
        assert_true(HAS_NUMBERS(&ir->chains[NFW_EGRESS].rules.items[7], NFW_FIELD_TH_DPORT, 547));
}

/* An allowing rule alone leaves the services as they are. */
static void test_allow_by_name(void **state nfw_unused) {
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = policy_of(POLICY(
                "- {name: dns, action: allow, priority: 1, egress: {ports: [\"53\"], domains: [a.example]}}\n"
                "- {name: nothing, action: deny, priority: 2, egress: {protocols: [udp]}}\n"));
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = ir_of(policy, NFW_TABLE_INET, true);

        ASSERT_NAMES(ir, NFW_EGRESS, "DNS queries", REPLIES, BEFORE_DHCP, DHCP, "DNS", "dns", "dns",
                     "nothing", "nothing matched");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_order),
                cmocka_unit_test(test_without_learning),
                cmocka_unit_test(test_protocols),
                cmocka_unit_test(test_destinations),
                cmocka_unit_test(test_deny_dns_by_name),
                cmocka_unit_test(test_deny_dhcp_by_name),
                cmocka_unit_test(test_allow_by_name),
        };

        return cmocka_run_group_tests_name("ir/lower", tests, NULL, NULL);
}
