/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an outsider does with the library. It is compiled as C and as C++. */
#include <stdio.h>
#include <string.h>

#include <nfwpolicy/nfwpolicy.h>

int main(int argc, char **argv) {
        static const char broken[] =
                "version: \"1.0\"\nrules:\n  - name: web\n    acton: allow\n    priority: 1\n";
        struct nfw_policy *policy = NULL;
        struct nfw_report *report = NULL;
        const struct nfw_diagnostic *diagnostic;

        if (argc != 2 || nfw_report_new(&report) < 0)
                return 2;
        if (nfw_policy_read_file(argv[1], report, &policy) != 0)
                return 3;
        printf("rules %zu, domains %d\n", nfw_policy_n_rules(policy), (int)nfw_policy_has_domains(policy));
        policy = nfw_policy_free(policy);

        nfw_report_clear(report);
        if (nfw_policy_read_buffer("broken.yaml", broken, strlen(broken), report, &policy) != NFW_E_INVALID)
                return 4;
        for (size_t i = 0; i < nfw_report_n_diagnostics(report); i++) {
                diagnostic = nfw_report_diagnostic(report, i);
                printf("%s:%u:%u %s\n", nfw_diagnostic_file(diagnostic), nfw_diagnostic_line(diagnostic),
                       nfw_diagnostic_column(diagnostic), nfw_diagnostic_code(diagnostic));
        }
        printf("errors %d, policy %d\n", (int)nfw_report_has_errors(report), policy != NULL);
        nfw_report_free(report);
        return 0;
}
