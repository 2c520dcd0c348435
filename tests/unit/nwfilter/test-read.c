/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filters.h"

static void assert_pos(const struct nfw_nwfilter *filter,
                       const struct nfw_pos *pos,
                       unsigned int line,
                       unsigned int column) {
        assert_ptr_equal(pos->file, filter->file);
        assert_int_equal(pos->line, line);
        assert_int_equal(pos->column, column);
}

static void test_everything(void **state nfw_unused) {
        nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *filter = NULL;
        const struct nfw_nwfilter_parameter *parameter;
        const struct nfw_nwfilter_reference *reference;
        const struct nfw_nwfilter_rule *rule;
        const struct nfw_nwfilter_value *value;

        filter = read_valid("<filter name='a b' chain='arp-x' priority='-650'>\n"
                            "  <filterref filter='other'>\n"
                            "    <parameter name='IP' value='10.0.0.1'/>\n"
                            "    <parameter name='PORT' value='22'/>\n"
                            "    <parameter name='IP' value='10.0.0.2'/>\n"
                            "  </filterref>\n"
                            "  <rule action='return' direction='inout' priority='-3' statematch='FALSE'>\n"
                            "    <arp opcode='Reply' comment='x'/>\n"
                            "    <arp match='no' arpdstmacaddr='$MAC' arpsrcipaddr='$IP[1]'/>\n"
                            "  </rule>\n"
                            "  <uuid>5C6D49AFB07161276F8ED4B55335B4EC</uuid>\n"
                            "  <rule direction='in' action='reject'/>\n"
                            "</filter>\n");
        assert_string_equal(filter->file, "test.xml");
        assert_string_equal(filter->name, "a b");
        assert_string_equal(filter->uuid, "5c6d49af-b071-6127-6f8e-d4b55335b4ec");
        assert_string_equal(filter->chain_name, "arp-x");
        assert_int_equal(filter->chain, NFW_NWFILTER_CHAIN_ARP);
        assert_int_equal(filter->chain_priority, -650);
        assert_true(filter->has_chain_priority);
        assert_pos(filter, &filter->pos, 1, 1);
        assert_int_equal(filter->entries.n, 3);

        assert_null(filter->entries.items[0].rule);
        reference = filter->entries.items[0].reference;
        assert_string_equal(reference->filter, "other");
        assert_pos(filter, &reference->pos, 2, 3);
        assert_int_equal(reference->parameters.vec.n, 2);
        parameter = nfw_nwfilter_parameters_find(&reference->parameters, "IP");
        assert_int_equal(parameter->values.n, 2);
        assert_string_equal(parameter->values.items[1], "10.0.0.2");
        assert_pos(filter, &parameter->pos, 3, 5);
        assert_null(nfw_nwfilter_parameters_find(&reference->parameters, "ip"));

        assert_null(filter->entries.items[1].reference);
        rule = filter->entries.items[1].rule;
        assert_int_equal(rule->action, NFW_NWFILTER_RETURN);
        assert_int_equal(rule->direction, NFW_NWFILTER_INOUT);
        assert_int_equal(rule->priority, -3);
        assert_false(rule->statematch);
        assert_int_equal(rule->protocol, NFW_NWFILTER_ARP);
        assert_int_equal(rule->n_elements, 2);
        assert_false(rule->element_negate.items[0]);
        assert_true(rule->element_negate.items[1]);
        assert_pos(filter, &rule->pos, 7, 3);
        assert_int_equal(rule->values.n, 4);
        value = value_of(rule, 1, NFW_NWFILTER_ARPSRCIPADDR);
        assert_true(value->negate);
        assert_string_equal(value->text, "$IP[1]");
        assert_string_equal(value->access.name, "IP");
        assert_pos(filter, &value->pos, 9, 42);
        value = value_of(rule, 0, NFW_NWFILTER_OPCODE);
        assert_false(value->negate);
        assert_int_equal(value->constant.number, 2);

        rule = filter->entries.items[2].rule;
        assert_int_equal(rule->action, NFW_NWFILTER_REJECT);
        assert_int_equal(rule->protocol, NFW_NWFILTER_NONE);
        assert_int_equal(rule->priority, 500);
        assert_true(rule->statematch);
        assert_int_equal(rule->n_elements, 0);
        assert_round_trip(filter);
}

