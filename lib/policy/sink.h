/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The way from the reader to the report. It counts for itself, because the report may be the caller's for several
 * files or missing, and it lets only so many through: a hostile file would otherwise fill the memory with them.
 */

#include "base/report.h"

#define NFW_SINK_MAX 100 /* of each severity */

struct nfw_sink {
        struct nfw_report *report;
        size_t n[NFW_SEVERITY_ERROR + 1];
};

/* As nfw_report_add(). */
nfw_printf(6, 7) int nfw_sink_add(struct nfw_sink *sink,
                                  enum nfw_severity severity,
                                  const char *code,
                                  const struct nfw_pos *pos,
                                  const char *hint,
                                  const char *format,
                                  ...);

#define nfw_sink_error(sink_, code_, pos_, hint_, ...)                                                       \
        nfw_sink_add((sink_), NFW_SEVERITY_ERROR, (code_), (pos_), (hint_), __VA_ARGS__)
#define nfw_sink_warning(sink_, code_, pos_, hint_, ...)                                                     \
        nfw_sink_add((sink_), NFW_SEVERITY_WARNING, (code_), (pos_), (hint_), __VA_ARGS__)
#define nfw_sink_note(sink_, code_, pos_, hint_, ...)                                                        \
        nfw_sink_add((sink_), NFW_SEVERITY_NOTE, (code_), (pos_), (hint_), __VA_ARGS__)

/* Says how many were left out. 0 or -ENOMEM. */
int nfw_sink_finish(struct nfw_sink *sink, const char *file);

static inline size_t nfw_sink_n_errors(const struct nfw_sink *sink) {
        return sink->n[NFW_SEVERITY_ERROR];
}

/* What was written, for the text of a diagnostic: whole characters of it, with "…" where it goes on. */
#define NFW_QUOTE_MAX 64
const char *nfw_quote(const char *text, char buffer[static NFW_QUOTE_MAX + 4]);
