/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>

#include "filters.h"

#define GRAMMAR  NFW_TEST_SOURCE "/tests/data/nwfilter/grammar"
#define BUILT_IN NFW_TEST_SOURCE "/data/filters"
#define INVALID  "-invalid.xml"

/* Ends a line that something is wrong with, before the code of the diagnostic. */
#define MARK       " <!-- says: "

#define MAX_ERRORS 8

struct expected {
        unsigned int lines[MAX_ERRORS];
        char codes[MAX_ERRORS][64];
        size_t n;
};

static char *read_text(const char *directory, const char *name) {
        char path[1024];
        char *text = NULL;
        size_t size = 0;
        FILE *file;

        (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
        file = fopen(path, "re");
        if (!file)
                fail_msg("%s cannot be opened", path);
        assert_true(getdelim(&text, &size, '\0', file) > 0);
        assert_int_equal(fclose(file), 0);
        return text;
}

static int read_file(const char *directory,
                     const char *name,
                     struct nfw_report *report,
                     struct nfw_nwfilter **ret_filter) {
        nfw_cleanup(nfw_freep) char *text = read_text(directory, name);

        return nfw_nwfilter_read(name, text, strlen(text), report, ret_filter);
}

/* What the marks say; the lines that have one become empty. */
static void take_marks(char *text, struct expected *ret_expected) {
        unsigned int number = 1;

        *ret_expected = (struct expected){ 0 };
        for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1, number++) {
                char *mark = memmem(line, (size_t)(end - line), MARK, strlen(MARK));
                size_t n = ret_expected->n;

                if (!mark)
                        continue;
                assert_true(n < MAX_ERRORS);
                assert_int_equal(sscanf(mark + strlen(MARK), "%63s", ret_expected->codes[n]), 1);
                ret_expected->lines[n] = number;
                ret_expected->n++;
                memset(line, ' ', (size_t)(end - line));
        }
}

static bool ends_with(const char *text, const char *end) {
        return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

static void check_errors(const struct nfw_report *report, const struct expected *expected) {
        assert_int_equal(nfw_report_n_diagnostics(report), expected->n);
        for (size_t i = 0; i < expected->n; i++) {
                const struct nfw_diagnostic *diagnostic = nfw_report_diagnostic(report, i);

                assert_string_equal(nfw_diagnostic_code(diagnostic), expected->codes[i]);
                assert_int_equal(nfw_diagnostic_line(diagnostic), expected->lines[i]);
                assert_true(nfw_diagnostic_column(diagnostic) > 0);
        }
}

/* Each line with a mistake in it is told, and without these lines nothing is wrong. */
static void check_file(const char *directory, const char *name) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *filter = NULL;
        nfw_cleanup(nfw_freep) char *text = read_text(directory, name);
        struct expected expected;

        assert_int_equal(nfw_report_new(&report), 0);
        if (ends_with(name, INVALID)) {
                assert_int_equal(nfw_nwfilter_read(name, text, strlen(text), report, &filter), NFW_E_INVALID);
                print_report(report);
                take_marks(text, &expected);
                assert_true(expected.n > 0);
                check_errors(report, &expected);
                nfw_report_clear(report);
        }
        if (nfw_nwfilter_read(name, text, strlen(text), report, &filter) != 0) {
                print_report(report);
                fail_msg("%s is not valid", name);
        }
        assert_false(nfw_report_has_errors(report));
        assert_round_trip(filter);
}

static size_t check_directory(const char *path) {
        struct dirent *entry;
        size_t n = 0;
        DIR *directory;

        directory = opendir(path);
        assert_non_null(directory);
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

static void test_built_in(void **state nfw_unused) {
        assert_int_equal(check_directory(BUILT_IN), 24);
}

static void test_example(void **state nfw_unused) {
        check_file(NFW_TEST_SOURCE "/data/examples", "no-out-traffic.xml");
}

/* Chains and their priorities decide over verdicts, so they are those of libvirt's filters. */
static const struct {
        const char *name, *chain;
        int priority;
        size_t n_entries;
} built_in[] = {
        { "allow-arp", "arp", -500, 1 },
        { "allow-dhcp-server", "ipv4", -700, 2 },
        { "allow-dhcp", "ipv4", -700, 2 },
        { "allow-dhcpv6-server", "ipv6", -600, 2 },
        { "allow-dhcpv6", "ipv6", -600, 2 },
        { "allow-incoming-ipv4", "ipv4", -700, 1 },
        { "allow-incoming-ipv6", "ipv6", -600, 1 },
        { "allow-ipv4", "ipv4", -700, 1 },
        { "allow-ipv6", "ipv6", -600, 1 },
        { "clean-traffic-gateway", "root", 0, 8 },
        { "clean-traffic", "root", 0, 8 },
        { "no-arp-ip-spoofing", "arp-ip", -510, 2 },
        { "no-arp-mac-spoofing", "arp-mac", -520, 2 },
        { "no-arp-spoofing", "root", 0, 2 },
        { "no-ip-multicast", "ipv4", -700, 1 },
        { "no-ip-spoofing", "ipv4-ip", -710, 3 },
        { "no-ipv6-multicast", "ipv6", -600, 1 },
        { "no-ipv6-spoofing", "ipv6-ip", -610, 3 },
        { "no-mac-broadcast", "ipv4", -700, 1 },
        { "no-mac-spoofing", "mac", -800, 2 },
        { "no-other-l2-traffic", "root", 0, 1 },
        { "no-other-rarp-traffic", "rarp", -400, 1 },
        { "qemu-announce-self-rarp", "rarp", -400, 2 },
        { "qemu-announce-self", "root", 0, 3 },
};

static void test_built_in_chains(void **state nfw_unused) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(built_in); i++) {
                nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *filter = NULL;
                char name[64];

                (void)snprintf(name, sizeof(name), "%s.xml", built_in[i].name);
                assert_int_equal(read_file(BUILT_IN, name, NULL, &filter), 0);
                assert_string_equal(filter->name, built_in[i].name);
                assert_string_equal(filter->chain_name, built_in[i].chain);
                assert_int_equal(filter->chain_priority, built_in[i].priority);
                assert_int_equal(filter->entries.n, built_in[i].n_entries);
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_grammar),
                cmocka_unit_test(test_built_in),
                cmocka_unit_test(test_built_in_chains),
                cmocka_unit_test(test_example),
        };

        return cmocka_run_group_tests_name("nwfilter-files", tests, NULL, NULL);
}
