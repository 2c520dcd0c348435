/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter_fixture.h"
#include "filter_frames.h"

#define FILTER(rules)   "<filter name='t'>" rules "</filter>"
#define DROP_OUT(match) "<rule action='drop' direction='out'>" match "</rule>"

static bool udp_from(struct fixture *fixture, const char *source, const char *source_port) {
        char text[256];

        snprintf(text, sizeof(text), PEER GUEST IPV4("001c", "11", "%s", IP_2) "%s" PORT_53 "00080000",
                 source, source_port);
        return passes(fixture, NFW_EGRESS, text);
}

static void begin(struct fixture *fixture, const char *xml) {
        fixture_init(fixture);
        fixture_define(fixture, xml);
}

static void begin_match(struct fixture *fixture, const char *match, const char *values) {
        char xml[512];

        snprintf(xml, sizeof(xml), FILTER(DROP_OUT("%s")), match);
        begin(fixture, xml);
        fixture_give(fixture, values);
}

/* With values of variables, "NAME=VALUE" with spaces between them. */
static void bind_with(struct fixture *fixture, const char *xml, const char *values) {
        begin(fixture, xml);
        fixture_give(fixture, values);
        fixture_bind(fixture, "t");
}

#define PAIRS "A=10.0.0.1 A=10.0.0.9 P=80 P=22"

static void test_list(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        bind_with(&f, FILTER(DROP_OUT("<ip srcipaddr='$IP'/>")), "IP=10.0.0.1 IP=10.0.0.9");
        assert_int_equal(f.ir->sets.n, 1);
        assert_string_equal(f.ir->sets.items[0].name, "ip-saddr-IP");
        assert_false(f.ir->sets.items[0].interval);
        assert_int_equal(f.tuples[0].vec.n, 2);
        assert_false(udp_from(&f, IP_1, PORT_80));
        assert_false(udp_from(&f, IP_9, PORT_80));
        assert_true(udp_from(&f, IP_2, PORT_80));
}

static void test_duplicates(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        bind_with(&f, FILTER(DROP_OUT("<ip srcipaddr='$IP'/>")), "IP=10.0.0.1 IP=10.0.0.1 IP=10.0.0.1");
        assert_int_equal(f.tuples[0].vec.n, 1);
}

static void test_parallel(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        bind_with(&f, FILTER(DROP_OUT("<udp srcipaddr='$A' srcportstart='$P'/>")), PAIRS);
        assert_int_equal(f.ir->sets.n, 2); /* the other direction looks at the other side */
        assert_int_equal(f.ir->sets.items[0].n_fields, 2);
        assert_int_equal(f.tuples[0].vec.n, 4);
        assert_false(udp_from(&f, IP_1, PORT_80));
        assert_true(udp_from(&f, IP_1, PORT_22));
        assert_false(udp_from(&f, IP_9, PORT_22));
        assert_true(udp_from(&f, IP_9, PORT_80));
}

static void test_product(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        bind_with(&f, FILTER(DROP_OUT("<udp srcipaddr='$A[@1]' srcportstart='$P[@2]'/>")), PAIRS " P=54");
        /* What does not depend on each other is in sets of its own, and the lengths may differ. */
        assert_int_equal(f.ir->sets.items[0].n_fields, 1);
        assert_int_equal(f.ir->sets.items[1].n_fields, 1);
        assert_false(udp_from(&f, IP_1, PORT_80));
        assert_false(udp_from(&f, IP_1, PORT_54));
        assert_false(udp_from(&f, IP_9, PORT_22));
        assert_true(udp_from(&f, IP_2, PORT_22));
        assert_true(udp_from(&f, IP_9, PORT_53));
}

/* A range from one list to another with an iterator of its own is every pair of them. */
static void test_product_in_one_field(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        bind_with(&f, FILTER(DROP_OUT("<udp srcportstart='$A[@1]' srcportend='$B[@2]'/>")),
                  "A=22 A=54 B=80 B=79");
        assert_true(f.ir->sets.items[0].interval);
        assert_int_equal(f.tuples[0].vec.n, 1); /* 22-80 covers the rest */
        assert_false(udp_from(&f, IP_1, PORT_53));
        assert_true(udp_from(&f, IP_1, PORT_1K));
}

static void test_index(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        bind_with(&f, FILTER(DROP_OUT("<udp srcipaddr='$A[1]' srcportstart='$P[0]'/>")), PAIRS);
        assert_false(udp_from(&f, IP_9, PORT_80));
        assert_true(udp_from(&f, IP_9, PORT_22));
        assert_true(udp_from(&f, IP_1, PORT_80));
}

