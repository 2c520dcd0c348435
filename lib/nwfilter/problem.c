/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nwfilter/problem.h"

#include <stdio.h>

nfw_printf(6, 0) static int add(struct nfw_problems *problems,
                                enum nfw_severity severity,
                                const char *code,
                                const struct nfw_pos *pos,
                                const char *hint,
                                const char *format,
                                va_list args) {
        size_t *n = severity == NFW_SEVERITY_ERROR ? &problems->n_errors : &problems->n_warnings;
        char text[256];

        if ((*n)++ >= NFW_PROBLEMS_MAX)
                return 0;

        (void)vsnprintf(text, sizeof(text), format, args);
        for (char *c = text; *c; c++)
                if (*c < ' ' || *c > '~')
                        *c = '?';
        return nfw_report_add(problems->report, severity, code, pos, hint, "%s", text);
}

int nfw_problems_error(struct nfw_problems *problems,
                       const char *code,
                       const struct nfw_pos *pos,
                       const char *hint,
                       const char *format,
                       ...) {
        va_list args;
        int r;

        va_start(args, format);
        r = add(problems, NFW_SEVERITY_ERROR, code, pos, hint, format, args);
        va_end(args);
        return r;
}

int nfw_problems_warning(struct nfw_problems *problems,
                         const char *code,
                         const struct nfw_pos *pos,
                         const char *hint,
                         const char *format,
                         ...) {
        va_list args;
        int r;

        va_start(args, format);
        r = add(problems, NFW_SEVERITY_WARNING, code, pos, hint, format, args);
        va_end(args);
        return r;
}

int nfw_problems_finish(struct nfw_problems *problems, const char *file) {
        const struct nfw_pos pos = { .file = file };
        size_t n = problems->n_errors + problems->n_warnings;
        size_t n_told = NFW_MIN(problems->n_errors, NFW_PROBLEMS_MAX) +
                        NFW_MIN(problems->n_warnings, NFW_PROBLEMS_MAX);
        int r;

        if (n > n_told) {
                r = nfw_report_add(problems->report,
                                   problems->n_errors > 0 ? NFW_SEVERITY_ERROR : NFW_SEVERITY_WARNING,
                                   "nwfilter/more", &pos, NULL, "%zu more were left out", n - n_told);
                if (r < 0)
                        return r;
        }
        return problems->n_errors > 0 ? NFW_E_INVALID : 0;
}

const char *nfw_problems_did_you_mean(const char *name, char buffer[static NFW_HINT_MAX]) {
        if (!name)
                return NULL;
        (void)snprintf(buffer, NFW_HINT_MAX, "did you mean %s?", name);
        return buffer;
}
