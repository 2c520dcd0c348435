/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Reports as D-Bus values, and as errors with names of their own. */

#include <systemd/sd-bus.h>

#include <nfwpolicy/nfwpolicy.h>

#define ERROR_INVALID       "org.nfwpolicy1.Error.Invalid"
#define ERROR_REFUSED       "org.nfwpolicy1.Error.Refused"
#define ERROR_NOT_FOUND     "org.nfwpolicy1.Error.NotFound"
#define ERROR_IN_USE        "org.nfwpolicy1.Error.InUse"
#define ERROR_DIFFERS       "org.nfwpolicy1.Error.Differs"
#define ERROR_FAILED        "org.nfwpolicy1.Error.Failed"
#define ERROR_ACCESS_DENIED "org.nfwpolicy1.Error.AccessDenied"

/* A report as a value: an array of severity, code, file, line, column, text, hint. */
#define REPORT_SIGNATURE "a(sssuuss)"

/* The report, which may be NULL, as such a value. Not negative, or a negative errno. */
int error_append_report(sd_bus_message *reply, const struct nfw_report *report);

/*
 * Answers a call with what the library returned: the report as a value for 0, else an error whose message has the
 * first error in its first line and the whole report as JSON in its second. about is what it was for.
 * Not negative, or a negative errno.
 */
int error_reply(sd_bus_message *call, int result, const struct nfw_report *report, const char *about);

/* The same for what is found out here: a condition, a code of the library's that means the same, text, hint or NULL. 1 or a negative errno. */
int error_refuse(sd_bus_message *call,
                 enum nfw_condition condition,
                 const char *code,
                 const char *hint,
                 const char *format,
                 ...) __attribute__((format(printf, 5, 6)));
