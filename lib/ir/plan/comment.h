/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/* What the kernel keeps with a rule or a set, without the NUL. */
#define NFW_COMMENT_MAX 127

/*
 * "a, b, c, … (+7)": as many of the names as fit, and how many of the n_total do not. Only the first few names
 * need to be there, n_names of them. What nft could not read back in a quoted string becomes '_'; a name that
 * is too long on its own is cut between characters. The caller frees it; NULL means out of memory.
 */
char *nfw_plan_comment(const char *const *names, size_t n_names, size_t n_total);
