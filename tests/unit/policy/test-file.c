/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/reader.h"
#include "read.h"

static const char valid[] = "{version: 1.0, rules: [{name: a, action: allow, priority: 1}]}\n";

static int read_path(const char *path, size_t *ret_n_diagnostics) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
        int r;

        assert_int_equal(nfw_report_new(&report), 0);
        r = nfw_policy_read_file(path, report, &policy);
        *ret_n_diagnostics = nfw_report_n_diagnostics(report);
        assert_int_equal(r == 0, policy != NULL);
        if (policy) {
                assert_string_equal(policy->file, path);
                assert_int_equal(policy->source_size, strlen(valid));
                assert_memory_equal(policy->source, valid, strlen(valid));
        }
        return r;
}

static void test_file(void **state nfw_unused) {
        char path[] = "/tmp/nfw-test-XXXXXX";
        size_t n;
        int fd;

        fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, valid, strlen(valid)), strlen(valid));
        assert_int_equal(read_path(path, &n), 0);
        assert_int_equal(n, 0);

        assert_int_equal(ftruncate(fd, (off_t)NFW_POLICY_SIZE_MAX + 1), 0);
        assert_int_equal(read_path(path, &n), NFW_E_INVALID);
        assert_int_equal(n, 1);

        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(read_path(path, &n), NFW_E_INVALID);
        assert_int_equal(n, 1);

        (void)close(fd);
        (void)unlink(path);
}

/* As from `<(...)` in a shell. */
static void test_pipe(void **state nfw_unused) {
        char path[64];
        int fds[2];
        size_t n;

        assert_int_equal(pipe(fds), 0);
        assert_int_equal(write(fds[1], valid, strlen(valid)), strlen(valid));
        (void)close(fds[1]);
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
        assert_int_equal(read_path(path, &n), 0);
        (void)close(fds[0]);
}

static void test_unreadable(void **state nfw_unused) {
        size_t n;

        assert_int_equal(read_path("/tmp", &n), -EISDIR);
        assert_int_equal(n, 0);
        assert_int_equal(read_path("/nonexistent/policy.yaml", &n), -ENOENT);
        assert_int_equal(n, 0);
        assert_int_equal(read_path("/dev/zero", &n), NFW_E_INVALID); /* it has no end */
        assert_int_equal(n, 1);
}

/* What the project offers as examples is valid, and says nothing that a reader would stumble over. */
static void test_examples(void **state nfw_unused) {
        static const struct {
                const char *file;
                size_t n_rules;
                bool has_domains;
        } examples[] = {
                { "github.yaml", 3, true },        { "developer.yaml", 2, false },
                { "packages.yaml", 1, true },      { "hardened.yaml", 2, false },
                { "lima-user-v2.yaml", 6, false },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(examples); i++) {
                nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
                nfw_cleanup(nfw_policy_freep) struct nfw_policy *policy = NULL;
                char path[512];

                (void)snprintf(path, sizeof(path), NFW_TEST_SOURCE "/data/examples/%s", examples[i].file);
                assert_int_equal(nfw_report_new(&report), 0);
                assert_int_equal(nfw_policy_read_file(path, report, &policy), 0);
                assert_int_equal(nfw_policy_n_rules(policy), examples[i].n_rules);
                assert_int_equal(nfw_policy_has_domains(policy), examples[i].has_domains);
                for (size_t j = 0; j < nfw_report_n_diagnostics(report); j++)
                        assert_int_equal(nfw_diagnostic_severity(nfw_report_diagnostic(report, j)),
                                         NFW_SEVERITY_NOTE);
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_file),
                cmocka_unit_test(test_pipe),
                cmocka_unit_test(test_unreadable),
                cmocka_unit_test(test_examples),
        };

        return cmocka_run_group_tests_name("policy/file", tests, NULL, NULL);
}
