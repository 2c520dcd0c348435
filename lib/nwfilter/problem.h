/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What is wrong with a file, at most so much of it, and nothing in its text that a terminal would obey. */

#include "base/report.h"

#define NFW_PROBLEMS_MAX 100 /* of errors, and of warnings */

struct nfw_problems {
        struct nfw_report *report;
        size_t n_errors;
        size_t n_warnings;
};

/* Both return 0 or -ENOMEM. */
nfw_printf(5, 6) int nfw_problems_error(struct nfw_problems *problems,
                                        const char *code,
                                        const struct nfw_pos *pos,
                                        const char *hint,
                                        const char *format,
                                        ...);
nfw_printf(5, 6) int nfw_problems_warning(struct nfw_problems *problems,
                                          const char *code,
                                          const struct nfw_pos *pos,
                                          const char *hint,
                                          const char *format,
                                          ...);

/* Says how much was left out. 0; NFW_E_INVALID where there was an error; or -ENOMEM. */
int nfw_problems_finish(struct nfw_problems *problems, const char *file);

/* "did you mean NAME?", or NULL where name is. */
#define NFW_HINT_MAX 128
const char *nfw_problems_did_you_mean(const char *name, char buffer[static NFW_HINT_MAX]);
