/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "read.h"

#define DIRECTORY NFW_TEST_CONFORMANCE "/lima"

static int read_one(const char *path, size_t *ret_n_rules) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
        int r;

        assert_int_equal(nfw_report_new(&report), 0);
        r = nfw_policy_read_file(path, report, &policy);
        assert_int_equal(nfw_report_has_errors(report), r != 0);
        if (r != 0)
                print_report(report);
        *ret_n_rules = policy ? policy->rules.n : 0;
        return r;
}

static void test_verdicts(void **state nfw_unused) {
        char line[256];
        size_t n = 0;
        FILE *stream;

        stream = fopen(DIRECTORY "/expect.tsv", "re");
        if (!stream) {
                print_message("# %s is not there\n", DIRECTORY);
                skip();
        }

        while (fgets(line, sizeof(line), stream)) {
                char name[128], verdict[16], path[512];
                size_t n_rules;
                int r;

                if (line[0] == '#')
                        continue;
                assert_int_equal(sscanf(line, "%127s %15s", name, verdict), 2);
                (void)snprintf(path, sizeof(path), DIRECTORY "/policies/%s", name);
                r = read_one(path, &n_rules);
                if (r != (strcmp(verdict, "valid") == 0 ? 0 : NFW_E_INVALID))
                        fail_msg("%s is %s, but the answer was %d", name, verdict, r);
                n++;
        }
        (void)fclose(stream);
        assert_true(n >= 49);
}

static void test_documented(void **state nfw_unused) {
        static const struct {
                const char *file;
                size_t n_rules;
        } cases[] = {
                { "doc_policy_1.yaml", 3 }, { "doc_policy_3.yaml", 2 },        { "doc_policy_4.yaml", 1 },
                { "doc_policy_5.yaml", 2 }, { "lima_example_policy.yaml", 6 },
        };

        FILE *stream;

        stream = fopen(DIRECTORY "/doc_policy_1.yaml", "re");
        if (!stream) {
                print_message("# %s is not there\n", DIRECTORY);
                skip();
        }
        (void)fclose(stream);

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                char path[512];
                size_t n_rules;

                (void)snprintf(path, sizeof(path), DIRECTORY "/%s", cases[i].file);
                assert_int_equal(read_one(path, &n_rules), 0);
                assert_int_equal(n_rules, cases[i].n_rules);
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_verdicts),
                cmocka_unit_test(test_documented),
        };

        return cmocka_run_group_tests_name("policy/conformance", tests, NULL, NULL);
}
