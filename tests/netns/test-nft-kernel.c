/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nft-common.h"
#include "nft/list.h"
#include "nft/probe.h"
#include "nft/text/text.h"

static char *print(const struct nfw_plan *plan) {
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);

        assert_non_null(stream);
        assert_int_equal(nfw_nft_print_plan(plan, NFW_NFT_TABLE_DEFAULT, stream), 0);
        fclose(stream);
        return text;
}

/* Gives nft a ruleset to load. */
static void feed(const char *command, const char *text) {
        FILE *pipe = popen(command, "w");

        assert_non_null(pipe);
        fputs(text, pipe);
        assert_int_equal(pclose(pipe), 0);
}

static void check_round_trip(struct fixture *fixture, enum nfw_table table) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_everything(table);
        nfw_cleanup(nfw_freep) char *listed = NULL, *reloaded = NULL, *from_text = NULL, *text = print(plan);

        load(fixture, plan);
        listed = output_of("nft list ruleset");
        assert_string_equal(text, listed);

        run("nft flush ruleset");
        feed("nft -f -", listed);
        reloaded = output_of("nft list ruleset");
        assert_string_equal(reloaded, listed);
        assert_int_equal(nfw_nft_verify_plan(fixture->nft, plan, NULL), 0);

        run("nft flush ruleset");
        feed("nft -c -f -", text);
        feed("nft -f -", text);
        from_text = output_of("nft list ruleset");
        assert_string_equal(from_text, listed);
        assert_int_equal(nfw_nft_verify_plan(fixture->nft, plan, NULL), 0);
}

static void test_round_trip_inet(void **state) {
        check_round_trip(*state, NFW_TABLE_INET);
}

static void test_round_trip_bridge(void **state) {
        check_round_trip(*state, NFW_TABLE_BRIDGE);
}

static void test_verify_accepts(void **state) {
        struct fixture *fixture = *state;

        for (int table = 0; table < NFW_N_TABLES; table++) {
                nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_everything(table);

                load(fixture, plan);
                assert_int_equal(nfw_nft_verify_plan(fixture->nft, plan, fixture->report), 0);
                assert_int_equal(nfw_nft_verify_table(fixture->nft, table, fixture->report), 0);
                assert_int_equal(nfw_report_n_diagnostics(fixture->report), 0);
        }
}

/* Counters, ports and grants come and go; another policy is none of this one's business. */
static void test_verify_ignores_the_rest(void **state) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_typical("web", NFW_TABLE_INET);
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *other = plan_typical("web-db", NFW_TABLE_INET);
        struct fixture *fixture = *state;

        load(fixture, plan);
        assert_int_equal(nfw_nft_put_plan(fixture->batch, other, true), 0);
        commit(fixture);
        run("nft add element inet nfwpolicy egress '{ \"vnet0\" : goto web-egress }'");
        run("nft add element inet nfwpolicy ingress '{ \"vnet0\" : goto web-ingress }'");
        run("nft add element inet nfwpolicy web-allow1-learned4 '{ \"vnet0\" . 192.0.2.1 timeout 1m }'");
        run("nft add element inet nfwpolicy resolvers4 '{ \"vnet0\" . 192.0.2.1 }'");
        run("nft add element inet nfwpolicy egress '{ \"lo\" : accept }'");
        run("ping -c1 -W1 127.0.0.1 >/dev/null || true");
        assert_int_equal(nfw_nft_verify_plan(fixture->nft, plan, fixture->report), 0);
        assert_int_equal(nfw_nft_verify_plan(fixture->nft, other, fixture->report), 0);
        assert_int_equal(nfw_nft_verify_table(fixture->nft, NFW_TABLE_INET, fixture->report), 0);
}

/*
 * What nft makes of its own listing must be what we have sent, expression by expression. It drops what we keep in
 * user data for ourselves; the table must stay ours all the same.
 */