static void test_chains(void **state nfw_unused) {
        static const struct {
                const char *attributes;
                enum nfw_nwfilter_chain chain;
                int priority;
                bool has_priority;
        } cases[] = {
                { "", NFW_NWFILTER_CHAIN_ROOT, 0, false },
                { "chain='root'", NFW_NWFILTER_CHAIN_ROOT, 0, false },
                { "chain='mac'", NFW_NWFILTER_CHAIN_MAC, -800, false },
                { "chain='vlan'", NFW_NWFILTER_CHAIN_VLAN, -750, false },
                { "chain='stp-xyz'", NFW_NWFILTER_CHAIN_STP, -810, false },
                { "chain='arp'", NFW_NWFILTER_CHAIN_ARP, -500, false },
                { "chain='rarp_1:2.3-4'", NFW_NWFILTER_CHAIN_RARP, -400, false },
                { "chain='ipv4abcdefgh'", NFW_NWFILTER_CHAIN_IPV4, -700, false },
                { "chain='ipv6'", NFW_NWFILTER_CHAIN_IPV6, -600, false },
                { "chain='ipv6' priority='-600'", NFW_NWFILTER_CHAIN_IPV6, -600, false },
                { "chain='ipv6' priority='0'", NFW_NWFILTER_CHAIN_IPV6, 0, true },
                { "chain='ipv6' priority='1000'", NFW_NWFILTER_CHAIN_IPV6, 1000, true },
                { "priority='-1000'", NFW_NWFILTER_CHAIN_ROOT, -1000, true },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *filter = NULL;
                char text[128];

                (void)snprintf(text, sizeof(text), "<filter name='t' %s/>", cases[i].attributes);
                filter = read_valid(text);
                assert_int_equal(filter->chain, cases[i].chain);
                assert_int_equal(filter->chain_priority, cases[i].priority);
                assert_int_equal(filter->has_chain_priority, cases[i].has_priority);
                assert_string_equal(filter->uuid, "");
                assert_round_trip(filter);
        }
}

/* What needs another attribute finds it, in its own element first. */
static void test_of(void **state nfw_unused) {
        nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *filter = NULL;
        nfw_cleanup(nfw_freep) char *text = NULL;
        const struct nfw_nwfilter_rule *rule;

        text = with_rule("<tcp match='no' srcipaddr='10.0.0.1'/>"
                         "<tcp srcipaddr='10.0.0.2' srcipmask='8' dstipaddr='10.0.0.3'/>"
                         "<tcp dstipmask='16'/>");
        filter = read_valid(text);
        rule = filter->entries.items[0].rule;
        assert_ptr_equal(nfw_nwfilter_rule_of(rule, value_of(rule, 1, NFW_NWFILTER_SRCIPMASK)),
                         value_of(rule, 1, NFW_NWFILTER_SRCIPADDR));
        assert_ptr_equal(nfw_nwfilter_rule_of(rule, value_of(rule, 2, NFW_NWFILTER_DSTIPMASK)),
                         value_of(rule, 1, NFW_NWFILTER_DSTIPADDR));
        assert_null(nfw_nwfilter_rule_of(rule, value_of(rule, 1, NFW_NWFILTER_DSTIPADDR)));
        assert_round_trip(filter);
}

/* As documents call them; they are written as libvirt reads them. */
static void test_other_names(void **state nfw_unused) {
        nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *filter = NULL;
        nfw_cleanup(nfw_freep) char *text = NULL, *written = NULL;

        text = with_rule("<stp port='1' port_hi='2' msg-age='3' msg-age-hi='4'/>");
        filter = read_valid(text);
        assert_int_equal(nfw_nwfilter_write(filter, &written), 0);
        assert_non_null(strstr(written, "<stp port='1' port-hi='2' age='3' age-hi='4'/>"));
}

/* A warning, and the filter as it is then. */
static struct nfw_nwfilter *read_warned(const char *text, const char *code) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        struct nfw_nwfilter *filter = NULL;
        const struct nfw_diagnostic *diagnostic;

        assert_int_equal(nfw_report_new(&report), 0);
        assert_int_equal(nfw_nwfilter_read("test.xml", text, strlen(text), report, &filter), 0);
        assert_int_equal(nfw_report_n_diagnostics(report), 1);
        diagnostic = nfw_report_diagnostic(report, 0);
        assert_int_equal(nfw_diagnostic_severity(diagnostic), NFW_SEVERITY_WARNING);
        assert_string_equal(nfw_diagnostic_code(diagnostic), code);
        return filter;
}

static void test_warnings(void **state nfw_unused) {
        nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *ignored = NULL, *priority = NULL, *never = NULL;
        nfw_cleanup(nfw_freep) char *two =
                with_rule("<udp dstportstart='53'/><tcp dstportstart='25' nonsense='1'/>");
        nfw_cleanup(nfw_freep) char *flags = with_rule("<tcp flags='SYN/SYN,ACK'/>");

        ignored = read_warned(two, "nwfilter/ignored");
        assert_int_equal(ignored->entries.items[0].rule->protocol, NFW_NWFILTER_UDP);
        assert_int_equal(ignored->entries.items[0].rule->n_elements, 1);
        assert_int_equal(ignored->entries.items[0].rule->values.n, 1);

        priority =
                read_warned("<filter name='t'><rule action='drop' direction='in' priority='-1001'/></filter>",
                            "nwfilter/priority");
        assert_int_equal(priority->entries.items[0].rule->priority, 500);

        never = read_warned(flags, "nwfilter/never");
        assert_int_equal(never->entries.items[0].rule->values.n, 1);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_everything), cmocka_unit_test(test_chains),
                cmocka_unit_test(test_of),         cmocka_unit_test(test_other_names),
                cmocka_unit_test(test_warnings),
        };

        return cmocka_run_group_tests_name("nwfilter-read", tests, NULL, NULL);
}
