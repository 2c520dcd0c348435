/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Order, layers, directions, connections: what rules do to frames. */
#include "filter_fixture.h"
#include "filter_frames.h"

#define FILTER(rules)                  "<filter name='t'>" rules "</filter>"
#define RULE(action, direction, match) "<rule action='" action "' direction='" direction "'>" match "</rule>"
#define AT(priority, action, direction, match)                                                               \
        "<rule action='" action "' direction='" direction "' priority='" priority "'>" match "</rule>"
#define CHAIN(name, chain, rules) "<filter name='" name "' chain='" chain "'>" rules "</filter>"
#define REFER(name)               "<filterref filter='" name "'/>"

#define UDP_OUT                   UDP4(PEER, GUEST, IP_1, IP_2, PORT_1K, PORT_53)
#define UDP_IN                    UDP4(GUEST, PEER, IP_2, IP_1, PORT_1K, PORT_53)
#define UDP_ANSWER                UDP4(GUEST, PEER, IP_2, IP_1, PORT_53, PORT_1K)
#define ARP_OUT                   ARP(ALL, GUEST, REQUEST, GUEST, IP_1, "000000000000", IP_2)
#define ARP_IN                    ARP(ALL, PEER, REQUEST, PEER, IP_2, "000000000000", IP_1)

static void begin(struct fixture *f, const char *xml) {
        fixture_init(f);
        fixture_define(f, xml);
        fixture_bind(f, "t");
}

static bool out(struct fixture *f, const char *frame) {
        return passes(f, NFW_EGRESS, frame);
}

static bool in(struct fixture *f, const char *frame) {
        return passes(f, NFW_INGRESS, frame);
}

static void test_empty(void **state nfw_unused) {
        struct fixture f;

        begin(&f, "<filter name='t'/>");
        for (size_t layer = 0; layer < NFW_N_FILTER_LAYERS; layer++)
                for (size_t i = 0; i < NFW_N_DIRECTIONS; i++)
                        assert_true(f.ir->entry[layer][i] == NFW_FILTER_NO_CHAIN);
        assert_true(out(&f, UDP_OUT) && in(&f, UDP_IN));
        assert_null(f.rule);
        fixture_deinit(&f);
}

static void test_names(void **state nfw_unused) {
        struct fixture f;

        fixture_init(&f);
        fixture_define(&f, CHAIN("x", "arp", RULE("return", "out", "<arp/>") RULE("drop", "out", "")));
        fixture_define(&f, FILTER(REFER("x") RULE("drop", "out", "<arp comment='no ARP at all'/>")));
        fixture_bind(&f, "t");
        assert_false(out(&f, ARP_OUT));
        assert_string_equal(f.rule->name, "no ARP at all");
        assert_int_equal(f.rule->pos.line, 1);
        assert_string_equal(f.rule->pos.file, "test.xml");
        assert_string_equal(f.ir->chains.items[0].name, "arp-egress");
        assert_string_equal(f.ir->chains.items[0].rules.rules.items[1].name, "x: rule 2");
        assert_string_equal(f.ir->chains.items[1].name, "link-egress");
        assert_int_equal(f.ir->entry[NFW_FILTER_LINK][NFW_EGRESS], 1);
        assert_int_equal(f.ir->chains.n, 2);
        fixture_deinit(&f);
}

/* Each chain's rules: jumps point backwards, all rules stay where they are. */
static void test_invariants(void **state nfw_unused) {
        struct fixture f;

        fixture_init(&f);
        fixture_define(&f, CHAIN("x", "arp-x", RULE("drop", "inout", "<arp/>")));
        fixture_define(&f, CHAIN("y", "mac-y", RULE("return", "in", "")));
        fixture_define(&f, FILTER(REFER("x") REFER("y") RULE("accept", "inout", "<tcp/>")));
        fixture_bind(&f, "t");
        nfw_vec_foreach (chain, &f.ir->chains) {
                nfw_vec_foreach (rule, &chain->rules.rules) {
                        assert_true(rule->fixed);
                        assert_non_null(rule->name);
                        if (rule->verdict == NFW_VERDICT_JUMP)
                                assert_true(rule->chain < (size_t)(chain - f.ir->chains.items));
                }
        }
        fixture_deinit(&f);
}

