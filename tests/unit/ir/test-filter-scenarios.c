/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt's filters do to frames, as it was measured: every scenario with every frame. */
#include <dirent.h>
#include <limits.h>

#include "../cases.h"
#include "filter_fixture.h"

#define SCENARIOS NFW_TEST_SOURCE "/tests/data/nwfilter/scenarios/*.yaml"
#define GRAMMAR   NFW_TEST_SOURCE "/tests/data/nwfilter/grammar"
#define BUILT_IN  NFW_TEST_SOURCE "/data/filters"

struct count {
        size_t scenarios, frames, wrong;
};

static void set_parameters(struct fixture *fixture, struct fy_node *scenario) {
        struct fy_node *value;
        void *iterator = NULL;

        while ((value = next_of(scenario, "values", &iterator)))
                fixture_set(fixture, text_of(value, "name"), text_of(value, "value"));
        if (!nfw_nwfilter_parameters_find(&fixture->port, "MAC"))
                fixture_set(fixture, "MAC", "52:54:00:00:00:0a");
}

static size_t define_files(struct fixture *fixture, const char *folder) {
        struct dirent *entry;
        DIR *files = opendir(folder);
        size_t n = 0;

        assert_non_null(files);
        while ((entry = readdir(files))) {
                char path[PATH_MAX];

                if (!strstr(entry->d_name, ".xml"))
                        continue;
                assert_true(snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) > 0);
                assert_true(fixture_define_file(fixture, path));
                n++;
        }
        closedir(files);
        return n;
}

static int try_define(struct fixture *fixture, struct fy_node *scenario) {
        struct fy_node *xml;
        void *iterator = NULL;
        int r = 0;

        while (r == 0 && (xml = next_of(scenario, "filters", &iterator)))
                r = fixture_try_define(fixture, fy_node_get_scalar0(xml));
        return r;
}

static void send_frames(struct fixture *fixture, struct fy_node *scenario, struct count *count) {
        struct fy_node *frame;
        void *iterator = NULL;

        while ((frame = next_of(scenario, "frames", &iterator))) {
                bool is_out = node_of(frame, "out");
                bool expected = strcmp(text_of(frame, is_out ? "out" : "in"), "pass") == 0;

                count->frames++;
                if (passes(fixture, is_out ? NFW_EGRESS : NFW_INGRESS, text_of(frame, "frame")) == expected)
                        continue;
                print_error("%s: %s: %s by '%s'\n", text_of(scenario, "name"), text_of(frame, "what"),
                            expected ? "dropped" : "passed", fixture->rule ? fixture->rule->name : "no rule");
                count->wrong++;
        }
}

static void run_scenario(struct fy_node *scenario, void *userdata) {
        struct count *count = userdata;
        struct fixture fixture;
        int r;

        fixture_init(&fixture);
        set_parameters(&fixture, scenario);
        fixture.compat = node_of(scenario, "compat");
        define_files(&fixture, BUILT_IN);
        r = try_define(&fixture, scenario);
        if (r == 0)
                r = fixture_try_bind(&fixture, text_of(scenario, "bind"));
        count->scenarios++;
        if ((r != 0) != !!node_of(scenario, "refused")) {
                print_error("%s: %s\n", text_of(scenario, "name"),
                            r != 0 ? fixture_problem(&fixture, 0) : "not refused");
                count->wrong++;
        } else if (r == 0) {
                send_frames(&fixture, scenario, count);
        }
        fixture_deinit(&fixture);
}

static void test_scenarios(void **state nfw_unused) {
        struct count count = { 0 };

        for_each_case(SCENARIOS, run_scenario, &count);
        assert_int_equal(count.wrong, 0);
        assert_int_equal(count.scenarios, 55);
        assert_int_equal(count.frames, 133);
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

static void lower_grammar_file(const char *name) {
        struct fixture fixture;
        char path[PATH_MAX];

        fixture_init(&fixture);
        assert_true(snprintf(path, sizeof(path), "%s/%s", GRAMMAR, name) > 0);
        define_files(&fixture, BUILT_IN);
        assert_true(fixture_define_file(&fixture, path));
        for (size_t i = 0; i < NFW_ARRAY_SIZE(grammar_variables); i++)
                fixture_set(&fixture, grammar_variables[i][0], grammar_variables[i][1]);
        if (fixture_try_bind(&fixture, fixture.filters.items[fixture.filters.n - 1]->name) != 0)
                fail_msg("%s: %s", name, fixture_problem(&fixture, 0));
        fixture_deinit(&fixture);
}

/* Whatever is valid can be enforced. */
static void test_grammar(void **state nfw_unused) {
        struct dirent *entry;
        DIR *files = opendir(GRAMMAR);
        size_t n = 0;

        assert_non_null(files);
        while ((entry = readdir(files))) {
                if (!strstr(entry->d_name, ".xml") || strstr(entry->d_name, "-invalid.xml"))
                        continue;
                lower_grammar_file(entry->d_name);
                n++;
        }
        closedir(files);
        assert_true(n >= 20);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_grammar),
                cmocka_unit_test(test_scenarios),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
