/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "engine/load.h"
#include "records.h"

struct fixture {
        struct place *place;
        struct nfw_report *report;
        struct nfw_policy *policy;
};

static int setup(void **state) {
        struct fixture *fixture = calloc(1, sizeof(*fixture));

        if (!fixture || place_setup((void **)&fixture->place) < 0 || nfw_report_new(&fixture->report) < 0 ||
            nfw_policy_read_buffer("test.yaml", SOURCE, strlen(SOURCE), NULL, &fixture->policy) != 0)
                return -1;
        *state = fixture;
        return 0;
}

static int teardown(void **state) {
        struct fixture *fixture = *state;
        int r = place_teardown((void **)&fixture->place);

        nfw_report_free(fixture->report);
        nfw_policy_free(fixture->policy);
        free(fixture);
        return r;
}

static struct nfw_load *describe(const struct fixture *fixture, const char *name) {
        struct nfw_load *load = NULL;

        assert_int_equal(nfw_load_new(fixture->policy, name, &load), 0);
        assert_non_null(load);
        return load;
}

/* What the commit finds wrong before it looks at the kernel, of which this context has none. */
static const struct nfw_diagnostic *refuse(struct fixture *fixture, struct nfw_load *load, const char *code) {
        const struct nfw_diagnostic *diagnostic;

        nfw_report_clear(fixture->report);
        assert_int_equal(nfw_load_commit(&fixture->place->context, load, fixture->report), NFW_E_INVALID);
        nfw_load_free(load);
        diagnostic = only_diagnostic(fixture->report);
        assert_int_equal(nfw_diagnostic_severity(diagnostic), NFW_SEVERITY_ERROR);
        assert_string_equal(nfw_diagnostic_code(diagnostic), code);
        return diagnostic;
}

static void test_ranges(void **state) {
        struct nfw_load *load = describe(*state, "web");

        assert_int_equal(nfw_load_set_min_ttl(load, 0), -EINVAL);
        assert_int_equal(nfw_load_set_min_ttl(load, 1), 0);
        assert_int_equal(nfw_load_set_min_ttl(load, 86400), 0);
        assert_int_equal(nfw_load_set_min_ttl(load, 86401), -EINVAL);
        assert_int_equal(nfw_load_set_max_ttl(load, 0), -EINVAL);
        assert_int_equal(nfw_load_set_max_ttl(load, 1), 0);
        assert_int_equal(nfw_load_set_max_ttl(load, 604800), 0);
        assert_int_equal(nfw_load_set_max_ttl(load, 604801), -EINVAL);
        assert_int_equal(nfw_load_set_max_names(load, 0), -EINVAL);
        assert_int_equal(nfw_load_set_max_names(load, 1), 0);
        assert_int_equal(nfw_load_set_max_names(load, 1000000), 0);
        assert_int_equal(nfw_load_set_max_names(load, 1000001), -EINVAL);
        assert_int_equal(nfw_load_set_max_names(load, UINT32_MAX), -EINVAL);
        /* what was refused has changed nothing */
        assert_int_equal(load->record.min_ttl, 86400);
        assert_int_equal(load->record.max_ttl, 604800);
        assert_int_equal(load->record.max_names, 1000000);
        nfw_load_free(load);
}

static void test_defaults(void **state) {
        struct nfw_load *load = describe(*state, "web");

        /* those of the context */
        assert_int_equal(load->record.min_ttl, 0);
        assert_int_equal(load->record.max_ttl, 0);
        assert_int_equal(load->record.max_names, 0);
        assert_false(load->record.any_resolver);
        assert_int_equal(load->record.resolvers.n, 0);
        assert_false(load->dry_run);
        assert_true(load->require_learner);
        assert_null(nfw_load_free(load));
        assert_null(nfw_load_free(NULL));
}