static void test_rule_order(void **state nfw_unused) {
        struct fixture f;

        begin(&f, FILTER(AT("2", "drop", "out", "<arp/>") AT("1", "accept", "out", "<arp/>")));
        assert_true(out(&f, ARP_OUT));
        fixture_deinit(&f);

        begin(&f, FILTER(AT("1", "accept", "out", "<arp/>") AT("1", "drop", "out", "<arp/>")));
        assert_true(out(&f, ARP_OUT));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "out", "<arp/>") AT("501", "accept", "out", "<arp/>")));
        assert_false(out(&f, ARP_OUT));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("continue", "out", "<arp/>") RULE("drop", "out", "<arp/>")));
        assert_false(out(&f, ARP_OUT));
        fixture_deinit(&f);
}

/* The chain's default priority puts it before the rules of the root chain, or behind those that are before it. */
static void expect_chain(const char *chain, const char *priority, bool expected) {
        struct fixture f;
        char xml[256];

        fixture_init(&f);
        snprintf(xml, sizeof(xml), "<filter name='x' chain='%s'>" RULE("drop", "out", "") "</filter>", chain);
        fixture_define(&f, xml);
        snprintf(xml, sizeof(xml), FILTER(REFER("x") "<rule action='accept' direction='out' priority='%s'/>"),
                 priority);
        fixture_define(&f, xml);
        fixture_bind(&f, "t");
        assert_int_equal(out(&f, ARP_OUT), expected);
        fixture_deinit(&f);
}

static void test_chain_priority(void **state nfw_unused) {
        expect_chain("arp", "-501", true);
        expect_chain("arp", "-500", false);
        expect_chain("arp-more", "-501", true);
        expect_chain("arp-more", "-500", false);
        expect_chain("mac", "-801", true);
        expect_chain("mac", "-800", false);
        expect_chain("ipv4", "1000", true); /* not for ARP */
        expect_chain("rarp", "1000", true);
}

static void test_chains_by_name(void **state nfw_unused) {
        struct fixture f;

        fixture_init(&f);
        fixture_define(&f, CHAIN("x", "arp-b", RULE("drop", "out", "")));
        fixture_define(&f, CHAIN("y", "arp-a", RULE("accept", "out", "")));
        fixture_define(&f, FILTER(REFER("x") REFER("y")));
        fixture_bind(&f, "t");
        assert_true(out(&f, ARP_OUT));
        fixture_deinit(&f);
}

static void test_chain_conditions(void **state nfw_unused) {
        static const struct {
                const char *chain, *frame;
        } cases[] = {
                { "arp-x", ARP_OUT },
                { "rarp-x", RARP(GUEST) },
                { "ipv4-x", UDP_OUT },
                { "ipv6-x", UDP6(PEER, GUEST, FD00_1, FD00_2, PORT_1K, PORT_53) },
                { "vlan-x", TAGGED(PEER, GUEST, "0806 0000") },
                { "stp-x", "0180c2000000" GUEST "0004 42420300" },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                struct fixture f;
                char xml[128];

                snprintf(xml, sizeof(xml), "<filter name='t' chain='%s'>" RULE("drop", "out", "") "</filter>",
                         cases[i].chain);
                begin(&f, xml);
                for (size_t j = 0; j < NFW_ARRAY_SIZE(cases); j++)
                        assert_int_equal(out(&f, cases[j].frame), i != j);
                fixture_deinit(&f);
        }
}

static void test_chain_end(void **state nfw_unused) {
        struct fixture f;

        /* A chain that only goes on accepts at its end. */
        fixture_init(&f);
        fixture_define(&f, CHAIN("x", "arp", RULE("continue", "out", "<arp/>")));
        fixture_define(&f, FILTER(REFER("x") AT("999", "drop", "out", "")));
        fixture_bind(&f, "t");
        assert_true(out(&f, ARP_OUT));
        assert_string_equal(f.rule->name, "end of chain arp");
        assert_false(out(&f, UDP_OUT));
        fixture_deinit(&f);

        fixture_init(&f);
        fixture_define(&f, CHAIN("x", "arp", RULE("return", "out", "<arp/>")));
        fixture_define(&f, FILTER(REFER("x") AT("999", "drop", "out", "")));
        fixture_bind(&f, "t");
        assert_false(out(&f, ARP_OUT));
        fixture_deinit(&f);
}

