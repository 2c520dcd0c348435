/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/bus/errors.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nfwpolicyd/bus/strings.h"
#include "nfwpolicyd/daemon.h"
#include "shared/cleanup.h"
#include "shared/diagnostics.h"
#include "shared/text.h"

/* By enum nfw_condition. */
static const struct {
        const char *name;
        const char *sentence; /* where the report says nothing */
} conditions[] = {
        [NFW_E_INVALID] = { ERROR_INVALID, "is not valid" },
        [NFW_E_REFUSED] = { ERROR_REFUSED, "cannot be enforced here" },
        [NFW_E_NOT_FOUND] = { ERROR_NOT_FOUND, "there is no such policy or port" },
        [NFW_E_IN_USE] = { ERROR_IN_USE, "is in use" },
        [NFW_E_DIFFERS] = { ERROR_DIFFERS, "the kernel holds something else than what was compiled" },
};

/* In the order of enum nfw_severity. */
static const char *const severities[] = { "note", "warning", "error" };

static bool is_condition(int result) {
        return result > 0 && (size_t)result < sizeof(conditions) / sizeof(conditions[0]);
}

static const char *error_name(int result) {
        return is_condition(result) ? conditions[result].name : ERROR_FAILED;
}

/* The first error, or where there is none the first thing that is said at all. */
static const struct nfw_diagnostic *first_diagnostic(const struct nfw_report *report) {
        size_t n = report ? nfw_report_n_diagnostics(report) : 0;

        for (size_t i = 0; i < n; i++) {
                const struct nfw_diagnostic *diagnostic = nfw_report_diagnostic(report, i);

                if (nfw_diagnostic_severity(diagnostic) == NFW_SEVERITY_ERROR)
                        return diagnostic;
        }
        return n > 0 ? nfw_report_diagnostic(report, 0) : NULL;
}

/* FILE:LINE:COLUMN: TEXT [CODE]; hint: HINT */
static void write_line(FILE *stream, const struct nfw_diagnostic *diagnostic) {
        const char *file = nfw_diagnostic_file(diagnostic);
        const char *hint = nfw_diagnostic_hint(diagnostic);
        unsigned int line = nfw_diagnostic_line(diagnostic);
        unsigned int column = nfw_diagnostic_column(diagnostic);

        if (file) {
                text_put(stream, file);
                if (line > 0)
                        fprintf(stream, ":%u", line);
                if (line > 0 && column > 0)
                        fprintf(stream, ":%u", column);
                fputs(": ", stream);
        }
        text_put(stream, nfw_diagnostic_text(diagnostic));
        fprintf(stream, " [%s]", nfw_diagnostic_code(diagnostic));
        if (hint) {
                fputs("; hint: ", stream);
                text_put(stream, hint);
        }
}

static void write_sentence(FILE *stream, int result, const char *about) {
        text_put(stream, about);
        if (result == -EPERM)
                fputs(": nfwpolicyd has no CAP_NET_ADMIN", stream);
        else if (is_condition(result))
                fprintf(stream, ": %s", conditions[result].sentence);
        else
                fprintf(stream, ": %s", strerror(result < 0 ? -result : EIO));
}

/* Takes the reference to the diagnostics. */
static int write_json(FILE *stream, int result, json_t *diagnostics) {
        CLEANUP(json) json_t *json = NULL;

        json = json_pack("{s:s, s:o}", "outcome", diagnostics_outcome(result), "diagnostics", diagnostics);
        if (!json)
                return -ENOMEM;
        fputc('\n', stream);
        return json_dumpf(json, stream, JSON_COMPACT) < 0 ? -ENOMEM : 0;
}

static int send_error(sd_bus_message *call, int result, const char *text) {
        const sd_bus_error error = { error_name(result), text, 0 };

        return sd_bus_reply_method_error(call, &error);
}

/*
 * Ends the text that the stream has written and answers with it, if everything before went well. 1, also to callers
 * that want no answer: a call that is refused is over.
 */
static int close_and_send(sd_bus_message *call, int result, FILE *stream, char *const *text, int r) {
        if (fclose(stream) != 0 && r == 0)
                r = -ENOMEM;
        if (r == 0)
                r = send_error(call, result, *text);
        free(*text);
        return r < 0 ? r : 1;
}

static int reply_error(sd_bus_message *call, int result, const struct nfw_report *report, const char *about) {
        const struct nfw_diagnostic *first = first_diagnostic(report);
        char *text = NULL;
        size_t size = 0;
        FILE *stream;

        stream = open_memstream(&text, &size);
        if (!stream)
                return -ENOMEM;
        /* A missing privilege explains everything else that may be in the report. */
        if (first && result != -EPERM)
                write_line(stream, first);
        else
                write_sentence(stream, result, about);
        return close_and_send(call, result, stream, &text,
                              write_json(stream, result, diagnostics_json(report)));
}

static int append_diagnostic(sd_bus_message *reply, const struct nfw_diagnostic *diagnostic) {
        CLEANUP(text) char *file = string_for_bus(nfw_diagnostic_file(diagnostic));
        CLEANUP(text) char *text = string_for_bus(nfw_diagnostic_text(diagnostic));
        CLEANUP(text) char *hint = string_for_bus(nfw_diagnostic_hint(diagnostic));

        if (!file || !text || !hint)
                return -ENOMEM;
        return sd_bus_message_append(reply, "(sssuuss)", severities[nfw_diagnostic_severity(diagnostic)],
                                     nfw_diagnostic_code(diagnostic), file, nfw_diagnostic_line(diagnostic),
                                     nfw_diagnostic_column(diagnostic), text, hint);
}

int error_append_report(sd_bus_message *reply, const struct nfw_report *report) {
        size_t n = report ? nfw_report_n_diagnostics(report) : 0;
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(sssuuss)");
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = append_diagnostic(reply, nfw_report_diagnostic(report, i));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int reply_report(sd_bus_message *call, const struct nfw_report *report) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_message_new_method_return(call, &reply);
        if (r >= 0)
                r = error_append_report(reply, report);
        return r < 0 ? r : sd_bus_message_send(reply);
}

int error_reply(sd_bus_message *call, int result, const struct nfw_report *report, const char *about) {
        if (result == 0)
                return reply_report(call, report);
        return reply_error(call, result, report, about);
}

int error_refuse(sd_bus_message *call,
                 enum nfw_condition condition,
                 const char *code,
                 const char *hint,
                 const char *format,
                 ...) {
        CLEANUP(text) char *said = NULL;
        char *text = NULL;
        size_t size = 0;
        json_t *diagnostic;
        va_list arguments;
        FILE *stream;

        va_start(arguments, format);
        if (vasprintf(&said, format, arguments) < 0)
                said = NULL;
        va_end(arguments);
        stream = said ? open_memstream(&text, &size) : NULL;
        if (!stream)
                return -ENOMEM;

        text_put(stream, said);
        fprintf(stream, " [%s]", code);
        if (hint) {
                fputs("; hint: ", stream);
                text_put(stream, hint);
        }
        diagnostic = json_pack("{s:s, s:s, s:n, s:i, s:i, s:o, s:o}", "severity",
                               severities[NFW_SEVERITY_ERROR], "code", code, "file", "line", 0, "column", 0,
                               "text", text_json(said), "hint", text_json(hint));
        return close_and_send(call, condition, stream, &text,
                              write_json(stream, condition, json_pack("[o]", diagnostic)));
}
