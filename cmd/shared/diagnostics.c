/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/diagnostics.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shared/text.h"

#define COLOR_BOLD "\x1b[1m"
#define COLOR_OFF  "\x1b[0m"

/* In the order of enum nfw_severity. */
static const struct {
        const char *name;
        const char *color;
} severities[] = {
        { "note", "\x1b[1;36m" },
        { "warning", "\x1b[1;35m" },
        { "error", "\x1b[1;31m" },
};

/* By enum nfw_condition; 0 is success. */
static const struct {
        const char *outcome;
        const char *sentence;
} conditions[] = {
        [0] = { "ok", NULL },
        [NFW_E_INVALID] = { "invalid", "is not valid" },
        [NFW_E_REFUSED] = { "refused", "cannot be enforced here" },
        [NFW_E_NOT_FOUND] = { "not-found", "there is no such policy or port" },
        [NFW_E_IN_USE] = { "in-use", "is in use" },
        [NFW_E_DIFFERS] = { "differs", "the kernel holds something else than what was compiled" },
        [NFW_E_EMPTY] = { "empty", "there is nothing" },
};

#define N_CONDITIONS (int)(sizeof(conditions) / sizeof(conditions[0]))

static void print_position(const struct cli *cli, const char *file, unsigned int line, unsigned int column) {
        if (cli->color_err)
                fputs(COLOR_BOLD, stderr);
        text_put(stderr, file ? file : cli->program);
        if (file && line > 0)
                fprintf(stderr, ":%u", line);
        if (file && line > 0 && column > 0)
                fprintf(stderr, ":%u", column);
        fputs(": ", stderr);
        if (cli->color_err)
                fputs(COLOR_OFF, stderr);
}

static void print_message(const struct cli *cli,
                          enum nfw_severity severity,
                          const char *text,
                          const char *code,
                          const char *hint) {
        fprintf(stderr, "%s%s:%s ", cli->color_err ? severities[severity].color : "",
                severities[severity].name, cli->color_err ? COLOR_OFF : "");
        text_put(stderr, text);
        if (code)
                fprintf(stderr, " [%s]", code);
        fputc('\n', stderr);
        if (hint) {
                fputs("    hint: ", stderr);
                text_put(stderr, hint);
                fputc('\n', stderr);
        }
}

void diagnostics_print(const struct cli *cli, const struct nfw_report *report) {
        size_t n = nfw_report_n_diagnostics(report);

        /* Where both streams go to one place, what was said before must stand before. */
        fflush(stdout);
        for (size_t i = 0; i < n; i++) {
                const struct nfw_diagnostic *diagnostic = nfw_report_diagnostic(report, i);

                if (cli->quiet && nfw_diagnostic_severity(diagnostic) == NFW_SEVERITY_NOTE)
                        continue;
                print_position(cli, nfw_diagnostic_file(diagnostic), nfw_diagnostic_line(diagnostic),
                               nfw_diagnostic_column(diagnostic));
                print_message(cli, nfw_diagnostic_severity(diagnostic), nfw_diagnostic_text(diagnostic),
                              nfw_diagnostic_code(diagnostic), nfw_diagnostic_hint(diagnostic));
        }
}

static json_t *diagnostic_json(const struct nfw_diagnostic *diagnostic) {
        return json_pack("{s:s, s:o, s:o, s:i, s:i, s:o, s:o}", "severity",
                         severities[nfw_diagnostic_severity(diagnostic)].name, "code",
                         text_json(nfw_diagnostic_code(diagnostic)), "file",
                         text_json(nfw_diagnostic_file(diagnostic)), "line",
                         (int)nfw_diagnostic_line(diagnostic), "column",
                         (int)nfw_diagnostic_column(diagnostic), "text",
                         text_json(nfw_diagnostic_text(diagnostic)), "hint",
                         text_json(nfw_diagnostic_hint(diagnostic)));
}

json_t *diagnostics_json(const struct nfw_report *report) {
        json_t *array = json_array();
        size_t n = nfw_report_n_diagnostics(report);

        for (size_t i = 0; array && i < n; i++)
                if (json_array_append_new(array, diagnostic_json(nfw_report_diagnostic(report, i))) < 0) {
                        json_decref(array);
                        array = NULL;
                }
        return array;
}

const char *diagnostics_outcome(int result) {
        if (result < 0 || result >= N_CONDITIONS)
                return "error";
        return conditions[result].outcome;
}

int diagnostics_status(int result) {
        if (result < 0)
                return CLI_EXIT_TROUBLE;
        return result == 0 ? CLI_EXIT_FINE : CLI_EXIT_NO;
}

int diagnostics_put_json(const struct cli *cli, json_t *json, size_t indent) {
        int r;

        if (!json)
                return cli_failure(cli, -ENOMEM, NULL);
        r = json_dumpf(json, stdout, JSON_INDENT(indent) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
        json_decref(json);
        if (r == 0)
                putchar('\n');
        /* what goes wrong on stdout is told once, at the end */
        return CLI_EXIT_FINE;
}

static int finish_json(const struct cli *cli, const struct nfw_report *report, int result) {
        int r;

        r = diagnostics_put_json(cli,
                                 json_pack("{s:s, s:o}", "outcome", diagnostics_outcome(result),
                                           "diagnostics", diagnostics_json(report)),
                                 0);
        return r ? r : diagnostics_status(result);
}

int diagnostics_finish(const struct cli *cli,
                       const struct nfw_report *report,
                       int result,
                       const char *about) {
        /* A missing privilege explains everything else that may be in the report. */
        if (result == -EPERM)
                return cli_failure(cli, result, about);
        if (cli->json && result >= 0)
                return finish_json(cli, report, result);

        diagnostics_print(cli, report);
        if (result != 0 && nfw_report_has_errors(report))
                return diagnostics_status(result);
        if (result < 0)
                return cli_failure(cli, result, about);
        if (result > 0 && result < N_CONDITIONS)
                cli_error(cli, "%s: %s", about, conditions[result].sentence);
        return diagnostics_status(result);
}

int diagnostics_refuse(const struct cli *cli,
                       enum nfw_condition condition,
                       const char *code,
                       const char *text,
                       const char *hint) {
        json_t *diagnostic;

        if (!cli->json) {
                fflush(stdout);
                print_position(cli, NULL, 0, 0);
                print_message(cli, NFW_SEVERITY_ERROR, text, code, hint);
                return CLI_EXIT_NO;
        }
        diagnostic = json_pack("{s:s, s:s, s:n, s:i, s:i, s:o, s:o}", "severity",
                               severities[NFW_SEVERITY_ERROR].name, "code", code, "file", "line", 0, "column",
                               0, "text", text_json(text), "hint", text_json(hint));
        diagnostics_put_json(cli,
                             json_pack("{s:s, s:[o]}", "outcome", diagnostics_outcome(condition),
                                       "diagnostics", diagnostic),
                             0);
        return CLI_EXIT_NO;
}
