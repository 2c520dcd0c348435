/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

struct nfw_diagnostic {
        enum nfw_severity severity;
        unsigned int line;
        unsigned int column;
        char *code;
        char *file;
        char *text;
        char *hint;
};

/* Pointers, so that a diagnostic that was handed out stays where it is when more are added. */
struct nfw_report {
        NFW_VEC(struct nfw_diagnostic *) diagnostics;
        size_t n_errors;
};

static struct nfw_diagnostic *diagnostic_free(struct nfw_diagnostic *diagnostic) {
        if (!diagnostic)
                return NULL;

        free(diagnostic->code);
        free(diagnostic->file);
        free(diagnostic->text);
        free(diagnostic->hint);
        free(diagnostic);
        return NULL;
}

NFW_DEFINE_CLEANUP(struct nfw_diagnostic, diagnostic_free)

static int copy_string(const char *string, char **ret_copy) {
        char *copy = NULL;

        if (string) {
                copy = strdup(string);
                if (!copy)
                        return -ENOMEM;
        }

        *ret_copy = copy;
        return 0;
}

/**
 * nfw_report_new() - make an empty report
 * @ret_report: the new report; the caller frees it with nfw_report_free()
 *
 * Return: 0, or -ENOMEM.
 */
nfw_public int nfw_report_new(struct nfw_report **ret_report) {
        struct nfw_report *report;

        report = calloc(1, sizeof(*report));
        if (!report)
                return -ENOMEM;

        *ret_report = report;
        return 0;
}

/**
 * nfw_report_free() - free a report with all its diagnostics
 * @report: the report, or NULL
 *
 * Return: NULL.
 */
nfw_public struct nfw_report *nfw_report_free(struct nfw_report *report) {
        if (!report)
                return NULL;

        nfw_report_clear(report);
        nfw_vec_deinit(&report->diagnostics);
        free(report);
        return NULL;
}

/**
 * nfw_report_clear() - forget all diagnostics, so that the report can be used again
 * @report: the report
 */
nfw_public void nfw_report_clear(struct nfw_report *report) {
        nfw_report_truncate(report, 0);
}

void nfw_report_truncate(struct nfw_report *report, size_t n) {
        if (!report)
                return;
        while (report->diagnostics.n > n) {
                struct nfw_diagnostic *diagnostic = report->diagnostics.items[--report->diagnostics.n];

                report->n_errors -= diagnostic->severity == NFW_SEVERITY_ERROR;
                diagnostic_free(diagnostic);
        }
}

int nfw_report_add_v(struct nfw_report *report,
                     enum nfw_severity severity,
                     const char *code,
                     const struct nfw_pos *pos,
                     const char *hint,
                     const char *format,
                     va_list arguments) {
        nfw_cleanup(diagnostic_freep) struct nfw_diagnostic *diagnostic = NULL;
        int r;

        if (!report)
                return 0;

        diagnostic = calloc(1, sizeof(*diagnostic));
        if (!diagnostic)
                return -ENOMEM;

        diagnostic->severity = severity;
        diagnostic->line = pos ? pos->line : 0;
        diagnostic->column = pos ? pos->column : 0;

        r = copy_string(code, &diagnostic->code);
        if (r < 0)
                return r;
        r = copy_string(pos ? pos->file : NULL, &diagnostic->file);
        if (r < 0)
                return r;
        r = copy_string(hint, &diagnostic->hint);
        if (r < 0)
                return r;

        r = vasprintf(&diagnostic->text, format, arguments);
        if (r < 0) {
                diagnostic->text = NULL; /* vasprintf() leaves it undefined */
                return -ENOMEM;
        }

        r = nfw_vec_push(&report->diagnostics, diagnostic);
        if (r < 0)
                return r;

        diagnostic = NULL;
        if (severity == NFW_SEVERITY_ERROR)
                report->n_errors++;
        return 0;
}

int nfw_report_add(struct nfw_report *report,
                   enum nfw_severity severity,
                   const char *code,
                   const struct nfw_pos *pos,
                   const char *hint,
                   const char *format,
                   ...) {
        va_list arguments;
        int r;

        va_start(arguments, format);
        r = nfw_report_add_v(report, severity, code, pos, hint, format, arguments);
        va_end(arguments);
        return r;
}

/**
 * nfw_report_n_diagnostics() - how many diagnostics there are, whatever their severity
 * @report: the report
 *
 * Return: the number.
 */
nfw_public size_t nfw_report_n_diagnostics(const struct nfw_report *report) {
        return report->diagnostics.n;
}

/**
 * nfw_report_has_errors() - whether something was refused
 * @report: the report
 *
 * Return: true where at least one diagnostic is of NFW_SEVERITY_ERROR.
 */
nfw_public bool nfw_report_has_errors(const struct nfw_report *report) {
        return report->n_errors > 0;
}

/**
 * nfw_report_diagnostic() - one diagnostic, in the order in which they were found
 * @report: the report, which keeps the diagnostic
 * @index:  counts from 0
 *
 * Return: the diagnostic, valid until the report is cleared or freed; NULL where there are not that many.
 */
nfw_public const struct nfw_diagnostic *nfw_report_diagnostic(const struct nfw_report *report, size_t index) {
        return index < report->diagnostics.n ? report->diagnostics.items[index] : NULL;
}

/**
 * nfw_diagnostic_severity() - how much it matters
 * @diagnostic: the diagnostic
 *
 * Return: the severity.
 */
nfw_public enum nfw_severity nfw_diagnostic_severity(const struct nfw_diagnostic *diagnostic) {
        return diagnostic->severity;
}

/**
 * nfw_diagnostic_code() - the stable word for this kind of problem
 * @diagnostic: the diagnostic
 *
 * Texts may become clearer from release to release; the code, such as "policy/unknown-key", stays.
 *
 * Return: the code; it lives as long as the diagnostic.
 */
nfw_public const char *nfw_diagnostic_code(const struct nfw_diagnostic *diagnostic) {
        return diagnostic->code;
}

/**
 * nfw_diagnostic_file() - the file that it is about
 * @diagnostic: the diagnostic
 *
 * Return: the name as it was given to the library, living as long as the diagnostic; NULL where it is not about
 * a file.
 */
nfw_public const char *nfw_diagnostic_file(const struct nfw_diagnostic *diagnostic) {
        return diagnostic->file;
}

/**
 * nfw_diagnostic_line() - the line in the file
 * @diagnostic: the diagnostic
 *
 * Return: the line, counting from 1; 0 where it is not known.
 */
nfw_public unsigned int nfw_diagnostic_line(const struct nfw_diagnostic *diagnostic) {
        return diagnostic->line;
}

/**
 * nfw_diagnostic_column() - the column in the line
 * @diagnostic: the diagnostic
 *
 * Return: the column in characters, counting from 1; 0 where it is not known.
 */
nfw_public unsigned int nfw_diagnostic_column(const struct nfw_diagnostic *diagnostic) {
        return diagnostic->column;
}

/**
 * nfw_diagnostic_text() - what is the matter, in one sentence
 * @diagnostic: the diagnostic
 *
 * Return: the text, without a position and without a newline; it lives as long as the diagnostic.
 */
nfw_public const char *nfw_diagnostic_text(const struct nfw_diagnostic *diagnostic) {
        return diagnostic->text;
}

/**
 * nfw_diagnostic_hint() - what to do about it
 * @diagnostic: the diagnostic
 *
 * Return: the hint, living as long as the diagnostic; NULL where there is none.
 */
nfw_public const char *nfw_diagnostic_hint(const struct nfw_diagnostic *diagnostic) {
        return diagnostic->hint;
}