/* With match='no' a list is "none of these". */
static void test_negation(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        bind_with(&f, FILTER(DROP_OUT("<ip match='no' srcipaddr='$A'/><ip protocol='udp'/>")), PAIRS);
        assert_true(udp_from(&f, IP_1, PORT_80));
        assert_true(udp_from(&f, IP_9, PORT_80));
        assert_false(udp_from(&f, IP_2, PORT_80));
}

/* What is negated is asked by itself, so its list may be of any length. */
static void test_negation_of_one(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        bind_with(&f, FILTER(DROP_OUT("<udp match='no' srcipaddr='$A'/><udp srcportstart='$P'/>")),
                  PAIRS " P=54");
        assert_true(udp_from(&f, IP_1, PORT_54));
        assert_false(udp_from(&f, IP_2, PORT_54));
        assert_true(udp_from(&f, IP_2, PORT_53));
}

static bool tagged(struct fixture *fixture, const char *tag) {
        char text[256];

        snprintf(text, sizeof(text), PEER GUEST "8100 %s 0806 0001 0800 06 04 0001", tag);
        return passes(fixture, NFW_EGRESS, text);
}

/* There are no sets of such values, so each is a rule. The priority in a tag is no part of its number. */
static void test_vlans(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        bind_with(&f, FILTER(DROP_OUT("<vlan vlanid='$V'/>")), "V=7 V=0x123");
        assert_int_equal(f.ir->sets.n, 0);
        assert_int_equal(f.ir->compiled.n, 1);
        assert_false(tagged(&f, "0007"));
        assert_false(tagged(&f, "e007"));
        assert_false(tagged(&f, "0123"));
        assert_true(tagged(&f, "0008"));
}

static void test_no_vlans(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        bind_with(&f, FILTER(DROP_OUT("<vlan match='no' vlanid='$V'/>")), "V=7 V=0x123");
        assert_true(tagged(&f, "0007"));
        assert_true(tagged(&f, "0123"));
        assert_false(tagged(&f, "0008"));
}

static bool arp_of(struct fixture *fixture, const char *hardware) {
        char text[256];

        snprintf(text, sizeof(text), ALL GUEST "0806 %s 0800 06 04 0001" GUEST IP_1 "000000000000" IP_2,
                 hardware);
        return passes(fixture, NFW_EGRESS, text);
}

static void test_hardware_types(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        bind_with(&f, FILTER(DROP_OUT("<arp hwtype='$H'/>")), "H=1 H=6");
        assert_false(arp_of(&f, "0001"));
        assert_false(arp_of(&f, "0006"));
        assert_true(arp_of(&f, "0020"));
}

static bool udp_with(struct fixture *fixture, const char *tos, const char *source) {
        char text[256];

        snprintf(text, sizeof(text),
                 PEER GUEST "0800 45%s 001c 0001 0000 4011 0000 %s" IP_2 PORT_80 PORT_53 "00080000", tos,
                 source);
        return passes(fixture, NFW_EGRESS, text);
}

/* With an iterator of its own beside what is in a set, in each layer. */
static void test_classes(void **state nfw_unused) {
        static const char *const elements[] = { "<udp srcipaddr='$A' dscp='$D[@1]'/>",
                                                "<ip srcipaddr='$A' dscp='$D[@1]'/>" };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(elements); i++) {
                nfw_cleanup(fixture_deinit) struct fixture f;

                begin_match(&f, elements[i], PAIRS " D=46 D=8");
                fixture_bind(&f, "t");
                assert_false(udp_with(&f, "b8", IP_1));
                assert_false(udp_with(&f, "bb", IP_1)); /* congestion is told in the other bits */
                assert_false(udp_with(&f, "20", IP_9));
                assert_true(udp_with(&f, "00", IP_1));
                assert_true(udp_with(&f, "b8", IP_2));
        }
}

/* Each of the rules has those of the set that belong to its own value. */
static void test_classes_walked_with_a_set(void **state nfw_unused) {
        static const char *const elements[] = { "<udp srcipaddr='$A' dscp='$D'/>",
                                                "<ip srcipaddr='$A' dscp='$D'/>" };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(elements); i++) {
                nfw_cleanup(fixture_deinit) struct fixture f;

                begin_match(&f, elements[i], PAIRS " D=46 D=8");
                fixture_bind(&f, "t");
                assert_int_equal(f.ir->sets.n, i == 0 ? 4 : 2); /* a connection has a second direction */
                assert_false(udp_with(&f, "b8", IP_1));
                assert_true(udp_with(&f, "20", IP_1));
                assert_false(udp_with(&f, "20", IP_9));
                assert_true(udp_with(&f, "b8", IP_9));
                assert_true(udp_with(&f, "b8", IP_2));
                fixture_unbind(&f);
                fixture_set(&f, "D", "10");
                fixture_refuses(&f, "t", "nwfilter/unequal-lists");
        }
}

