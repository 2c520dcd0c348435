/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/rebuild.h"
#include "kernel.h"

#define RULES                                                                                                \
        "{name: one, action: allow, priority: 1, egress: {ips: [192.0.2.1, 2001:db8::1], ports: [443]}},"    \
        "{name: names, action: allow, priority: 2, egress: {domains: [a.example]}},"                         \
        "{name: many, action: deny, priority: 3, egress: {ips: [198.51.100.0/24, 203.0.113.0/24]}}"
#define ANY  "{name: any, action: allow, priority: 1}"
#define HOUR (60 * 60 * 1000)

static void grant(struct kernel *kernel, const char *interface, uint8_t last) {
        struct nfw_context *context = kernel->context;
        struct nfw_nft_grant_note note = { .name = "a.example", .resolver = { AF_INET, { 192, 0, 2, 53 } } };
        struct nfw_addr addr = { AF_INET, { 192, 0, 2, last } };
        const struct nfw_nft_policy *policy;

        assert_int_equal(nfw_shadow_refresh(&context->shadow, context->nft), 0);
        policy = nfw_shadow_policy(&context->shadow, "web", NFW_TABLE_INET);
        assert_non_null(policy);
        nfw_nft_batch_reset(context->batch);
        nfw_vec_foreach (set, &policy->sets)
                if (strstr(*set, "-learned4"))
                        assert_int_equal(nfw_nft_put_grant(context->batch, NFW_NFT_ADD, NFW_TABLE_INET, *set,
                                                           interface, &addr, HOUR, &note),
                                         0);
        assert_int_equal(nfw_nft_commit(context->nft, context->batch, 0, false, NULL), 0);
        nfw_shadow_invalidate(&context->shadow);
}

static char *binding_of(struct kernel *kernel, const char *port) {
        const struct nfw_shadow_port *held;

        nfw_shadow_invalidate(&kernel->context->shadow);
        assert_int_equal(nfw_shadow_refresh(&kernel->context->shadow, kernel->context->nft), 0);
        held = nfw_shadow_port(&kernel->context->shadow, port);
        assert_non_null(held);
        return strdup(held->binding);
}

static void assert_ports_and_grants(struct kernel *kernel, size_t n_grants) {
        struct nfw_status *status = look(kernel);

        assert_int_equal(nfw_status_n_bindings(status), 2);
        for (size_t i = 0; i < 2; i++) {
                const struct nfw_binding *binding = nfw_status_binding(status, i);
                bool is_lo = strcmp(nfw_binding_port(binding), "lo") == 0;

                assert_string_equal(nfw_binding_policy(binding), is_lo ? "web" : "any");
        }
        assert_int_equal(nfw_status_n_grants(status), n_grants);
        if (n_grants > 0) {
                assert_string_equal(nfw_grant_address(nfw_status_grant(status, 0)), "192.0.2.7");
                assert_in_range(nfw_grant_expires_ms(nfw_status_grant(status, 0)), HOUR / 2, HOUR);
        }
        nfw_status_free(status);
}

/* What somebody does with nft, and whether the grants are lost by it. */
static const struct {
        const char *command;
        bool loses_grants;
} edits[] = {
        { "nft flush chain inet nfwpolicy web-egress", false },
        { "nft add rule inet nfwpolicy web-egress accept", false },
        { "nft insert rule inet nfwpolicy any-egress accept", false },
        { "nft flush chain inet nfwpolicy prerouting", false },
        { "nft insert rule inet nfwpolicy prerouting accept", false },
        { "nft add chain inet nfwpolicy mine", false },
        { "nft add set inet nfwpolicy mine '{ type ipv4_addr; }'", false },
        { "nft add counter inet nfwpolicy mine", false },
        { "nft delete element inet nfwpolicy egress '{ \"lo\" }'", false },
        { "for set in $(nft list sets | sed -n 's/.*set \\([^ ]*-learned4[^ ]*\\) .*/\\1/p'); do "
          "nft flush set inet nfwpolicy $set; done",
          true },
};

