/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "policy/policy.h"

static inline void print_report(const struct nfw_report *report) {
        for (size_t i = 0; i < nfw_report_n_diagnostics(report); i++) {
                const struct nfw_diagnostic *diagnostic = nfw_report_diagnostic(report, i);

                print_message("# %s:%u:%u: %s: %s\n", nfw_diagnostic_file(diagnostic),
                              nfw_diagnostic_line(diagnostic), nfw_diagnostic_column(diagnostic),
                              nfw_diagnostic_code(diagnostic), nfw_diagnostic_text(diagnostic));
        }
}

/* Reads what must be valid. The caller frees the policy and, where it wants one, the report. */
static inline struct nfw_policy *read_valid(const char *text, struct nfw_report **ret_report) {
        struct nfw_report *report = NULL;
        struct nfw_policy *policy = NULL;

        assert_int_equal(nfw_report_new(&report), 0);
        if (nfw_policy_read_buffer("test.yaml", text, strlen(text), report, &policy) != 0) {
                print_report(report);
                fail_msg("refused: %s", text);
        }
        assert_non_null(policy);
        assert_false(nfw_report_has_errors(report));
        if (ret_report)
                *ret_report = report;
        else
                nfw_report_free(report);
        return policy;
}

/* Whether the report has the code at the position; a line of 0 means any. */
static inline bool has_code(const struct nfw_report *report,
                            enum nfw_severity severity,
                            const char *code,
                            unsigned int line,
                            unsigned int column) {
        for (size_t i = 0; i < nfw_report_n_diagnostics(report); i++) {
                const struct nfw_diagnostic *diagnostic = nfw_report_diagnostic(report, i);

                if (nfw_diagnostic_severity(diagnostic) == severity &&
                    strcmp(nfw_diagnostic_code(diagnostic), code) == 0 &&
                    (line == 0 || (nfw_diagnostic_line(diagnostic) == line &&
                                   nfw_diagnostic_column(diagnostic) == column)))
                        return true;
        }
        return false;
}
