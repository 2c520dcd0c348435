/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>

#include "filters.h"

#define GRAMMAR  NFW_TEST_CONFORMANCE "/nwfilter/grammar"
#define SHIPPED  NFW_TEST_CONFORMANCE "/nwfilter/filters"
#define BUILT_IN NFW_TEST_SOURCE "/data/filters"
#define INVALID  "-invalid.xml"

static int read_file(const char *directory,
                     const char *name,
                     struct nfw_report *report,
                     struct nfw_nwfilter **ret_filter) {
        char path[1024], data[16384];
        size_t size;
        FILE *file;

        (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
        file = fopen(path, "re");
        if (!file)
                fail_msg("%s cannot be opened", path);
        size = fread(data, 1, sizeof(data), file);
        assert_true(size > 0 && size < sizeof(data));
        assert_int_equal(fclose(file), 0);
        return nfw_nwfilter_read(path, data, size, report, ret_filter);
}

static bool ends_with(const char *text, const char *end) {
        return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

static void check_file(const char *directory, const char *name) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *filter = NULL;
        int r;

        assert_int_equal(nfw_report_new(&report), 0);
        r = read_file(directory, name, report, &filter);
        assert_int_equal(r != 0, nfw_report_has_errors(report));
        if (r != (ends_with(name, INVALID) ? NFW_E_INVALID : 0)) {
                print_report(report);
                fail_msg("%s: %d", name, r);
        }
        if (filter)
                assert_round_trip(filter);
        for (size_t i = 0; i < nfw_report_n_diagnostics(report); i++)
                assert_true(nfw_diagnostic_column(nfw_report_diagnostic(report, i)) > 0);
}

static size_t check_directory(const char *path) {
        struct dirent *entry;
        size_t n = 0;
        DIR *directory;

        directory = opendir(path);
        if (!directory) {
                print_message("# %s is not there\n", path);
                skip();
        }
        while ((entry = readdir(directory))) {
                if (!ends_with(entry->d_name, ".xml"))
                        continue;
                check_file(path, entry->d_name);
                n++;
        }
        (void)closedir(directory);
        return n;
}

static void test_grammar(void **state nfw_unused) {
        assert_int_equal(check_directory(GRAMMAR), 42);
}

static void test_shipped(void **state nfw_unused) {
        assert_int_equal(check_directory(SHIPPED), 24);
}

static void test_built_in(void **state nfw_unused) {
        assert_int_equal(check_directory(BUILT_IN), 24);
}

static void test_example(void **state nfw_unused) {
        check_file(NFW_TEST_SOURCE "/data/examples", "no-out-traffic.xml");
}

/* Chains and their priorities decide over verdicts, so they are those of libvirt's filters. */
static void test_built_in_chains(void **state nfw_unused) {
        struct dirent *entry;
        DIR *directory;

        directory = opendir(SHIPPED);
        if (!directory) {
                print_message("# %s is not there\n", SHIPPED);
                skip();
        }
        while ((entry = readdir(directory))) {
                nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *shipped = NULL, *ours = NULL;

                if (!ends_with(entry->d_name, ".xml"))
                        continue;
                assert_int_equal(read_file(SHIPPED, entry->d_name, NULL, &shipped), 0);
                assert_int_equal(read_file(BUILT_IN, entry->d_name, NULL, &ours), 0);
                assert_string_equal(ours->name, shipped->name);
                assert_string_equal(ours->chain_name, shipped->chain_name);
                assert_int_equal(ours->chain_priority, shipped->chain_priority);
                assert_int_equal(ours->entries.n, shipped->entries.n);
        }
        (void)closedir(directory);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_grammar),  cmocka_unit_test(test_shipped),
                cmocka_unit_test(test_built_in), cmocka_unit_test(test_built_in_chains),
                cmocka_unit_test(test_example),
        };

        return cmocka_run_group_tests_name("nwfilter-files", tests, NULL, NULL);
}