static void test_whatever_somebody_has_done(void **state) {
        struct kernel *kernel = *state;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(edits); i++) {
                nfw_cleanup(nfw_freep) char *before = NULL, *after = NULL;
                uint32_t first, last;

                assert_int_equal(load(kernel, "web", RULES, "lo"), 0);
                assert_int_equal(load(kernel, "any", ANY, "veth0"), 0);
                grant(kernel, "lo", 7);
                before = binding_of(kernel, "lo");

                if (system(edits[i].command) != 0)
                        fail_msg("%s", edits[i].command);
                nfw_shadow_invalidate(&kernel->context->shadow);
                if (nfw_verify(kernel->context, NULL, kernel->report) != NFW_E_DIFFERS &&
                    !edits[i].loses_grants)
                        fail_msg("nobody sees %s", edits[i].command);

                nfw_report_clear(kernel->report);
                assert_int_equal(nfw_nft_generation(kernel->context->nft, &first), 0);
                assert_int_equal(nfw_rebuild(kernel->context, kernel->report), 0);
                assert_int_equal(nfw_nft_generation(kernel->context->nft, &last), 0);
                assert_int_equal(last, first + 1); /* never a moment without rules */
                if (nfw_verify(kernel->context, NULL, kernel->report) != 0)
                        fail_msg("after %s: %s", edits[i].command,
                                 nfw_diagnostic_text(nfw_report_diagnostic(kernel->report, 0)));
                assert_int_equal(nfw_report_n_diagnostics(kernel->report), 0);
                assert_ports_and_grants(kernel, edits[i].loses_grants ? 0 : 1);
                after = binding_of(kernel, "lo");
                assert_string_equal(after, before);
                assert_int_equal(system("test $(nft list ruleset | grep -c mine) = 0"), 0);
                assert_int_equal(nfw_unload(kernel->context, "web", true, NULL), 0);
                assert_int_equal(nfw_unload(kernel->context, "any", true, NULL), 0);
        }
}

static void test_nothing_to_rebuild(void **state) {
        struct kernel *kernel = *state;

        assert_int_equal(nfw_rebuild(kernel->context, kernel->report), 0);
        assert_int_equal(system("test -z \"$(nft list ruleset)\""), 0);
}

static void test_other_tables_stay(void **state) {
        struct kernel *kernel = *state;

        assert_int_equal(load(kernel, "web", RULES, "lo"), 0);
        assert_int_equal(system("nft add table inet other"), 0);
        assert_int_equal(nfw_rebuild(kernel->context, kernel->report), 0);
        assert_int_equal(system("nft list table inet other > /dev/null"), 0);
        assert_int_equal(nfw_verify(kernel->context, NULL, kernel->report), 0);
}

/* Rather as it is than without. */
static void test_a_policy_that_nobody_knows_any_more(void **state) {
        struct kernel *kernel = *state;
        char command[128];

        assert_int_equal(load(kernel, "web", RULES, "lo"), 0);
        assert_int_equal(load(kernel, "any", ANY, "veth0"), 0);
        snprintf(command, sizeof(command), "rm '%s'/net-*/web-*.policy", kernel->place->directory);
        assert_int_equal(system(command), 0);
        assert_int_equal(nfw_rebuild(kernel->context, kernel->report), NFW_E_REFUSED);
        assert_string_equal(nfw_diagnostic_code(only_diagnostic(kernel->report)), "state/no-record");
        assert_ports_and_grants(kernel, 0);
        snprintf(command, sizeof(command), "test $(ls '%s'/net-*/*.policy | wc -l) = 1",
                 kernel->place->directory);
        assert_int_equal(system(command), 0);
}

static void test_a_link_that_is_gone(void **state) {
        struct kernel *kernel = *state;

        assert_int_equal(load(kernel, "web", RULES, "lo"), 0);
        assert_int_equal(load(kernel, "any", ANY, "veth0"), 0);
        assert_int_equal(system("ip link set veth0 name gone"), 0);
        assert_int_equal(nfw_rebuild(kernel->context, kernel->report), 0);
        assert_ports_and_grants(kernel, 0);
        assert_int_equal(system("ip link set gone name veth0"), 0);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                kernel_test(test_whatever_somebody_has_done),
                kernel_test(test_nothing_to_rebuild),
                kernel_test(test_other_tables_stay),
                kernel_test(test_a_policy_that_nobody_knows_any_more),
                kernel_test(test_a_link_that_is_gone),
        };

        enter_namespace();
        return cmocka_run_group_tests_name("engine/rebuild", tests, NULL, NULL);
}