/* For both directions a rule is written as who sends to the guest is seen. */
static void test_inout_is_swapped(void **state nfw_unused) {
        struct fixture f;

        begin(&f, FILTER(RULE("drop", "inout", "<ip srcipaddr='10.0.0.2'/>")));
        assert_false(in(&f, UDP_IN));
        assert_false(out(&f, UDP_OUT)); /* to 10.0.0.2 */
        assert_true(out(&f, UDP4(PEER, GUEST, IP_2, IP_1, PORT_1K, PORT_53)));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "inout", "<arp srcmacaddr='52:54:00:00:00:0b'/>")));
        assert_false(in(&f, ARP_IN));
        assert_true(out(&f, ARP_OUT));
        assert_false(out(&f, ARP(PEER, GUEST, REPLY, GUEST, IP_1, PEER, IP_2)));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "inout", "<arp arpsrcipaddr='10.0.0.2'/>")));
        assert_false(in(&f, ARP_IN));
        assert_false(out(&f, ARP_OUT));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "in", "<ip srcipaddr='10.0.0.2'/>")
                                 RULE("drop", "out", "<ip srcipaddr='10.0.0.1'/>")));
        assert_false(in(&f, UDP_IN));
        assert_false(out(&f, UDP_OUT));
        assert_true(in(&f, UDP4(GUEST, PEER, IP_9, IP_1, PORT_1K, PORT_53)));
        fixture_deinit(&f);
}

static void test_both_layers(void **state nfw_unused) {
        struct fixture f;

        begin(&f, FILTER(RULE("accept", "inout", "<ip/>") RULE("drop", "inout", "<udp/>")));
        assert_false(out(&f, UDP_OUT));
        assert_true(out(&f, ARP_OUT));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "inout", "<ip/>") RULE("accept", "inout", "<udp/>")));
        assert_false(out(&f, UDP_OUT));
        fixture_deinit(&f);
}

static void test_reject(void **state nfw_unused) {
        uint8_t frame[MAX_FRAME];
        struct fixture f;
        size_t size;

        begin(&f, FILTER(RULE("reject", "out", "<arp/>") RULE("reject", "out", "<udp/>")));
        assert_true(f.ir->needs_reject);
        size = frame_from_text(UDP_OUT, frame);
        assert_int_equal(fixture_send(&f, NFW_EGRESS, frame, size), NFW_VERDICT_REJECT);
        size = frame_from_text(ARP_OUT, frame);
        assert_int_equal(fixture_send(&f, NFW_EGRESS, frame, size), NFW_VERDICT_DROP);
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("reject", "out", "<arp/>")));
        assert_false(f.ir->needs_reject);
        fixture_deinit(&f);
}

#define REST RULE("drop", "inout", "<all/>")

static void test_out_connection(void **state nfw_unused) {
        struct fixture f;

        begin(&f, FILTER(AT("1", "accept", "out", "<udp dstportstart='53'/>") REST));
        assert_true(f.ir->needs_conntrack);
        assert_false(in(&f, UDP_ANSWER)); /* to nothing */
        assert_true(out(&f, UDP_OUT));
        assert_true(in(&f, UDP_ANSWER));
        assert_true(out(&f, UDP_OUT));
        assert_false(in(&f, UDP_IN));
        fixture_deinit(&f);
}

static void test_statematch(void **state nfw_unused) {
        struct fixture f;

        begin(&f, FILTER("<rule action='accept' direction='out' priority='1' statematch='false'>"
                         "<udp dstportstart='53'/></rule>" REST));
        assert_false(f.ir->needs_conntrack);
        assert_true(in(&f, UDP_ANSWER));
        assert_true(out(&f, UDP_OUT));
        fixture_deinit(&f);

        begin(&f, FILTER("<rule action='accept' direction='out' priority='1' statematch='false'>"
                         "<udp dstportstart='53' state='ESTABLISHED'/></rule>" REST));
        assert_true(out(&f, UDP_OUT));
        fixture_deinit(&f);
}

static void test_explicit_state(void **state nfw_unused) {
        struct fixture f;

        /* Only in the rule's own direction, and for drops, too. */
        begin(&f, FILTER(RULE("drop", "out", "<udp state='NEW'/>")));
        assert_false(out(&f, UDP_OUT));
        assert_true(in(&f, UDP_IN));
        assert_true(out(&f, UDP4(PEER, GUEST, IP_1, IP_2, PORT_53, PORT_1K)));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "out", "<udp state='NONE'/>")));
        assert_false(f.ir->needs_conntrack);
        assert_false(out(&f, UDP_OUT));
        assert_true(in(&f, UDP_IN));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "out", "<udp match='no' state='NEW'/>")));
        assert_true(out(&f, UDP_OUT));
        fixture_deinit(&f);
}

