/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>

#include "base/macros.h"
#include "cmocka_all.h"
#include "ir/build.h"
#include "ir/evaluate.h"

static bool parameter_is_host_1(void *userdata nfw_unused,
                                enum nfw_parameter parameter,
                                const struct nfw_addr *addr) {
        return parameter == NFW_PARAMETER_LOCAL && addr->bytes[3] == 1;
}

static bool learned_is_7(void *userdata nfw_unused, size_t learned, const struct nfw_addr *addr nfw_unused) {
        return learned == 7;
}

static const struct nfw_evaluate_port port = { .is_parameter = parameter_is_host_1,
                                               .is_learned = learned_is_7 };

static const struct nfw_evaluate_packet tcp4 = {
        .ether_type = 0x0800,
        .source = { .family = AF_INET, .bytes = { 10, 0, 0, 9 } },
        .destination = { .family = AF_INET, .bytes = { 10, 0, 0, 1 } },
        .hop_limit = 255,
        .l4proto = IPPROTO_TCP,
        .has_ports = true,
        .source_port = 1024,
        .destination_port = 443,
        .ct_state = NFW_CT_NEW,
};

static const struct nfw_evaluate_packet icmp6 = {
        .ether_type = 0x86dd,
        .source = { .family = AF_INET6, .bytes = { 0xfe, 0x80 } },
        .destination = { .family = AF_INET6, .bytes = { 0xff, 2 } },
        .hop_limit = 255,
        .l4proto = IPPROTO_ICMPV6,
        .has_icmp_type = true,
        .icmp_type = 135,
        .ct_state = NFW_CT_UNTRACKED,
};

static const struct nfw_evaluate_packet arp = { .ether_type = 0x0806, .ct_state = NFW_CT_INVALID };

static bool holds(struct nfw_ir_rule *rule, const struct nfw_evaluate_packet *packet) {
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = NULL;
        const struct nfw_ir_rule *found;
        enum nfw_verdict verdict;

        assert_int_equal(nfw_ir_new(NFW_TABLE_BRIDGE, &ir), 0);
        assert_int_equal(nfw_ir_chain_take(&ir->chains[NFW_EGRESS], rule), 0);
        verdict = nfw_evaluate(ir, NFW_EGRESS, packet, &port, &found);
        assert_true((verdict == NFW_VERDICT_ACCEPT) == (found != NULL));
        return verdict == NFW_VERDICT_ACCEPT;
}

static struct nfw_ir_rule new_rule(void) {
        struct nfw_ir_rule rule;

        assert_int_equal(nfw_ir_rule_init(&rule, NFW_VERDICT_ACCEPT, "test", &NFW_POS_NONE), 0);
        return rule;
}

static bool number_holds(enum nfw_field field,
                         uint16_t number,
                         bool negate,
                         const struct nfw_evaluate_packet *packet) {
        struct nfw_ir_rule rule = new_rule();

        assert_int_equal(nfw_ir_rule_match_number(&rule, field, number), 0);
        rule.matches.items[0].negate = negate;
        return holds(&rule, packet);
}

static void test_fields(void **state nfw_unused) {
        assert_true(number_holds(NFW_FIELD_ETHER_TYPE, 0x0800, false, &tcp4));
        assert_true(number_holds(NFW_FIELD_ETHER_TYPE, 0x0806, false, &arp));
        assert_true(number_holds(NFW_FIELD_L4PROTO, IPPROTO_TCP, false, &tcp4));
        assert_false(number_holds(NFW_FIELD_L4PROTO, IPPROTO_UDP, false, &tcp4));
        assert_true(number_holds(NFW_FIELD_L4PROTO, IPPROTO_UDP, true, &tcp4));
        assert_true(number_holds(NFW_FIELD_TH_SPORT, 1024, false, &tcp4));
        assert_true(number_holds(NFW_FIELD_TH_DPORT, 443, false, &tcp4));
        assert_false(number_holds(NFW_FIELD_TH_DPORT, 443, true, &tcp4));
        assert_true(number_holds(NFW_FIELD_IP6_HOPLIMIT, 255, false, &icmp6));
        assert_true(number_holds(NFW_FIELD_ICMPV6_TYPE, 135, false, &icmp6));
        assert_false(number_holds(NFW_FIELD_ICMPV6_TYPE, 136, false, &icmp6));
}

