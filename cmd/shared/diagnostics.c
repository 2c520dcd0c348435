/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/diagnostics.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shared/cleanup.h"
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

struct diagnostic {
        enum nfw_severity severity;
        const char *code;
        const char *file;
        unsigned int line;
        unsigned int column;
        const char *text;
        const char *hint;
};

static struct diagnostic of_report(const struct nfw_diagnostic *from) {
        return (struct diagnostic){
                .severity = nfw_diagnostic_severity(from),
                .code = nfw_diagnostic_code(from),
                .file = nfw_diagnostic_file(from),
                .line = nfw_diagnostic_line(from),
                .column = nfw_diagnostic_column(from),
                .text = nfw_diagnostic_text(from),
                .hint = nfw_diagnostic_hint(from),
        };
}

static const char *text_of(const json_t *from, const char *key) {
        return json_string_value(json_object_get(from, key));
}

static unsigned int number_of(const json_t *from, const char *key) {
        return (unsigned int)json_integer_value(json_object_get(from, key));
}

/* What another process has written may lack anything. */
static struct diagnostic of_json(const json_t *from) {
        const char *severity = text_of(from, "severity");
        struct diagnostic diagnostic = {
                .severity = NFW_SEVERITY_ERROR,
                .code = text_of(from, "code"),
                .file = text_of(from, "file"),
                .line = number_of(from, "line"),
                .column = number_of(from, "column"),
                .text = text_of(from, "text"),
                .hint = text_of(from, "hint"),
        };

        for (int i = 0; severity && i <= NFW_SEVERITY_ERROR; i++)
                if (strcmp(severities[i].name, severity) == 0)
                        diagnostic.severity = (enum nfw_severity)i;
        return diagnostic;
}

/* FILE:LINE:COLUMN, or the program where there is no file. */
static void print_position(const struct cli *cli, FILE *stream, const struct diagnostic *diagnostic) {
        text_put(stream, diagnostic->file ? diagnostic->file : cli->program);
        if (!diagnostic->file || diagnostic->line == 0)
                return;
        fprintf(stream, ":%u", diagnostic->line);
        if (diagnostic->column > 0)
                fprintf(stream, ":%u", diagnostic->column);
}

static void print(const struct cli *cli, FILE *stream, const struct diagnostic *diagnostic) {
        bool colored = stream == stderr ? cli->color_err : cli->color_out;

        if (cli->quiet && diagnostic->severity == NFW_SEVERITY_NOTE)
                return;
        if (colored)
                fputs(COLOR_BOLD, stream);
        print_position(cli, stream, diagnostic);
        fprintf(stream, ": %s%s%s:%s ", colored ? COLOR_OFF : "",
                colored ? severities[diagnostic->severity].color : "", severities[diagnostic->severity].name,
                colored ? COLOR_OFF : "");
        if (diagnostic->text)
                text_put(stream, diagnostic->text);
        if (diagnostic->code)
                fprintf(stream, " [%s]", diagnostic->code);
        fputc('\n', stream);
        if (diagnostic->hint) {
                fputs("    hint: ", stream);
                text_put(stream, diagnostic->hint);
                fputc('\n', stream);
        }
}

void diagnostics_print(const struct cli *cli, const struct nfw_report *report) {
        size_t n = nfw_report_n_diagnostics(report);

        /* Where both streams go to one place, what was said before must stand before. */
        fflush(stdout);
        for (size_t i = 0; i < n; i++) {
                const struct diagnostic diagnostic = of_report(nfw_report_diagnostic(report, i));

                print(cli, stderr, &diagnostic);
        }
}

void diagnostics_print_array(const struct cli *cli, FILE *stream, const json_t *array) {
        if (stream == stderr)
                fflush(stdout);
        for (size_t i = 0; i < json_array_size(array); i++) {
                const struct diagnostic diagnostic = of_json(json_array_get(array, i));

                print(cli, stream, &diagnostic);
        }
}

static json_t *to_json(const struct diagnostic *diagnostic) {
        return json_pack("{s:s, s:o, s:o, s:i, s:i, s:o, s:o}", "severity",
                         severities[diagnostic->severity].name, "code", text_json(diagnostic->code), "file",
                         text_json(diagnostic->file), "line", (int)diagnostic->line, "column",
                         (int)diagnostic->column, "text", text_json(diagnostic->text), "hint",
                         text_json(diagnostic->hint));
}

json_t *diagnostics_json(const struct nfw_report *report) {
        json_t *array = json_array();
        size_t n = report ? nfw_report_n_diagnostics(report) : 0;

        for (size_t i = 0; array && i < n; i++) {
                const struct diagnostic diagnostic = of_report(nfw_report_diagnostic(report, i));

                if (json_array_append_new(array, to_json(&diagnostic)) < 0) {
                        json_decref(array);
                        array = NULL;
                }
        }
        return array;
}

json_t *diagnostics_make(enum nfw_severity severity, const char *code, const char *text, const char *hint) {
        const struct diagnostic diagnostic = {
                .severity = severity, .code = code, .text = text, .hint = hint
        };

        return to_json(&diagnostic);
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

/* Takes the reference to the diagnostics. */
static int finish_json(const struct cli *cli, json_t *diagnostics, int result) {
        int r;

        r = diagnostics_put_json(
                cli,
                json_pack("{s:s, s:o}", "outcome", diagnostics_outcome(result), "diagnostics", diagnostics),
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
                return finish_json(cli, diagnostics_json(report), result);

        diagnostics_print(cli, report);
        if (result != 0 && nfw_report_has_errors(report))
                return diagnostics_status(result);
        if (result < 0)
                return cli_failure(cli, result, about);
        if (result > 0 && result < N_CONDITIONS)
                cli_error(cli, "%s: %s", about, conditions[result].sentence);
        return diagnostics_status(result);
}

int diagnostics_finish_array(const struct cli *cli, json_t *array, int result, const char *sentence) {
        bool has_errors = false;

        if (cli->json && result >= 0)
                return finish_json(cli, json_incref(array), result);

        diagnostics_print_array(cli, stderr, array);
        for (size_t i = 0; i < json_array_size(array); i++)
                has_errors |= of_json(json_array_get(array, i)).severity == NFW_SEVERITY_ERROR;
        if (result != 0 && !has_errors)
                cli_error(cli, "%s", sentence);
        return diagnostics_status(result);
}

int diagnostics_refuse(const struct cli *cli,
                       enum nfw_condition condition,
                       const char *code,
                       const char *text,
                       const char *hint) {
        CLEANUP(json)
        json_t *array = json_pack("[o]", diagnostics_make(NFW_SEVERITY_ERROR, code, text, hint));

        if (!array)
                return cli_failure(cli, -ENOMEM, NULL);
        return diagnostics_finish_array(cli, array, condition, text);
}