static void test_resolvers(void **state) {
        static const char *const invalid[] = {
                "",         "any",          "dns.example",   "192.0.2.0/24", "192.0.2",
                "1.2.3.4 ", "fe80::1%eth0", "[2001:db8::1]", "192.0.2.1:53"
        };
        struct fixture *fixture = *state;
        struct nfw_load *load = describe(fixture, "web");

        assert_int_equal(nfw_load_add_resolver(load, "192.0.2.53", fixture->report), 0);
        assert_int_equal(nfw_load_add_resolver(load, "2001:db8::53", fixture->report), 0);
        assert_int_equal(nfw_report_n_diagnostics(fixture->report), 0);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(invalid); i++) {
                nfw_report_clear(fixture->report);
                assert_int_equal(nfw_load_add_resolver(load, invalid[i], fixture->report), NFW_E_INVALID);
                assert_string_equal(nfw_diagnostic_code(only_diagnostic(fixture->report)),
                                    "load/bad-resolver");
                assert_contains(nfw_diagnostic_text(only_diagnostic(fixture->report)), invalid[i]);
        }
        assert_int_equal(nfw_load_add_resolver(load, "x", NULL), NFW_E_INVALID);
        assert_int_equal(load->record.resolvers.n, 2);
        nfw_load_free(load);
}

static void test_lifetimes_that_cross(void **state) {
        struct fixture *fixture = *state;
        struct nfw_load *load = describe(fixture, "web");
        const struct nfw_diagnostic *diagnostic;

        assert_int_equal(nfw_load_set_min_ttl(load, 9), 0);
        assert_int_equal(nfw_load_set_max_ttl(load, 8), 0);
        diagnostic = refuse(fixture, load, "load/bad-lifetime");
        assert_contains(nfw_diagnostic_text(diagnostic), "9 s");
        assert_contains(nfw_diagnostic_text(diagnostic), "8 s");
}

static void test_bad_names(void **state) {
        static const char *const names[] = { "../web", "my policy", "9web", "wéb", "a/b" };
        struct fixture *fixture = *state;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(names); i++) {
                const struct nfw_diagnostic *diagnostic =
                        refuse(fixture, describe(fixture, names[i]), "load/bad-name");

                assert_contains(nfw_diagnostic_text(diagnostic), names[i]);
                assert_contains(nfw_diagnostic_hint(diagnostic), "at most 64");
        }
        assert_contains(nfw_diagnostic_text(refuse(fixture, describe(fixture, ""), "load/bad-name")), "``");
}

static void test_long_names(void **state) {
        static const size_t lengths[] = { NFW_POLICY_NAME_MAX + 1, 100, 4000, 1000000 };
        struct fixture *fixture = *state;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(lengths); i++) {
                char *name = malloc(lengths[i] + 1), number[32];
                const struct nfw_diagnostic *diagnostic;

                assert_non_null(name);
                memset(name, 'n', lengths[i]);
                memcpy(name, "begins-so", 9);
                name[lengths[i]] = '\0';
                diagnostic = refuse(fixture, describe(fixture, name), "load/bad-name");
                free(name);
                snprintf(number, sizeof(number), "%zu", lengths[i]);
                assert_contains(nfw_diagnostic_text(diagnostic), "`begins-so");
                assert_contains(nfw_diagnostic_text(diagnostic), number);
                assert_contains(nfw_diagnostic_text(diagnostic), "64");
                assert_true(strlen(nfw_diagnostic_text(diagnostic)) < 200);
        }
}

/* A message must be text, also where the name is cut within a character. */
static void test_long_names_are_cut_between_characters(void **state) {
        struct fixture *fixture = *state;

        for (size_t n_before = 0; n_before < 8; n_before++) {
                char name[8 + 4 * 50 + 1] = "aaaaaaaa";
                const char *text, *end;

                for (size_t i = 0; i < 50; i++)
                        strcpy(name + n_before + 4 * i, "\xf0\x9f\x94\xa5");
                text = nfw_diagnostic_text(refuse(fixture, describe(fixture, name), "load/bad-name"));
                end = strstr(text, "…`");
                assert_non_null(end);
                assert_int_equal((size_t)(end - text - 1 - (long)n_before) % 4, 0);
        }
}

#define load_test(test_) cmocka_unit_test_setup_teardown(test_, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                load_test(test_ranges),
                load_test(test_defaults),
                load_test(test_resolvers),
                load_test(test_lifetimes_that_cross),
                load_test(test_bad_names),
                load_test(test_long_names),
                load_test(test_long_names_are_cut_between_characters),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
