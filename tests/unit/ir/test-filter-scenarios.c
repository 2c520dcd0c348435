/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt's filters do to frames, as it was measured: every scenario with every frame. */
#include <dirent.h>
#include <jansson.h>
#include <limits.h>
#include <unistd.h>

#include "filter_fixture.h"

#define SCENARIOS NFW_TEST_CONFORMANCE "/nwfilter/scenarios.json"

/* The filters that libvirt ships, and ours of the same names. */
static const char *const shipped[] = { NFW_TEST_CONFORMANCE "/nwfilter/filters",
                                       NFW_TEST_SOURCE "/data/filters" };

static const char *const shipped_names[] = {
        "allow-arp",
        "allow-dhcp",
        "allow-dhcp-server",
        "allow-dhcpv6",
        "allow-dhcpv6-server",
        "allow-incoming-ipv4",
        "allow-incoming-ipv6",
        "allow-ipv4",
        "allow-ipv6",
        "clean-traffic",
        "clean-traffic-gateway",
        "no-arp-ip-spoofing",
        "no-arp-mac-spoofing",
        "no-arp-spoofing",
        "no-ip-multicast",
        "no-ip-spoofing",
        "no-ipv6-multicast",
        "no-ipv6-spoofing",
        "no-mac-broadcast",
        "no-mac-spoofing",
        "no-other-l2-traffic",
        "no-other-rarp-traffic",
        "qemu-announce-self",
        "qemu-announce-self-rarp",
};

struct count {
        size_t scenarios, frames, wrong;
};

static const char *text_of(json_t *object, const char *key) {
        const char *text = json_string_value(json_object_get(object, key));

        assert_non_null(text);
        return text;
}

static void set_parameters(struct fixture *fixture, json_t *scenario) {
        json_t *parameter;
        size_t i;

        json_array_foreach(json_object_get(scenario, "params"), i, parameter) {
                const char *name = json_string_value(json_array_get(parameter, 0));
                const char *value = json_string_value(json_array_get(parameter, 1));

                fixture_set(fixture, name, value);
        }
        if (!nfw_nwfilter_parameters_find(&fixture->port, "MAC"))
                fixture_set(fixture, "MAC", "52:54:00:00:00:0a");
}

static bool define_shipped(struct fixture *fixture, const char *folder) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(shipped_names); i++) {
                char path[PATH_MAX];

                snprintf(path, sizeof(path), "%s/%s.xml", folder, shipped_names[i]);
                if (!fixture_define_file(fixture, path))
                        return false;
        }
        return true;
}

/* Defining or binding has to fail, whichever does first. */
static void run_refused(struct fixture *fixture, json_t *scenario, struct count *count) {
        json_t *xml;
        size_t i;

        json_array_foreach(json_object_get(scenario, "filters"), i, xml) {
                if (fixture_try_define(fixture, json_string_value(xml)) != 0)
                        return;
        }
        if (fixture_try_bind(fixture, text_of(scenario, "top")) == 0) {
                print_error("%s: not refused\n", text_of(scenario, "name"));
                count->wrong++;
        }
}

static void run_steps(struct fixture *fixture, json_t *scenario, struct count *count) {
        json_t *step, *xml;
        size_t i;

        json_array_foreach(json_object_get(scenario, "filters"), i, xml)
                fixture_define(fixture, json_string_value(xml));
        fixture_bind(fixture, text_of(scenario, "top"));
        json_array_foreach(json_object_get(scenario, "steps"), i, step) {
                bool is_out = strcmp(text_of(step, "dir"), "out") == 0;
                bool expected = strcmp(text_of(step, "verdict"), "pass") == 0;

                count->frames++;
                if (passes(fixture, is_out ? NFW_EGRESS : NFW_INGRESS, text_of(step, "frame")) == expected)
                        continue;
                print_error("%s: %s: %s by '%s'\n", text_of(scenario, "name"), text_of(step, "label"),
                            expected ? "dropped" : "passed", fixture->rule ? fixture->rule->name : "no rule");
                count->wrong++;
        }
}

