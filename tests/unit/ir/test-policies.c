/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies, what is said of them, and what becomes of packets under them: tests/data/policies. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "../cases.h"
#include "compile.h"
#include "ir/evaluate.h"

#define POLICIES    NFW_TEST_SOURCE "/tests/data/policies/*.yaml"

#define MAX_LOOKUPS 8

/* What the guest has looked up. */
struct lookup {
        char name[256];
        struct nfw_addr addr;
};

struct guest {
        const struct nfw_ir *ir;
        struct lookup lookups[MAX_LOOKUPS];
        size_t n_lookups;
};

struct count {
        size_t cases, packets, wrong;
};

static bool addr_is(const struct nfw_addr *addr, const char *text) {
        struct nfw_addr other;

        assert_int_equal(nfw_addr_parse(text, &other), 0);
        return nfw_addr_equal(addr, &other);
}

/* The first octets are the same. */
static bool addr_begins(const struct nfw_addr *addr, const char *text, size_t n) {
        struct nfw_addr other;

        assert_int_equal(nfw_addr_parse(text, &other), 0);
        return addr->family == other.family && memcmp(addr->bytes, other.bytes, n) == 0;
}

static bool is_parameter(void *userdata nfw_unused,
                         enum nfw_parameter parameter,
                         const struct nfw_addr *addr) {
        switch (parameter) {
        case NFW_PARAMETER_LOCAL:
                return addr_is(addr, "10.77.1.1") || addr_is(addr, "fd77:1::1");
        case NFW_PARAMETER_SUBNETS:
                return addr_begins(addr, "10.77.1.0", 3) || addr_begins(addr, "fd77:1::", 8);
        default:
                return false;
        }
}

static bool matches_any(const struct nfw_ir_learned *learned, const char *name) {
        nfw_vec_foreach (pattern, &learned->patterns) {
                if (nfw_domain_matches(pattern, name))
                        return true;
        }
        return false;
}

static bool is_learned(void *userdata, size_t learned, const struct nfw_addr *addr) {
        const struct guest *guest = userdata;

        for (size_t i = 0; i < guest->n_lookups; i++)
                if (nfw_addr_equal(addr, &guest->lookups[i].addr) &&
                    matches_any(&guest->ir->learned.items[learned], guest->lookups[i].name))
                        return true;
        return false;
}

/* As "tcp 192.0.2.1 443" or "icmp 2001:db8::1". */
static struct nfw_evaluate_packet packet_of(const char *text) {
        struct nfw_evaluate_packet packet = { .hop_limit = 64, .ct_state = NFW_CT_NEW };
        char protocol[8], address[NFW_ADDR_TEXT_MAX];
        bool is_ip4;
        int n;

        n = sscanf(text, " %7s %45s %hu", protocol, address, &packet.destination_port);
        assert_true(n >= 2);
        assert_int_equal(nfw_addr_parse(address, &packet.destination), 0);
        is_ip4 = packet.destination.family == AF_INET;
        assert_int_equal(nfw_addr_parse(is_ip4 ? "10.77.1.2" : "fd77:1::2", &packet.source), 0);
        packet.ether_type = is_ip4 ? 0x0800 : 0x86dd;
        if (strcmp(protocol, "icmp") == 0) {
                packet.l4proto = is_ip4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
                packet.has_icmp_type = true;
                packet.icmp_type = is_ip4 ? 8 : 128;
                return packet;
        }
        assert_int_equal(n, 3);
        assert_true(strcmp(protocol, "tcp") == 0 || strcmp(protocol, "udp") == 0);
        packet.l4proto = strcmp(protocol, "tcp") == 0 ? IPPROTO_TCP : IPPROTO_UDP;
        packet.has_ports = true;
        packet.source_port = 40000;
        return packet;
}

static void send_packets(struct guest *guest, struct fy_node *test, bool pass, struct count *count) {
        const struct nfw_evaluate_port port = { is_parameter, is_learned, guest };
        const char *texts = text_of(test, pass ? "reaches" : "denied");
        char *copy = strdup(texts ? texts : ""), *rest = copy, *text;

        assert_non_null(copy);
        while (*copy && (text = strsep(&rest, ","))) {
                struct nfw_evaluate_packet packet = packet_of(text);
                const struct nfw_ir_rule *rule;
                enum nfw_verdict verdict = nfw_evaluate(guest->ir, NFW_EGRESS, &packet, &port, &rule);

                count->packets++;
                if ((verdict == NFW_VERDICT_ACCEPT) == pass)
                        continue;
                print_error("%s: %s is %s by '%s'\n", text_of(test, "case"), text,
                            pass ? "dropped" : "accepted", rule ? rule->name : "no rule");
                count->wrong++;
        }
        free(copy);
}