static void test_survives_nft(void **state) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *web = plan_typical("web", NFW_TABLE_INET);
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *db = plan_typical("web-db", NFW_TABLE_INET);
        nfw_cleanup(nfw_freep) char *listed = NULL;
        nfw_cleanup(nfw_nft_snapshot_freep) struct nfw_nft_snapshot *held = NULL;
        struct fixture *fixture = *state;

        load(fixture, web);
        assert_int_equal(nfw_nft_put_plan(fixture->batch, db, true), 0);
        commit(fixture);
        listed = output_of("nft list ruleset");
        run("nft flush ruleset");
        feed("nft -f -", listed);

        assert_int_equal(nfw_nft_verify_plan(fixture->nft, web, fixture->report), 0);
        held = snapshot(fixture);
        assert_int_equal(held->policies.n, 2);
        nfw_vec_foreach (policy, &held->policies) {
                assert_string_equal(policy->id, PLAN_ID);
                assert_int_equal(policy->sets.n, 3);
                nfw_vec_foreach (set, &policy->sets)
                        assert_int_equal(strncmp(*set, "web-db-", 7) == 0,
                                         strcmp(policy->name, "web-db") == 0);
                assert_int_equal(nfw_nft_put_policy_removal(fixture->batch, policy, true), 0);
        }
        commit(fixture);
}

/* Whatever it is, with two policies in the table it is told once. */
static void check_tampering(struct fixture *fixture,
                            const char *command,
                            const char *code,
                            unsigned int line) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *web = plan_typical("web", NFW_TABLE_INET);
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *db = plan_typical("web-db", NFW_TABLE_INET);
        size_t n_found = 0;

        run("nft flush ruleset");
        nfw_report_clear(fixture->report);
        load(fixture, web);
        assert_int_equal(nfw_nft_put_plan(fixture->batch, db, true), 0);
        commit(fixture);
        run(command);
        (void)nfw_nft_verify_plan(fixture->nft, web, fixture->report);
        assert_int_equal(nfw_nft_verify_plan(fixture->nft, db, fixture->report), 0);
        (void)nfw_nft_verify_table(fixture->nft, NFW_TABLE_INET, fixture->report);
        for (size_t i = 0; i < nfw_report_n_diagnostics(fixture->report); i++) {
                const struct nfw_diagnostic *diagnostic = nfw_report_diagnostic(fixture->report, i);

                n_found += strcmp(nfw_diagnostic_code(diagnostic), code) == 0 &&
                           nfw_diagnostic_line(diagnostic) == line;
        }
        if (n_found != 1)
                print_error("%s: %zu times %s\n", command, n_found, code);
        assert_int_equal(n_found, 1);
}

static void test_verify_finds_tampering(void **state) {
        static const struct {
                const char *command, *code;
                unsigned int line;
        } cases[] = {
                { "nft flush chain inet nfwpolicy web-egress", "kernel/missing-rule", 5 },
                { "nft add rule inet nfwpolicy web-egress accept", "kernel/foreign-rule", 0 },
                { "nft insert rule inet nfwpolicy web-egress ip saddr 192.0.2.7 accept",
                  "kernel/foreign-rule", 0 },
                { "nft insert rule inet nfwpolicy prerouting accept", "kernel/foreign-rule", 0 },
                { "nft flush chain inet nfwpolicy postrouting", "kernel/missing-rule", 0 },
                { "nft delete element inet nfwpolicy web-allow2-ip-proto-port "
                  "'{ 192.0.2.0/24 . tcp . 443 }'",
                  "kernel/missing-element", 0 },
                { "nft add element inet nfwpolicy web-allow2-ip-proto-port '{ 203.0.113.0/24 . tcp . 1-2 }'",
                  "kernel/foreign-element", 0 },
                { "nft 'add chain inet nfwpolicy mine { type filter hook input priority 0; }'",
                  "kernel/foreign-chain", 0 },
                { "nft 'add set inet nfwpolicy web-allow1-mine { type ipv4_addr; }'", "kernel/foreign-set",
                  0 },
                { "nft 'add chain inet nfwpolicy prerouting { policy drop; }'", "kernel/changed-chain", 0 },
                { "nft add counter inet nfwpolicy mine", "kernel/foreign-object", 0 },
                { "nft 'add table inet nfwpolicy { flags dormant; }'", "kernel/changed-table", 0 },
                { "nft 'add chain inet nfwpolicy more-egress'", "kernel/foreign-chain", 0 },
                { "nft 'add set inet nfwpolicy mine { type ipv4_addr; }'", "kernel/foreign-set", 0 },
                { "nft add element inet nfwpolicy egress '{ \"vnet0\" : goto web-egress }'",
                  "kernel/missing-element", 0 },
                { "nft add element inet nfwpolicy egress '{ \"vnet0\" : goto web-egress }'; "
                  "nft add element inet nfwpolicy ingress '{ \"vnet0\" : goto web-db-ingress }'",
                  "kernel/foreign-element", 0 },
                { "nft delete set inet nfwpolicy subnets6", "kernel/missing-set", 0 },
                { "nft delete set inet nfwpolicy web.id", "kernel/missing-set", 0 },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++)
                check_tampering(*state, cases[i].command, cases[i].code, cases[i].line);
}

