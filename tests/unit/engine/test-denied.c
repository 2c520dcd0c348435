/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet that was dropped, as the rules saw it, and what its port knew then. */
#include <netinet/in.h>

#include "base/macros.h"
#include "engine/context.h"
#include "engine/learner/denied.h"
#include "ir/lower.h"
#include "place.h"

/* --- the packet -------------------------------------------------------------------------------------------- */

static const uint8_t syn[] = {
        0x45, 0,    0, 44, 0, 0, 0, 0, 64, 6, 0, 0, 10,   0, 0, 2, 192, 0, 2, 66, /* IPv4, TCP with an option */
        0x9c, 0x40, 0, 99, 0, 0, 0, 0, 0,  0, 0, 0, 0x60, 2, 0, 0, 0,   0, 0, 0,  2, 4, 5, 0xb4,
};

static const uint8_t echo6[] = {
        0x60, 0,    0,    0,    0, 8, 58, 64,                         /* IPv6, ICMPv6 */
        0x20, 0x01, 0x0d, 0xb8, 0, 0, 0,  0,  0, 0, 0, 0, 0, 0, 0, 2, /* from */
        0x20, 0x01, 0x0d, 0xb8, 0, 0, 0,  0,  0, 0, 0, 0, 0, 0, 0, 1, /* to */
        128,  0,    0,    0,    0, 1, 0,  1,
};

static struct nfw_evaluate_packet packet;

static int read_packet(const uint8_t *data, size_t size, uint16_t ether_type, uint16_t vlan_type) {
        uint8_t *copy = malloc(size + 1);
        const struct nfw_nflog_message message = {
                .prefix = "",
                .ether_type = ether_type,
                .vlan_type = vlan_type,
                .payload = copy,
                .payload_size = size,
        };
        int r;

        assert_non_null(copy);
        memcpy(copy, data, size);
        packet = (struct nfw_evaluate_packet){ 0 };
        r = nfw_denied_packet(&message, &packet);
        free(copy);
        return r;
}

static void test_packets(void **state nfw_unused) {
        assert_int_equal(read_packet(syn, sizeof(syn), 0x0800, 0), 0);
        assert_int_equal(packet.ether_type, 0x0800);
        assert_int_equal(packet.l4proto, IPPROTO_TCP);
        assert_true(packet.has_ports);
        assert_int_equal(packet.destination_port, 99);
        assert_int_equal(packet.destination.bytes[3], 66);
        assert_false(packet.has_icmp_type);

        assert_int_equal(read_packet(echo6, sizeof(echo6), 0x86dd, 0), 0);
        assert_int_equal(packet.l4proto, IPPROTO_ICMPV6);
        assert_false(packet.has_ports);
        assert_true(packet.has_icmp_type);
        assert_int_equal(packet.icmp_type, 128);
        assert_int_equal(packet.hop_limit, 64);
}

static void test_frames(void **state nfw_unused) {
        assert_int_equal(read_packet((const uint8_t *)"", 0, 0x88cc, 0), 0);
        assert_int_equal(packet.ether_type, 0x88cc);
        assert_int_equal(packet.destination.family, 0);
        /* A tag is what the rules see, whatever is behind it. */
        assert_int_equal(read_packet(syn, sizeof(syn), 0x0800, 0x8100), 0);
        assert_int_equal(packet.ether_type, 0x8100);
        assert_int_equal(packet.destination.family, 0);
}

/* The kernel copies 128 octets: if fewer are there than the packet says, it was not well formed. */
static void test_what_is_cut_off(void **state nfw_unused) {
        uint8_t large[NFW_DENIED_SNAPLEN] = { 0 };

        for (size_t n = 0; n < sizeof(syn); n++)
                assert_int_equal(read_packet(syn, n, 0x0800, 0), NFW_E_INVALID);
        for (size_t n = 0; n < sizeof(echo6); n++)
                assert_int_equal(read_packet(echo6, n, 0x86dd, 0), NFW_E_INVALID);

        memcpy(large, syn, sizeof(syn));
        large[2] = 5;
        assert_int_equal(read_packet(large, sizeof(large), 0x0800, 0), 0);
        assert_int_equal(packet.destination_port, 99);
        memcpy(large, echo6, sizeof(echo6));
        large[4] = 5;
        assert_int_equal(read_packet(large, sizeof(large), 0x86dd, 0), 0);
        /* What comes behind an extension header of 88 octets was not copied. */
        large[6] = IPPROTO_DSTOPTS;
        large[40] = IPPROTO_TCP;
        large[41] = 10;
        assert_int_equal(read_packet(large, sizeof(large), 0x86dd, 0), NFW_E_INVALID);
        large[41] = 9;
        assert_int_equal(read_packet(large, sizeof(large), 0x86dd, 0), 0);
}

