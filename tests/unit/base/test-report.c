/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/report.h"

static void test_add_keeps_copies(void **state nfw_unused) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        char code[] = "policy/unknown-key", file[] = "a.yaml", hint[] = "did you mean `domains`?";
        struct nfw_pos pos = { .file = file, .line = 3, .column = 7 };
        const struct nfw_diagnostic *diagnostic;

        assert_int_equal(nfw_report_new(&report), 0);
        assert_int_equal(nfw_report_error(report, code, &pos, hint, "`%s` is wrong", "domain"), 0);
        memset(code, 'x', sizeof(code) - 1);
        memset(file, 'x', sizeof(file) - 1);
        memset(hint, 'x', sizeof(hint) - 1);

        diagnostic = nfw_report_diagnostic(report, 0);
        assert_non_null(diagnostic);
        assert_int_equal(nfw_diagnostic_severity(diagnostic), NFW_SEVERITY_ERROR);
        assert_string_equal(nfw_diagnostic_code(diagnostic), "policy/unknown-key");
        assert_string_equal(nfw_diagnostic_file(diagnostic), "a.yaml");
        assert_int_equal(nfw_diagnostic_line(diagnostic), 3);
        assert_int_equal(nfw_diagnostic_column(diagnostic), 7);
        assert_string_equal(nfw_diagnostic_text(diagnostic), "`domain` is wrong");
        assert_string_equal(nfw_diagnostic_hint(diagnostic), "did you mean `domains`?");
}

static void test_only_errors_are_errors(void **state nfw_unused) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;

        assert_int_equal(nfw_report_new(&report), 0);
        assert_int_equal(nfw_report_note(report, "a/note", NULL, NULL, "note"), 0);
        assert_int_equal(nfw_report_warning(report, "a/warning", NULL, NULL, "warning"), 0);
        assert_false(nfw_report_has_errors(report));
        assert_int_equal(nfw_report_error(report, "an/error", NULL, NULL, "error"), 0);
        assert_true(nfw_report_has_errors(report));
        assert_int_equal(nfw_report_n_diagnostics(report), 3);
        assert_int_equal(nfw_diagnostic_severity(nfw_report_diagnostic(report, 1)), NFW_SEVERITY_WARNING);
}

static void test_without_position_and_hint(void **state nfw_unused) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        const struct nfw_diagnostic *diagnostic;

        assert_int_equal(nfw_report_new(&report), 0);
        assert_int_equal(nfw_report_note(report, "a/note", NULL, NULL, "note"), 0);
        diagnostic = nfw_report_diagnostic(report, 0);
        assert_null(nfw_diagnostic_file(diagnostic));
        assert_null(nfw_diagnostic_hint(diagnostic));
        assert_int_equal(nfw_diagnostic_line(diagnostic), 0);
        assert_int_equal(nfw_diagnostic_column(diagnostic), 0);
        assert_null(nfw_report_diagnostic(report, 1));
}

static void test_clear_and_reuse(void **state nfw_unused) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;

        assert_int_equal(nfw_report_new(&report), 0);
        for (int i = 0; i < 100; i++)
                assert_int_equal(nfw_report_error(report, "an/error", NULL, NULL, "number %d", i), 0);
        nfw_report_clear(report);
        assert_int_equal(nfw_report_n_diagnostics(report), 0);
        assert_false(nfw_report_has_errors(report));
        assert_int_equal(nfw_report_note(report, "a/note", NULL, NULL, "again"), 0);
        assert_string_equal(nfw_diagnostic_text(nfw_report_diagnostic(report, 0)), "again");
}

static void test_diagnostics_stay_in_place(void **state nfw_unused) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        const struct nfw_diagnostic *first;

        assert_int_equal(nfw_report_new(&report), 0);
        assert_int_equal(nfw_report_note(report, "a/note", NULL, NULL, "first"), 0);
        first = nfw_report_diagnostic(report, 0);
        for (int i = 0; i < 1000; i++)
                assert_int_equal(nfw_report_note(report, "a/note", NULL, NULL, "more"), 0);
        assert_ptr_equal(nfw_report_diagnostic(report, 0), first);
        assert_string_equal(nfw_diagnostic_text(first), "first");
}

static void test_null(void **state nfw_unused) {
        assert_int_equal(nfw_report_error(NULL, "an/error", NULL, NULL, "nobody reads it"), 0);
        assert_null(nfw_report_free(NULL));
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_add_keeps_copies),
                cmocka_unit_test(test_only_errors_are_errors),
                cmocka_unit_test(test_without_position_and_hint),
                cmocka_unit_test(test_clear_and_reuse),
                cmocka_unit_test(test_diagnostics_stay_in_place),
                cmocka_unit_test(test_null),
        };

        return cmocka_run_group_tests_name("base/report", tests, NULL, NULL);
}