static void test_constant_mask(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        bind_with(&f, FILTER(DROP_OUT("<ip srcipaddr='$A' srcipmask='24'/>")), "A=10.0.0.77");
        assert_false(f.ir->sets.items[0].interval);
        assert_true(f.ir->sets.items[0].fields[0].is_masked);
        assert_memory_equal(f.ir->sets.items[0].fields[0].mask, "\xff\xff\xff\0", 4);
        assert_memory_equal(f.tuples[0].vec.items[0].first, "\x0a\0\0\0", 4);
        assert_memory_equal(f.tuples[0].vec.items[0].last, "\x0a\0\0\0", 4);
        assert_false(udp_from(&f, IP_9, PORT_80));
        assert_true(udp_from(&f, NET_1, PORT_80));
}

static void test_whole_mask(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        bind_with(&f,
                  FILTER(DROP_OUT("<ip srcipaddr='$A' srcipmask='32'/>") DROP_OUT("<ip srcipaddr='$A'/>")),
                  "A=10.0.0.1");
        assert_int_equal(f.ir->sets.n, 1);
        assert_false(f.ir->sets.items[0].fields[0].is_masked);
}

static void test_variable_mask(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        bind_with(&f, FILTER(DROP_OUT("<ip srcipaddr='$A' srcipmask='$M'/>")),
                  "A=10.0.1.5 A=10.0.0.9 M=255.255.255.0 M=32");
        assert_true(f.ir->sets.items[0].interval);
        assert_false(udp_from(&f, NET_1, PORT_80));
        assert_false(udp_from(&f, IP_9, PORT_80));
        assert_true(udp_from(&f, IP_1, PORT_80));
}

/* The kernel takes no boxes that overlap. */
static void test_overlap(void **state nfw_unused) {
        const struct nfw_filter_tuples *tuples;
        nfw_cleanup(fixture_deinit) struct fixture f;

        bind_with(&f,
                  FILTER(DROP_OUT("<udp srcipaddr='$A' srcipmask='$M' srcportstart='$P' srcportend='$Q'/>")),
                  "A=10.0.0.0 M=24 P=1 Q=60 A=10.0.0.8 M=29 P=50 Q=90");
        tuples = &f.tuples[0];
        for (size_t i = 0; i < tuples->vec.n; i += 2) {
                for (size_t j = i + 2; j < tuples->vec.n; j += 2)
                        assert_false(
                                nfw_range_overlaps(&tuples->vec.items[i], &tuples->vec.items[j]) &&
                                nfw_range_overlaps(&tuples->vec.items[i + 1], &tuples->vec.items[j + 1]));
        }
        assert_false(udp_from(&f, IP_1, PORT_22));
        assert_true(udp_from(&f, IP_1, PORT_80));
        assert_false(udp_from(&f, IP_9, PORT_22));
        assert_false(udp_from(&f, IP_9, PORT_80));
        assert_true(udp_from(&f, IP_9, PORT_1K));
}

static void test_shared_sets(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        bind_with(&f,
                  FILTER(DROP_OUT("<ip srcipaddr='$A' protocol='udp'/>")
                                 DROP_OUT("<ip srcipaddr='$A' dscp='1'/>") DROP_OUT("<ip srcipaddr='$A[0]'/>")
                                         DROP_OUT("<ip match='no' srcipaddr='$A'/>")),
                  "A=10.0.0.1");
        assert_int_equal(f.ir->sets.n, 3);
        for (size_t i = 0; i < f.ir->sets.n; i++) {
                for (size_t j = 0; j < i; j++)
                        assert_string_not_equal(f.ir->sets.items[i].name, f.ir->sets.items[j].name);
        }
}

#define REFERENCE(values)      "<filterref filter='x'>" values "</filterref>"
#define PARAMETER(name, value) "<parameter name='" name "' value='" value "'/>"

