/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Diagnostics with positions. What the user did wrong is collected here, all of it at once, while return values
 * only say that there is something to read.
 */

#include <stdarg.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"

/*
 * Where something stands in a file; lines and columns count from 1, 0 is "unknown". The file name is borrowed:
 * whoever owns the object that carries the position owns the name.
 */
struct nfw_pos {
        const char *file;
        unsigned int line;
        unsigned int column;
};

#define NFW_POS_NONE ((struct nfw_pos){ 0 })

/*
 * Adds a diagnostic. The code is a stable word with a slash, such as "policy/unknown-key". The hint may be
 * NULL. Everything is copied. The report may be NULL: then nothing is kept. 0 or -ENOMEM.
 */
nfw_printf(6, 7) int nfw_report_add(struct nfw_report *report,
                                    enum nfw_severity severity,
                                    const char *code,
                                    const struct nfw_pos *pos,
                                    const char *hint,
                                    const char *format,
                                    ...);

/* The same for who has such a format from elsewhere. */
nfw_printf(6, 0) int nfw_report_add_v(struct nfw_report *report,
                                      enum nfw_severity severity,
                                      const char *code,
                                      const struct nfw_pos *pos,
                                      const char *hint,
                                      const char *format,
                                      va_list arguments);

#define nfw_report_error(report_, code_, pos_, hint_, ...)                                                   \
        nfw_report_add((report_), NFW_SEVERITY_ERROR, (code_), (pos_), (hint_), __VA_ARGS__)
#define nfw_report_warning(report_, code_, pos_, hint_, ...)                                                 \
        nfw_report_add((report_), NFW_SEVERITY_WARNING, (code_), (pos_), (hint_), __VA_ARGS__)
#define nfw_report_note(report_, code_, pos_, hint_, ...)                                                    \
        nfw_report_add((report_), NFW_SEVERITY_NOTE, (code_), (pos_), (hint_), __VA_ARGS__)

/* Forgets all but the first n diagnostics: what is tried again says the same again. The report may be NULL. */
void nfw_report_truncate(struct nfw_report *report, size_t n);

NFW_DEFINE_CLEANUP(struct nfw_report, nfw_report_free)
