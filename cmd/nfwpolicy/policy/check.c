/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "nfwpolicy/commands.h"
#include "shared/cleanup.h"
#include "shared/diagnostics.h"
#include "shared/read.h"
#include "shared/text.h"

static json_t *file_json(const char *file,
                         int result,
                         const struct nfw_policy *policy,
                         const struct nfw_report *report) {
        return json_pack("{s:o, s:b, s:o, s:o, s:o, s:o}", "file", text_json(file), "valid", result == 0,
                         "rules", policy ? json_integer((json_int_t)nfw_policy_n_rules(policy)) : json_null(),
                         "domains", policy ? json_boolean(nfw_policy_has_domains(policy)) : json_null(),
                         "failure", text_json(result < 0 ? strerror(-result) : NULL), "diagnostics",
                         diagnostics_json(report));
}

/* Appends to the array unless that is NULL. */
static int check_file(const struct cli *cli, const char *path, json_t *array) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(policy) struct nfw_policy *policy = NULL;
        const char *file = read_display_name(path);
        int r;

        r = nfw_report_new(&report);
        if (r < 0)
                return cli_failure(cli, r, NULL);

        r = read_policy(path, report, &policy);
        if (array) {
                if (json_array_append_new(array, file_json(file, r, policy, report)) < 0)
                        return cli_failure(cli, -ENOMEM, NULL);
                return diagnostics_status(r);
        }

        diagnostics_print(cli, report);
        /* the errors say it already */
        if (r < 0 && !nfw_report_has_errors(report))
                return cli_failure(cli, r, file);
        if (r == 0) {
                size_t n_rules = nfw_policy_n_rules(policy);

                cli_say(cli, "%s: valid, %zu %s", file, n_rules, n_rules == 1 ? "rule" : "rules");
        }
        return diagnostics_status(r);
}

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        json_t *array = NULL;
        int worst = CLI_EXIT_FINE;

        (void)arguments;
        if (cli->json) {
                array = json_array();
                if (!array)
                        return cli_failure(cli, -ENOMEM, NULL);
        }
        for (size_t i = 0; i < n_operands; i++) {
                int status = check_file(cli, operands[i], array);

                if (status > worst)
                        worst = status;
        }
        if (array) {
                int status = diagnostics_put_json(cli, array, 2);

                if (status > worst)
                        worst = status;
        }
        return worst;
}

const struct command command_check = {
        .name = "check",
        .summary = "say what is wrong with policy files",
        .synopsis = "FILE...",
        .description = "Reads policy files and prints everything that is wrong with them, each problem as\n"
                       "FILE:LINE:COLUMN. The file - is standard input. Needs no privileges.",
        .example = "  nfwpolicy check web.yaml build.yaml",
        .is_immediate = true,
        .operand = "FILE",
        .min_operands = 1,
        .max_operands = OPERANDS_ANY,
        .run = run,
};