static void test_icmp_type(void **state nfw_unused) {
        struct fixture f;

        begin(&f, FILTER(AT("1", "accept", "out", "<icmp type='8'/>")
                                 AT("1", "accept", "in", "<icmp type='0'/>") REST));
        assert_true(out(&f, ICMP4(PEER, GUEST, IP_1, IP_2, "08")));
        assert_true(in(&f, ICMP4(GUEST, PEER, IP_2, IP_1, "00")));
        assert_false(in(&f, ICMP4(GUEST, PEER, IP_2, IP_1, "08")));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "out", "<icmp type='8'/>")));
        assert_true(in(&f, ICMP4(GUEST, PEER, IP_2, IP_1, "08")));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "inout", "<icmp type='8'/>")));
        assert_true(f.ir->entry[NFW_FILTER_NETWORK][NFW_EGRESS] == NFW_FILTER_NO_CHAIN);
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "out", "<icmp match='no' type='8'/>")));
        assert_true(out(&f, ICMP4(PEER, GUEST, IP_1, IP_2, "08")));
        assert_false(out(&f, ICMP4(PEER, GUEST, IP_1, IP_2, "0b")));
        fixture_deinit(&f);
}

#define ICMP6(type) PEER GUEST "86dd 60000000 0004 3a ff" FD00_1 FD00_2 type "00 0000"

static void test_icmpv6_range(void **state nfw_unused) {
        struct fixture f;

        begin(&f, FILTER(RULE("drop", "out", "<ipv6 protocol='icmpv6' type='133' typeend='136'/>")));
        assert_true(out(&f, ICMP6("84")));
        assert_false(out(&f, ICMP6("85")));
        assert_false(out(&f, ICMP6("88")));
        assert_true(out(&f, ICMP6("89")));
        assert_true(out(&f, UDP6(PEER, GUEST, FD00_1, FD00_2, "8500", PORT_53)));
        fixture_deinit(&f);
}

/* There is no destination MAC address to look at for what comes back. */
static void test_mac_in_network_layer(void **state nfw_unused) {
        struct fixture f;

        begin(&f, FILTER(RULE("drop", "in", "<all match='no' srcmacaddr='52:54:00:00:00:0b'/>")));
        assert_true(in(&f, UDP_IN));
        assert_false(in(&f, UDP4(GUEST, OTHER, IP_9, IP_1, PORT_1K, PORT_53)));
        assert_true(out(&f, UDP_OUT));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "in",
                              "<udp match='no' srcmacaddr='52:54:00:00:00:0b'/><udp dstportstart='53'/>")));
        assert_true(in(&f, UDP_IN));
        assert_false(out(&f, UDP4(PEER, GUEST, IP_1, IP_2, PORT_53, PORT_1K)));
        fixture_deinit(&f);
}

static void test_connlimit(void **state nfw_unused) {
        struct fixture f;

        begin(&f, FILTER(RULE("drop", "out", "<tcp connlimit-above='1'/>")));
        assert_true(f.ir->needs_conntrack);
        assert_true(out(&f, TCP4(PEER, GUEST, IP_1, IP_2, PORT_1K, PORT_80, SYN)));
        assert_true(out(&f, TCP4(PEER, GUEST, IP_1, IP_2, PORT_1K, PORT_80, SYN)));
        assert_false(out(&f, TCP4(PEER, GUEST, IP_1, IP_2, PORT_1K, PORT_22, SYN)));
        assert_true(in(&f, TCP4(GUEST, PEER, IP_2, IP_1, PORT_80, PORT_1K, SYN_ACK)));
        fixture_deinit(&f);
}

static void test_network_order(void **state nfw_unused) {
        struct fixture f;

        /* Rules of filters in the root chain are before all others. */
        fixture_init(&f);
        fixture_define(&f, CHAIN("x", "ipv4", AT("-1000", "drop", "out", "<udp/>")));
        fixture_define(&f, FILTER(REFER("x") AT("1000", "accept", "out", "<udp/>")));
        fixture_bind(&f, "t");
        assert_true(out(&f, UDP_OUT));
        fixture_deinit(&f);

        begin(&f, FILTER(AT("2", "drop", "inout", "<udp/>") AT("1", "return", "out", "<udp/>")));
        assert_true(out(&f, UDP_OUT));
        assert_true(in(&f, UDP_ANSWER));
        fixture_deinit(&f);
}