static void test_verify_without_a_table(void **state) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_typical("web", NFW_TABLE_INET);
        struct fixture *fixture = *state;

        load(fixture, plan);
        run("nft delete table inet nfwpolicy");
        assert_int_equal(nfw_nft_verify_plan(fixture->nft, plan, fixture->report), NFW_E_DIFFERS);
        assert_int_equal(nfw_report_n_diagnostics(fixture->report), 1);
        assert_string_equal(nfw_diagnostic_code(nfw_report_diagnostic(fixture->report, 0)),
                            "kernel/missing-table");
        assert_int_equal(nfw_nft_verify_table(fixture->nft, NFW_TABLE_INET, NULL), NFW_E_DIFFERS);
}

static void test_verify_tells_another_load(void **state) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_typical("web", NFW_TABLE_INET);
        struct fixture *fixture = *state;

        load(fixture, plan);
        plan->id[0] = 'f';
        assert_int_equal(nfw_nft_verify_plan(fixture->nft, plan, fixture->report), NFW_E_DIFFERS);
}

static void test_bridge_conntrack(void **state) {
        struct fixture *fixture = *state;
        nfw_cleanup(nfw_freep) char *after = NULL;
        bool has, expected;

        /* nft's own try is the reference. */
        expected =
                system("printf 'table bridge t {\\n chain c {\\n ct state new\\n }\\n}\\n' | nft -c -f - 2>/dev/null") ==
                0;
        assert_int_equal(nfw_nft_probe_bridge_conntrack(fixture->nft, &has), 0);
        assert_int_equal(has, expected);
        after = output_of("nft list ruleset");
        assert_string_equal(after, "");
}

static void test_list(void **state) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = plan_typical("web", NFW_TABLE_INET);
        nfw_cleanup(nfw_nft_snapshot_freep) struct nfw_nft_snapshot *held = NULL;
        nfw_cleanup(nfw_freep) char *text = NULL;
        struct fixture *fixture = *state;

        load(fixture, plan);
        run("nft add element inet nfwpolicy egress '{ \"vnet0\" : goto web-egress }'");
        held = snapshot(fixture);
        assert_int_equal(held->policies.n, 1);
        assert_int_equal(nfw_nft_list_policy(NFW_NFT_TABLE_DEFAULT, &held->policies.items[0], &text), 0);
        assert_non_null(strstr(text, "elements = { \"vnet0\" : goto web-egress }"));
        assert_non_null(strstr(text, "set web-allow1-learned6 {"));
        assert_non_null(strstr(text, "chain web-egress {"));
        assert_non_null(strstr(text, "chain web-ingress {"));
        assert_non_null(strstr(text, "tcp dport 443 iifname . ip daddr @web-allow1-learned4"));

        free(nfw_steal(text));
        run("nft flush ruleset");
        assert_int_equal(nfw_nft_list_policy(NFW_NFT_TABLE_DEFAULT, &held->policies.items[0], &text), -EIO);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_round_trip_inet, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_round_trip_bridge, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_verify_accepts, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_verify_ignores_the_rest, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(test_survives_nft, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_verify_finds_tampering, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_verify_without_a_table, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_verify_tells_another_load, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(test_bridge_conntrack, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_list, fixture_setup, fixture_teardown),
        };

        enter_namespace();
        return cmocka_run_group_tests_name("nft-kernel", tests, NULL, NULL);
}