static void test_what_no_rule_is_told_of(void **state nfw_unused) {
        uint8_t other[sizeof(syn)];

        memcpy(other, syn, sizeof(syn));
        other[6] = 0x20; /* a fragment */
        assert_int_equal(read_packet(other, sizeof(other), 0x0800, 0), NFW_E_INVALID);
        memcpy(other, syn, sizeof(syn));
        other[0] = 0x44; /* a header of 16 octets */
        assert_int_equal(read_packet(other, sizeof(other), 0x0800, 0), NFW_E_INVALID);
        assert_int_equal(read_packet(echo6, 40, 0x86dd, 0), NFW_E_INVALID);
}

/* Whole, and without what a rule on ports would ask for. */
static void test_short_transport(void **state nfw_unused) {
        uint8_t other[sizeof(syn)];

        memcpy(other, syn, sizeof(syn));
        other[3] = 22;
        assert_int_equal(read_packet(other, 22, 0x0800, 0), 0);
        assert_int_equal(packet.l4proto, IPPROTO_TCP);
        assert_false(packet.has_ports);
}

/* --- what the port knew ------------------------------------------------------------------------------------ */

static const char source[] =
        "version: '1.0'\n"
        "rules:\n"
        "- {name: host, action: deny, priority: 1, egress: {domains: [host.lima.internal]}}\n"
        "- {name: bad, action: deny, priority: 2, egress: {domains: [bad.example]}}\n"
        "- {name: worse, action: deny, priority: 3, egress: {domains: ['*.worse.example']}}\n"
        /* Or nothing would have to be learned. */
        "- {name: ssh, action: allow, priority: 4, egress: {ports: [22]}}\n"
        "- {name: rest, action: deny, priority: 5}\n";

struct fixture {
        struct nfw_context context;
        struct nfw_learner learner;
        struct learner_policy policy;
        struct learner_port port;
        struct nfw_plan *plan;
        bool is_current;
};

static const struct nfw_addr server = { .family = AF_INET, .bytes = { 192, 0, 2, 53 } };

static void begin(struct fixture *f) {
        const struct nfw_lower_options lower = { .table = NFW_TABLE_INET };
        const struct nfw_plan_options options = {
                .policy = "web", .id = "0123456789abcdef", .nflog_group = 7, .log_denied = true
        };
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = NULL;
        struct nfw_shadow_port *shadow;

        memset(f, 0, sizeof(*f));
        f->is_current = true;
        assert_int_equal(nfw_policy_read_buffer("web", source, strlen(source), NULL, &policy), 0);
        assert_int_equal(nfw_lower(policy, &lower, &ir), 0);
        assert_int_equal(nfw_plan_new(ir, &options, &f->plan), 0);
        assert_int_equal(nfw_learner_denier_init(&f->policy.denier, ir, f->plan), 0);
        assert_int_equal(nfw_dns_grants_new(9, &f->port.grants), 0);

        f->context.shadow.valid = true;
        assert_int_equal(nfw_shadow_add_port(&f->context.shadow, "vnet0", &shadow), 0);
        assert_int_equal(nfw_vec_push(&shadow->parameters[NFW_PARAMETER_LOCAL],
                                      ((struct nfw_prefix){ .length = 32, .addr = address("10.0.0.1") })),
                         0);
        f->learner.context = &f->context;
        f->learner.none_denied_at = 10;
        f->learner.none_denied_ms = nfw_learner_now();
        f->policy.table = NFW_TABLE_INET;
        strcpy(f->port.interface, "vnet0");
        f->port.policy = &f->policy;
}

static void end(struct fixture *f) {
        nfw_dns_grants_free(f->port.grants);
        nfw_learner_denier_deinit(&f->policy.denier);
        nfw_plan_free(f->plan);
        nfw_shadow_deinit(&f->context.shadow);
}

/*
 * In every set, as a learner does that wants a name in one of them only. Counted from when no packet waited, so that it makes
 * no difference how long the test takes.
 */
static void remember(struct fixture *f, const char *name, const char *to, int64_t left_ms) {
        struct nfw_addr addr = address(to);

        for (size_t i = 0; i < f->plan->learned.n; i++)
                assert_int_equal(nfw_dns_grants_restore(f->port.grants, name, &server, i, &addr,
                                                        f->learner.none_denied_ms + (uint64_t)left_ms),
                                 0);
}

/* The rule's name, or "" where it cannot be told. */
static const char *rule_of(struct fixture *f, const char *to) {
        const struct nfw_denier_rule *rule;
        struct nfw_evaluate_packet tcp = {
                .ether_type = 0x0800,
                .source = server,
                .destination = address(to),
                .l4proto = IPPROTO_TCP,
                .has_ports = true,
                .destination_port = 80,
        };
        int r = nfw_learner_denier_find(&f->learner, &f->port, NFW_EGRESS, &tcp, f->is_current, &rule);

        assert_true(r == 0 || r == NFW_E_NOT_FOUND);
        return r == 0 ? rule->name : "";
}