#define TAGGED_UDP TAGGED(PEER, GUEST, IPV4("001c", "11", IP_1, IP_2) PORT_1K PORT_53 "00080000")

static void test_tags(void **state nfw_unused) {
        const char *nested = TAGGED(PEER, GUEST, "8100 0008" IPV4("001c", "11", IP_1, IP_2));
        const char *arp = TAGGED(PEER, GUEST, "0806 0001 0800 06 04 0001");
        struct fixture f;

        begin(&f, FILTER(RULE("drop", "out", "<tcp/>")));
        assert_false(out(&f, TAGGED_UDP));
        assert_false(in(&f, TAGGED_UDP));
        assert_false(out(&f, nested));
        assert_true(out(&f, arp));
        assert_true(out(&f, UDP_OUT));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "inout", "<tcp-ipv6/>")));
        assert_true(out(&f, TAGGED_UDP));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "out", "<arp/>")));
        assert_true(out(&f, TAGGED_UDP));
        fixture_deinit(&f);

        fixture_init(&f);
        f.compat = true;
        fixture_define(&f, FILTER(RULE("drop", "out", "<tcp/>")));
        fixture_bind(&f, "t");
        assert_true(out(&f, TAGGED_UDP));
        fixture_deinit(&f);
}

static void test_gratuitous(void **state nfw_unused) {
        const char *gratuitous = ARP(ALL, GUEST, REQUEST, GUEST, IP_1, "000000000000", IP_1);
        struct fixture f;

        begin(&f, FILTER(RULE("drop", "out", "<arp gratuitous='true'/>")));
        assert_false(out(&f, gratuitous));
        assert_true(out(&f, ARP_OUT));
        assert_true(out(&f, ARP(ALL, GUEST, REQUEST, GUEST, IP_1, "000000000000", NET_1)));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "out", "<arp match='no' gratuitous='true'/>")));
        assert_true(out(&f, gratuitous));
        assert_false(out(&f, ARP_OUT));
        assert_false(out(&f, ARP(ALL, GUEST, REQUEST, GUEST, IP_1, "000000000000", NET_1)));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "out", "<arp gratuitous='false'/>")));
        assert_false(out(&f, gratuitous));
        assert_false(out(&f, ARP_OUT));
        fixture_deinit(&f);
}

static void test_tcp(void **state nfw_unused) {
        struct fixture f;

        begin(&f, FILTER(RULE("drop", "in", "<tcp flags='SYN,ACK/SYN'/>")));
        assert_false(in(&f, TCP4(GUEST, PEER, IP_2, IP_1, PORT_1K, PORT_80, SYN)));
        assert_true(in(&f, TCP4(GUEST, PEER, IP_2, IP_1, PORT_1K, PORT_80, SYN_ACK)));
        assert_true(in(&f, UDP_IN));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "in", "<tcp match='no' flags='SYN,ACK/SYN'/>")));
        assert_true(in(&f, TCP4(GUEST, PEER, IP_2, IP_1, PORT_1K, PORT_80, SYN)));
        assert_false(in(&f, TCP4(GUEST, PEER, IP_2, IP_1, PORT_1K, PORT_80, ACK)));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "in", "<tcp match='no' option='2'/>")));
        assert_false(in(&f, TCP4(GUEST, PEER, IP_2, IP_1, PORT_1K, PORT_80, SYN)));
        fixture_deinit(&f);
}

static void test_ipset(void **state nfw_unused) {
        struct fixture f;

        begin(&f, FILTER(RULE("drop", "inout", "<tcp ipset='bad' ipsetflags='src,dst'/>")));
        assert_int_equal(f.ir->named_sets.n, 2);
        assert_int_equal(f.ir->named_sets.items[0].fields[0], NFW_FIELD_IP_DADDR); /* from the guest */
        assert_int_equal(f.ir->named_sets.items[0].fields[1], NFW_FIELD_TH_SPORT);
        assert_int_equal(f.ir->named_sets.items[1].fields[0], NFW_FIELD_IP_SADDR);
        assert_int_equal(f.ir->named_sets.items[1].fields[1], NFW_FIELD_TH_DPORT);
        f.set_member = "bad";
        assert_false(in(&f, TCP4(GUEST, PEER, IP_2, IP_1, PORT_1K, PORT_80, SYN)));
        f.set_member = NULL;
        assert_true(in(&f, TCP4(GUEST, PEER, IP_2, IP_1, PORT_1K, PORT_80, SYN)));
        fixture_deinit(&f);

        /* What a set has no parts for does not count. */
        begin(&f, FILTER(RULE("drop", "in", "<tcp ipset='x' ipsetflags='src,dst,src,dst'/>")
                                 RULE("drop", "in", "<tcp ipset='x' ipsetflags='src,dst'/>")));
        nfw_vec_foreach (set, &f.ir->named_sets)
                assert_int_equal(set->n_fields, 2);
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "in", "<tcp match='no' ipset='good' ipsetflags='src'/>")));
        assert_false(in(&f, TCP4(GUEST, PEER, IP_2, IP_1, PORT_1K, PORT_80, SYN)));
        f.set_member = "good";
        assert_true(in(&f, TCP4(GUEST, PEER, IP_2, IP_1, PORT_1K, PORT_80, SYN)));
        fixture_deinit(&f);
}