/* As in nftables: what is not there matches nothing, not even "is not". */
static void test_missing_fields(void **state nfw_unused) {
        static const struct {
                enum nfw_field field;
                const struct nfw_evaluate_packet *packet;
        } cases[] = {
                { NFW_FIELD_TH_DPORT, &icmp6 },   { NFW_FIELD_TH_SPORT, &icmp6 },
                { NFW_FIELD_ICMPV6_TYPE, &tcp4 }, { NFW_FIELD_IP6_HOPLIMIT, &tcp4 },
                { NFW_FIELD_IP6_DADDR, &tcp4 },   { NFW_FIELD_IP6_SADDR, &tcp4 },
                { NFW_FIELD_IP_DADDR, &icmp6 },   { NFW_FIELD_IP_SADDR, &icmp6 },
                { NFW_FIELD_IP_DADDR, &arp },     { NFW_FIELD_L4PROTO, &arp },
                { NFW_FIELD_TH_DPORT, &arp },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                assert_false(number_holds(cases[i].field, 0, false, cases[i].packet));
                assert_false(number_holds(cases[i].field, 0, true, cases[i].packet));
        }
}

static void test_ct_state(void **state nfw_unused) {
        static const struct {
                uint32_t flags;
                bool holds;
        } cases[] = {
                { NFW_CT_NEW, true },
                { NFW_CT_ESTABLISHED | NFW_CT_RELATED, false },
                { NFW_CT_ESTABLISHED | NFW_CT_NEW, true },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                struct nfw_ir_rule rule = new_rule();

                assert_int_equal(nfw_ir_rule_match_flags(&rule, NFW_FIELD_CT_STATE, cases[i].flags), 0);
                assert_int_equal(holds(&rule, &tcp4), cases[i].holds);
        }
}

static void test_port_values(void **state nfw_unused) {
        struct nfw_ir_rule rule = new_rule();

        assert_int_equal(nfw_ir_rule_match_parameter(&rule, NFW_FIELD_IP_DADDR, NFW_PARAMETER_LOCAL), 0);
        assert_true(holds(&rule, &tcp4));

        rule = new_rule();
        assert_int_equal(nfw_ir_rule_match_parameter(&rule, NFW_FIELD_IP_SADDR, NFW_PARAMETER_LOCAL), 0);
        assert_false(holds(&rule, &tcp4));

        rule = new_rule();
        assert_int_equal(nfw_ir_rule_match_learned(&rule, NFW_FIELD_IP_DADDR, 7), 0);
        assert_true(holds(&rule, &tcp4));

        rule = new_rule();
        assert_int_equal(nfw_ir_rule_match_learned(&rule, NFW_FIELD_IP6_DADDR, 7), 0);
        assert_false(holds(&rule, &tcp4));

        rule = new_rule();
        assert_int_equal(nfw_ir_rule_match_learned(&rule, NFW_FIELD_IP_DADDR, 8), 0);
        assert_false(holds(&rule, &tcp4));
}

/* All matches of a rule must hold, the first rule decides, rules without a verdict do not. */
static void test_order(void **state nfw_unused) {
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = NULL;
        struct nfw_ir_rule mirror = new_rule(), wrong = new_rule(), right = new_rule(), last = new_rule();
        const struct nfw_ir_rule *found = NULL;

        mirror.verdict = NFW_VERDICT_CONTINUE;
        mirror.mirror = NFW_MIRROR_QUERY;
        assert_int_equal(nfw_ir_rule_match_number(&wrong, NFW_FIELD_TH_DPORT, 443), 0);
        assert_int_equal(nfw_ir_rule_match_number(&wrong, NFW_FIELD_L4PROTO, IPPROTO_UDP), 0);
        assert_int_equal(nfw_ir_rule_match_number(&right, NFW_FIELD_TH_DPORT, 443), 0);
        right.verdict = NFW_VERDICT_DROP;

        assert_int_equal(nfw_ir_new(NFW_TABLE_INET, &ir), 0);
        assert_int_equal(nfw_ir_chain_take(&ir->chains[NFW_EGRESS], &mirror), 0);
        assert_int_equal(nfw_ir_chain_take(&ir->chains[NFW_EGRESS], &wrong), 0);
        assert_int_equal(nfw_ir_chain_take(&ir->chains[NFW_EGRESS], &right), 0);
        assert_int_equal(nfw_ir_chain_take(&ir->chains[NFW_EGRESS], &last), 0);
        assert_int_equal(nfw_evaluate(ir, NFW_EGRESS, &tcp4, NULL, &found), NFW_VERDICT_DROP);
        assert_ptr_equal(found, &ir->chains[NFW_EGRESS].rules.items[2]);
        assert_int_equal(nfw_evaluate(ir, NFW_EGRESS, &icmp6, NULL, &found), NFW_VERDICT_ACCEPT);
        assert_ptr_equal(found, &ir->chains[NFW_EGRESS].rules.items[3]);
        assert_int_equal(nfw_evaluate(ir, NFW_INGRESS, &tcp4, NULL, &found), NFW_VERDICT_CONTINUE);
        assert_null(found);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_fields),   cmocka_unit_test(test_missing_fields),
                cmocka_unit_test(test_ct_state), cmocka_unit_test(test_port_values),
                cmocka_unit_test(test_order),
        };

        return cmocka_run_group_tests_name("ir/evaluate", tests, NULL, NULL);
}