static void test_known(void **state nfw_unused) {
        struct fixture f;

        begin(&f);
        remember(&f, "bad.example", "192.0.2.1", 60000);
        remember(&f, "a.worse.example", "192.0.2.2", 60000);
        remember(&f, "worse.example", "192.0.2.3", 60000);
        assert_string_equal(rule_of(&f, "10.0.0.1"), "host");
        assert_string_equal(rule_of(&f, "192.0.2.1"), "bad");
        assert_string_equal(rule_of(&f, "192.0.2.2"), "worse");
        assert_string_equal(rule_of(&f, "192.0.2.3"), "rest");
        assert_string_equal(rule_of(&f, "192.0.2.4"), "rest");
        end(&f);
}

static void test_two_names_of_one_address(void **state nfw_unused) {
        struct fixture f;

        begin(&f);
        remember(&f, "a.worse.example", "192.0.2.1", 60000);
        remember(&f, "bad.example", "192.0.2.1", 50000);
        assert_string_equal(rule_of(&f, "192.0.2.1"), "bad");
        end(&f);
}

/* The kernel's clock and ours are not the same to the millisecond. */
static void test_about_to_run_out(void **state nfw_unused) {
        struct fixture f;

        begin(&f);
        remember(&f, "bad.example", "192.0.2.1", 500);
        remember(&f, "bad.example", "192.0.2.2", -500);
        remember(&f, "bad.example", "192.0.2.3", -5000);
        assert_string_equal(rule_of(&f, "192.0.2.1"), "");
        assert_string_equal(rule_of(&f, "192.0.2.2"), "");
        assert_string_equal(rule_of(&f, "192.0.2.3"), "rest");
        /* A packet that has waited for so long may be from before. */
        f.learner.none_denied_ms -= 6000;
        assert_string_equal(rule_of(&f, "192.0.2.3"), "");
        end(&f);
}

/* Copies that were waiting then may be of before. */
static void test_changed_since(void **state nfw_unused) {
        struct fixture f;

        begin(&f);
        remember(&f, "bad.example", "192.0.2.1", 60000);
        f.learner.moment = 10;
        nfw_learner_note_change(&f.learner, &f.port);
        assert_int_equal(f.learner.changed_at, 11);
        assert_string_equal(rule_of(&f, "192.0.2.1"), "");
        assert_string_equal(rule_of(&f, "10.0.0.1"), "");
        f.learner.none_denied_at = 12;
        assert_string_equal(rule_of(&f, "192.0.2.1"), "bad");
        f.learner.followed_at = 13;
        assert_string_equal(rule_of(&f, "192.0.2.1"), "");
        f.learner.none_denied_at = 14;
        assert_string_equal(rule_of(&f, "10.0.0.1"), "host");
        f.is_current = false;
        assert_string_equal(rule_of(&f, "10.0.0.1"), "");
        end(&f);
}

static void test_names_that_are_lost(void **state nfw_unused) {
        struct fixture f;

        begin(&f);
        f.port.has_nameless = true;
        assert_string_equal(rule_of(&f, "192.0.2.1"), "");
        assert_string_equal(rule_of(&f, "10.0.0.1"), "host");
        end(&f);
}

static void test_more_names_than_are_looked_at(void **state nfw_unused) {
        struct fixture f;
        char name[32];

        begin(&f);
        assert_null(nfw_dns_grants_free(f.port.grants));
        assert_int_equal(nfw_dns_grants_new(1000, &f.port.grants), 0);
        for (int i = 0; i < 200; i++) {
                snprintf(name, sizeof(name), "n%d.worse.example", i);
                remember(&f, name, "192.0.2.1", 60000);
        }
        assert_string_equal(rule_of(&f, "192.0.2.1"), "");
        assert_string_equal(rule_of(&f, "192.0.2.2"), "rest");
        end(&f);
}

static void test_a_policy_that_tells_nothing(void **state nfw_unused) {
        struct fixture f;

        begin(&f);
        nfw_learner_denier_deinit(&f.policy.denier);
        assert_string_equal(rule_of(&f, "192.0.2.1"), "");
        end(&f);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_packets),
                cmocka_unit_test(test_frames),
                cmocka_unit_test(test_what_is_cut_off),
                cmocka_unit_test(test_what_no_rule_is_told_of),
                cmocka_unit_test(test_short_transport),
                cmocka_unit_test(test_known),
                cmocka_unit_test(test_two_names_of_one_address),
                cmocka_unit_test(test_about_to_run_out),
                cmocka_unit_test(test_changed_since),
                cmocka_unit_test(test_names_that_are_lost),
                cmocka_unit_test(test_more_names_than_are_looked_at),
                cmocka_unit_test(test_a_policy_that_tells_nothing),
        };

        return cmocka_run_group_tests_name("engine/denied", tests, NULL, NULL);
}