static void refuses(const char *rule, const char *code) {
        struct fixture f;
        char xml[512];

        snprintf(xml, sizeof(xml), FILTER("%s"), rule);
        fixture_init(&f);
        fixture_define(&f, xml);
        fixture_refuses(&f, "t", code);
        fixture_deinit(&f);
}

static void test_refused(void **state nfw_unused) {
        refuses(RULE("drop", "inout", "<stp srcmacaddr='52:54:00:00:00:0a'/>"), "nwfilter/direction");
        refuses(RULE("drop", "in", "<esp ipset='x' ipsetflags='src,src'/>"), "nwfilter/ipset");
        refuses(RULE("drop", "in", "<all ipset='x' ipsetflags='src'/>")
                        RULE("drop", "in", "<all-ipv6 ipset='x' ipsetflags='src'/>"),
                "nwfilter/ipset");
        refuses(RULE("drop", "in", "<all ipset='x' ipsetflags='src'/>")
                        RULE("drop", "in", "<all ipset='x' ipsetflags='src,dst'/>"),
                "nwfilter/ipset");
}

static void test_stp(void **state nfw_unused) {
        /* A configuration message, and one that the topology changed with rubbish behind it. */
        const char *config = "0180c2000000" PEER "0026 424203 0000 00 00 00 8000" PEER "00000000 8000" PEER
                             "8001 0000 1400 0200 0f00";
        const char *change = "0180c2000000" PEER "0026 424203 0000 00 80 00 8000" PEER "00000000 8000" PEER
                             "8001 0000 1400 0200 0f00";
        const char *no_bpdu = "0180c2000000" PEER "88cc 424203 0000 00 00 00 8000" PEER "00000000 8000" PEER
                              "8001 0000 1400 0200 0f00";
        struct fixture f;

        begin(&f, FILTER(RULE("drop", "in", "<stp root-priority='32768'/>")));
        assert_false(in(&f, config));
        assert_true(in(&f, change));
        assert_true(in(&f, no_bpdu));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "in", "<stp/>")));
        assert_false(in(&f, config));
        assert_false(in(&f, change));
        assert_false(in(&f, no_bpdu));
        assert_true(in(&f, ARP_IN));
        fixture_deinit(&f);

        begin(&f, FILTER(RULE("drop", "in",
                              "<stp sender-address='52:54:00:00:00:00' "
                              "sender-address-mask='ff:ff:ff:00:00:00' forward-delay='1' "
                              "forward-delay-hi='4000'/>")));
        assert_false(in(&f, config));
        fixture_deinit(&f);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_empty),
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_invariants),
                cmocka_unit_test(test_rule_order),
                cmocka_unit_test(test_chain_priority),
                cmocka_unit_test(test_chains_by_name),
                cmocka_unit_test(test_chain_conditions),
                cmocka_unit_test(test_chain_end),
                cmocka_unit_test(test_inout_is_swapped),
                cmocka_unit_test(test_both_layers),
                cmocka_unit_test(test_reject),
                cmocka_unit_test(test_out_connection),
                cmocka_unit_test(test_statematch),
                cmocka_unit_test(test_explicit_state),
                cmocka_unit_test(test_icmp_type),
                cmocka_unit_test(test_icmpv6_range),
                cmocka_unit_test(test_mac_in_network_layer),
                cmocka_unit_test(test_connlimit),
                cmocka_unit_test(test_network_order),
                cmocka_unit_test(test_tags),
                cmocka_unit_test(test_gratuitous),
                cmocka_unit_test(test_tcp),
                cmocka_unit_test(test_ipset),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_stp),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