/* The same filter with other parameters looks into other sets; with the same ones into the same. */
static void test_scopes(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        begin(&f, "<filter name='x'>" DROP_OUT("<udp srcportstart='$P'/>") "</filter>");
        fixture_define(&f, FILTER(REFERENCE(PARAMETER("P", "80")) REFERENCE(PARAMETER("P", "22"))
                                          REFERENCE(PARAMETER("P", "80"))));
        fixture_bind(&f, "t");
        assert_int_equal(f.ir->missing.n, 0);
        assert_int_equal(f.ir->variables.n, 1);
        assert_int_equal(f.ir->sets.n, 4);
        assert_false(udp_from(&f, IP_1, PORT_80));
        assert_false(udp_from(&f, IP_1, PORT_22));
        assert_true(udp_from(&f, IP_1, PORT_54));
}

static void test_outer_wins(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        begin(&f, "<filter name='y'>" DROP_OUT("<udp srcportstart='$P'/>") "</filter>");
        fixture_define(
                &f, "<filter name='x'><filterref filter='y'>" PARAMETER("P", "22") "</filterref></filter>");
        fixture_define(&f, FILTER(REFERENCE(PARAMETER("P", "80"))));
        fixture_bind(&f, "t");
        assert_false(udp_from(&f, IP_1, PORT_80));
        assert_true(udp_from(&f, IP_1, PORT_22));
        fixture_unbind(&f);

        fixture_set(&f, "P", "54");
        fixture_bind(&f, "t");
        assert_false(udp_from(&f, IP_1, PORT_54));
        assert_true(udp_from(&f, IP_1, PORT_80));
}

static void refuses(const char *match, const char *value, const char *code) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        begin_match(&f, match, PAIRS);
        if (value)
                fixture_give(&f, value);
        fixture_refuses(&f, "t", code);
}

static void test_refused(void **state nfw_unused) {
        refuses("<ip srcipaddr='$NO'/>", NULL, "nwfilter/missing-variable");
        refuses("<ip srcipaddr='$A[2]'/>", NULL, "nwfilter/variable-index");
        refuses("<udp srcipaddr='$A' srcportstart='$P'/>", "P=99", "nwfilter/unequal-lists");
        refuses("<udp srcportstart='$A'/>", NULL, "nwfilter/variable-value");
        refuses("<udp srcportstart='$P'/>", "P=65536", "nwfilter/variable-value");
        refuses("<udp srcportstart='$P'/>", "P=-1", "nwfilter/variable-value");
        refuses("<udp dscp='$D'/>", "D=64", "nwfilter/variable-value");
        refuses("<mac srcmacaddr='$M'/>", "M=52:54:00:00:00", "nwfilter/variable-value");
        refuses("<ip srcipaddr='$V6'/>", "V6=fd00::1", "nwfilter/variable-value");
        refuses("<udp srcportstart='81' srcportend='$P'/>", NULL, "nwfilter/empty-range");
        refuses("<tcp connlimit-above='$NO'/>", NULL, "nwfilter/missing-variable");
        refuses("<tcp connlimit-above='$A[0]'/>", NULL, "nwfilter/variable-value");
        refuses("<tcp connlimit-above='$P' srcipaddr='$A'/>", "P=99", "nwfilter/unequal-lists");
}

static void test_values_that_are_none(void **state nfw_unused) {
        static const char *const elements[] = { "<vlan vlanid='$V'/>", "<ip dscp='$V'/>",
                                                "<arp hwtype='$V'/>", "<tcp option='$V'/>" };

        for (size_t n = 0; n < NFW_ARRAY_SIZE(elements); n++) {
                refuses(elements[n], NULL, "nwfilter/missing-variable");
                refuses(elements[n], "V=65536", "nwfilter/variable-value");
        }
}

/* One message for each problem, with its place, though the rule counts in both directions. */
static void test_positions(void **state nfw_unused) {
        const struct nfw_diagnostic *diagnostic;
        nfw_cleanup(fixture_deinit) struct fixture f;

        begin(&f, "<filter name='t'>\n"
                  "  <rule action='drop' direction='out'><tcp connlimit-above='$X'/></rule>\n"
                  "  <rule action='drop' direction='out'><tcp option='$Y'/></rule>\n"
                  "</filter>");
        assert_int_equal(fixture_try_bind(&f, "t"), NFW_E_INVALID);
        assert_int_equal(nfw_report_n_diagnostics(f.report), 2);
        diagnostic = nfw_report_diagnostic(f.report, 1);
        assert_string_equal(nfw_diagnostic_file(diagnostic), "test.xml");
        assert_int_equal(nfw_diagnostic_line(diagnostic), 3);
}

static void test_too_many(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        begin(&f, FILTER(DROP_OUT("<ipv6 srcmacaddr='$A' dstmacaddr='$A' srcipaddr='$A' dstipaddr='$A' "
                                  "protocol='$A'/>")));
        fixture_refuses(&f, "t", "nwfilter/too-large");
}