static void run_scenario(json_t *scenario, const char *folder, struct count *count) {
        const char *name = text_of(scenario, "name");
        struct fixture fixture;

        fixture_init(&fixture);
        set_parameters(&fixture, scenario);
        /* What libvirt does there no document says, so it is done on request. */
        fixture.compat = strcmp(name, "vlan-bypasses-iptables") == 0 || strcmp(name, "arp-fields") == 0;
        if (json_is_true(json_object_get(scenario, "shipped_filters")))
                assert_true(define_shipped(&fixture, folder));
        if (json_is_true(json_object_get(scenario, "refused")))
                run_refused(&fixture, scenario, count);
        else
                run_steps(&fixture, scenario, count);
        count->scenarios++;
        fixture_deinit(&fixture);
}

static void run_all(const char *folder, bool shipped_only) {
        struct count count = { 0 };
        json_error_t error;
        json_t *scenarios = json_load_file(SCENARIOS, 0, &error), *scenario;
        size_t i;

        if (!scenarios) {
                print_message("no %s\n", SCENARIOS);
                skip();
        }
        json_array_foreach(scenarios, i, scenario) {
                if (!shipped_only || json_is_true(json_object_get(scenario, "shipped_filters")))
                        run_scenario(scenario, folder, &count);
        }
        json_decref(scenarios);
        print_message("%zu scenarios, %zu frames\n", count.scenarios, count.frames);
        assert_int_equal(count.wrong, 0);
        if (!shipped_only) {
                assert_true(count.scenarios >= 55);
                assert_true(count.frames >= 133);
        }
}

static void test_scenarios(void **state nfw_unused) {
        run_all(shipped[0], false);
}

static void test_own_filters(void **state nfw_unused) {
        if (access(NFW_TEST_SOURCE "/data/filters", F_OK) != 0)
                skip();
        run_all(shipped[1], true);
}

/* Variables of the grammar's files; more of them do not matter. */
static const char *const grammar_variables[][2] = {
        { "MAC", "52:54:00:00:00:0a" },
        { "IP", "10.0.0.1" },
        { "IPSETNAME", "other" },
        { "A", "1.1.1.1" },
        { "A", "2.2.2.2" },
        { "A", "3.3.3.3" },
        { "B", "80" },
        { "B", "90" },
        { "B", "100" },
        { "C", "1080" },
        { "C", "1090" },
        { "C", "1100" },
};

static void lower_grammar_file(const char *folder, const char *name) {
        struct fixture fixture;
        char path[PATH_MAX];

        fixture_init(&fixture);
        snprintf(path, sizeof(path), "%s/%s", folder, name);
        assert_true(define_shipped(&fixture, shipped[0]));
        assert_true(fixture_define_file(&fixture, path));
        for (size_t i = 0; i < NFW_ARRAY_SIZE(grammar_variables); i++)
                fixture_set(&fixture, grammar_variables[i][0], grammar_variables[i][1]);
        if (fixture_try_bind(&fixture, fixture.filters.items[fixture.filters.n - 1]->name) != 0)
                fail_msg("%s: %s", name, fixture_problem(&fixture, 0));
        fixture_deinit(&fixture);
}

/* Whatever is valid can be enforced. */
static void test_grammar(void **state nfw_unused) {
        const char *folder = NFW_TEST_CONFORMANCE "/nwfilter/grammar";
        struct dirent *entry;
        size_t n = 0;
        DIR *files = opendir(folder);

        if (!files) {
                print_message("no %s\n", folder);
                skip();
        }
        while ((entry = readdir(files))) {
                if (entry->d_name[0] == '.' || strstr(entry->d_name, "-invalid.xml"))
                        continue;
                lower_grammar_file(folder, entry->d_name);
                n++;
        }
        closedir(files);
        assert_true(n >= 20);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_grammar),
                cmocka_unit_test(test_scenarios),
                cmocka_unit_test(test_own_filters),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