static void look_up(struct guest *guest, struct fy_node *test, struct count *count) {
        struct fy_node *line;
        void *iterator = NULL;

        while ((line = next_of(test, "lookups", &iterator))) {
                struct lookup *lookup = &guest->lookups[guest->n_lookups++];
                char address[NFW_ADDR_TEXT_MAX], word[8] = "";
                bool becomes_known = false;

                assert_true(guest->n_lookups <= MAX_LOOKUPS);
                assert_true(sscanf(fy_node_get_scalar0(line), "%255s %45s %7s", lookup->name, address,
                                   word) >= 2);
                assert_int_equal(nfw_addr_parse(address, &lookup->addr), 0);
                nfw_vec_foreach (learned, &guest->ir->learned)
                        becomes_known |= matches_any(learned, lookup->name);
                if (becomes_known != (strcmp(word, "learned") == 0)) {
                        print_error("%s: %s is %s\n", text_of(test, "case"), lookup->name,
                                    becomes_known ? "learned" : "not learned");
                        count->wrong++;
                }
        }
}

/* The diagnostics of a kind, as "code line:column", in the order of the report and with commas. */
static void list_diagnostics(const struct nfw_report *report, bool errors, char *ret_text, size_t size) {
        size_t n = 0;

        *ret_text = 0;
        for (size_t i = 0; i < nfw_report_n_diagnostics(report); i++) {
                const struct nfw_diagnostic *diagnostic = nfw_report_diagnostic(report, i);

                if ((nfw_diagnostic_severity(diagnostic) == NFW_SEVERITY_ERROR) == errors)
                        n += (size_t)snprintf(ret_text + n, size - n, "%s%s %u:%u", n ? ", " : "",
                                              nfw_diagnostic_code(diagnostic),
                                              nfw_diagnostic_line(diagnostic),
                                              nfw_diagnostic_column(diagnostic));
                assert_true(n < size);
        }
}

static void compare(struct fy_node *test, const char *key, const char *got, struct count *count) {
        char expected[4096];

        join_texts(test, key, ", ", expected, sizeof(expected));
        if (strcmp(got, expected) == 0)
                return;
        print_error("%s: %s: '%s', not '%s'\n", text_of(test, "case"), key, got, expected);
        count->wrong++;
}

static void compare_rules(const struct nfw_policy *policy, struct fy_node *test, struct count *count) {
        char names[4096] = "";

        nfw_vec_foreach (rule, &policy->rules) {
                if (*names)
                        strcat(names, ", ");
                strcat(names, rule->name);
        }
        compare(test, "rules", names, count);
}

static void enforce(const struct nfw_policy *policy, struct fy_node *test, struct count *count) {
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = ir_of(policy, NFW_TABLE_INET, false);
        struct guest guest = { .ir = ir };

        if (node_of(test, "rules"))
                compare_rules(policy, test, count);
        look_up(&guest, test, count);
        send_packets(&guest, test, true, count);
        send_packets(&guest, test, false, count);
}

static void run_case(struct fy_node *test, void *userdata) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
        const char *text = text_of(test, "policy");
        struct count *count = userdata;
        char diagnostics[4096];
        int r;

        assert_int_equal(nfw_report_new(&report), 0);
        r = nfw_policy_read_buffer("test.yaml", text, strlen(text), report, &policy);
        assert_true(r == 0 || r == NFW_E_INVALID);
        assert_int_equal(r == 0, policy != NULL);
        assert_int_equal(r != 0, nfw_report_has_errors(report));
        list_diagnostics(report, true, diagnostics, sizeof(diagnostics));
        compare(test, "refused", diagnostics, count);
        list_diagnostics(report, false, diagnostics, sizeof(diagnostics));
        compare(test, "says", diagnostics, count);
        if (policy)
                enforce(policy, test, count);
        count->cases++;
}

static void test_policies(void **state nfw_unused) {
        struct count count = { 0 };

        for_each_case(POLICIES, run_case, &count);
        print_message("# %zu policies, %zu packets\n", count.cases, count.packets);
        assert_int_equal(count.wrong, 0);
        assert_true(count.cases >= 130 && count.packets >= 160);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_policies),
        };

        return cmocka_run_group_tests_name("ir/policies", tests, NULL, NULL);
}