static void test_as_many_as_fit(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        bind_with(&f,
                  FILTER(DROP_OUT("<ipv6 srcmacaddr='$M' dstmacaddr='$M[@1]' srcipaddr='$I[@2]' "
                                  "dstipaddr='$I[@3]' protocol='$P[@4]'/>")),
                  "M=52:54:00:00:00:0a I=fd00::1 P=udp");
        assert_int_equal(f.ir->sets.n, 5);
}

static void test_too_many_combinations(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        begin(&f, FILTER(DROP_OUT("<udp srcportstart='$A[@1]' srcportend='$B[@2]'/>")));
        for (unsigned int i = 0; i < 300; i++) {
                char text[16];

                snprintf(text, sizeof(text), "%u", i);
                fixture_set(&f, "A", text);
                fixture_set(&f, "B", text);
        }
        fixture_refuses(&f, "t", "nwfilter/too-large");
}

/* An address that has still to be learned is in no set; nobody's, that is. */
static void test_learned(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        begin(&f, FILTER(DROP_OUT("<ip match='no' srcipaddr='$IP'/>")));
        fixture_refuses(&f, "t", "nwfilter/missing-variable");
        fixture_unbind(&f);
        f.learned_ip = true;
        fixture_bind(&f, "t");
        assert_int_equal(f.ir->missing.n, 1);
        assert_string_equal(f.ir->missing.items[0], "IP");
        assert_int_equal(f.tuples[0].vec.n, 0);
        assert_false(udp_from(&f, IP_1, PORT_80));
        fixture_unbind(&f);
        fixture_set(&f, "IP", "10.0.0.1");
        fixture_bind(&f, "t");
        assert_true(udp_from(&f, IP_1, PORT_80));
}

static void test_compiled(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        begin(&f, FILTER(DROP_OUT("<udp ipset='$S' ipsetflags='src'/>")));
        fixture_give(&f, "S=one S=two");
        f.set_member = "two";
        fixture_bind(&f, "t");
        assert_int_equal(f.ir->compiled.n, 1);
        assert_string_equal(f.ir->compiled.items[0], "S");
        assert_int_equal(f.ir->sets.n, 0);
        assert_int_equal(f.ir->named_sets.n, 4); /* in both directions */
        assert_false(udp_from(&f, IP_1, PORT_80));
        f.set_member = "three";
        assert_true(udp_from(&f, IP_1, PORT_80));
}

/* A word for the rule and a value of packets may share an iterator, as long as there are as many of each. */
static void test_compiled_in_parallel(void **state nfw_unused) {
        nfw_cleanup(fixture_deinit) struct fixture f;

        begin(&f, FILTER(DROP_OUT("<udp ipset='$S' ipsetflags='src' srcipaddr='$A'/>")));
        fixture_give(&f, "S=one A=10.0.0.1");
        f.set_member = "one";
        fixture_bind(&f, "t");
        assert_false(udp_from(&f, IP_1, PORT_80));
        assert_true(udp_from(&f, IP_9, PORT_80));
        fixture_unbind(&f);
        fixture_set(&f, "A", "10.0.0.9");
        fixture_refuses(&f, "t", "nwfilter/unequal-lists");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_list),
                cmocka_unit_test(test_duplicates),
                cmocka_unit_test(test_parallel),
                cmocka_unit_test(test_product),
                cmocka_unit_test(test_product_in_one_field),
                cmocka_unit_test(test_index),
                cmocka_unit_test(test_negation),
                cmocka_unit_test(test_negation_of_one),
                cmocka_unit_test(test_vlans),
                cmocka_unit_test(test_no_vlans),
                cmocka_unit_test(test_hardware_types),
                cmocka_unit_test(test_classes),
                cmocka_unit_test(test_classes_walked_with_a_set),
                cmocka_unit_test(test_values_that_are_none),
                cmocka_unit_test(test_constant_mask),
                cmocka_unit_test(test_whole_mask),
                cmocka_unit_test(test_variable_mask),
                cmocka_unit_test(test_overlap),
                cmocka_unit_test(test_shared_sets),
                cmocka_unit_test(test_scopes),
                cmocka_unit_test(test_outer_wins),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_positions),
                cmocka_unit_test(test_too_many),
                cmocka_unit_test(test_as_many_as_fit),
                cmocka_unit_test(test_too_many_combinations),
                cmocka_unit_test(test_learned),
                cmocka_unit_test(test_compiled),
                cmocka_unit_test(test_compiled_in_parallel),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
