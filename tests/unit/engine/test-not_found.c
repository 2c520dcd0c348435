/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/not_found.h"
#include "place.h"

struct fixture {
        struct nfw_shadow shadow;
        struct nfw_report *report;
};

static int setup(void **state) {
        static const char *const policies[] = { "web", "build", "web-server" }, *const ports[] = {
                "vnet0", "vnet1", "tap-build"
        };
        struct fixture *fixture = calloc(1, sizeof(*fixture));

        if (!fixture || nfw_report_new(&fixture->report) < 0)
                return -1;
        for (size_t i = 0; i < NFW_ARRAY_SIZE(policies); i++) {
                struct nfw_nft_policy policy = { .name = strdup(policies[i]), .id = strdup("0") };
                struct nfw_shadow_port *port;

                if (nfw_vec_push(&fixture->shadow.policies, policy) < 0 ||
                    nfw_shadow_add_port(&fixture->shadow, ports[i], &port) < 0)
                        return -1;
        }
        *state = fixture;
        return 0;
}

static int teardown(void **state) {
        struct fixture *fixture = *state;

        nfw_shadow_deinit(&fixture->shadow);
        nfw_report_free(fixture->report);
        free(fixture);
        return 0;
}

static void assert_said(
        struct fixture *fixture, int r, const char *code, const char *name, const char *hint) {
        const struct nfw_diagnostic *diagnostic = only_diagnostic(fixture->report);

        assert_int_equal(r, NFW_E_NOT_FOUND);
        assert_string_equal(nfw_diagnostic_code(diagnostic), code);
        assert_contains(nfw_diagnostic_text(diagnostic), name);
        assert_contains(nfw_diagnostic_hint(diagnostic), hint);
        nfw_report_clear(fixture->report);
}

static void test_policies(void **state) {
        struct fixture *fixture = *state;
        static const char *const cases[][2] = {
                { "wbe", "did you mean `web`?" },
                { "biuld", "did you mean `build`?" },
                { "web-sever", "did you mean `web-server`?" },
                { "WEB", "did you mean `web`?" },
                { "something-else", "nfwpolicy list" },
                { "", "nfwpolicy list" },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++)
                assert_said(fixture, nfw_report_no_policy(fixture->report, &fixture->shadow, cases[i][0]),
                            "policy/not-loaded", cases[i][0], cases[i][1]);
}

static void test_ports(void **state) {
        struct fixture *fixture = *state;

        assert_said(fixture, nfw_report_no_binding(fixture->report, &fixture->shadow, "tap-biuld"),
                    "port/not-bound", "tap-biuld", "did you mean `tap-build`?");
        assert_said(fixture, nfw_report_no_binding(fixture->report, &fixture->shadow, "eth0"),
                    "port/not-bound", "eth0", "nfwpolicy list");
}

static void test_record(void **state) {
        struct fixture *fixture = *state;

        assert_said(fixture, nfw_report_no_record(fixture->report, "web"), "state/no-record", "`web`",
                    "load it again");
}

static void test_nothing_loaded(void **state) {
        struct fixture *fixture = *state;
        struct nfw_shadow empty = { 0 };

        assert_said(fixture, nfw_report_no_policy(fixture->report, &empty, "web"), "policy/not-loaded", "web",
                    "nfwpolicy list");
        assert_said(fixture, nfw_report_no_binding(fixture->report, &empty, "vnet0"), "port/not-bound",
                    "vnet0", "nfwpolicy list");
        assert_int_equal(nfw_report_no_policy(NULL, &empty, "web"), NFW_E_NOT_FOUND);
}

#define report_test(test_) cmocka_unit_test_setup_teardown(test_, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                report_test(test_policies),
                report_test(test_ports),
                report_test(test_record),
                report_test(test_nothing_loaded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
