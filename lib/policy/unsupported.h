/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/*
 * What nobody needs in a policy and libfyaml 0.7 had better not see:
 *
 * Explicit keys (`? key`, YAML 1.2 section 8.2.2) in block style: it uses memory after freeing it for some (its issue
 * 57). What looks like one inside of a scalar of several lines is taken for one: such scalars are refused as well.
 *
 * Directives (section 6.8), but for `%YAML 1.2` before everything else: those that it does not know it skips wherever
 * they stand, so a line of a list that begins with a '%' would be missing without a word.
 */
enum nfw_unsupported {
        NFW_UNSUPPORTED_NONE,
        NFW_UNSUPPORTED_EXPLICIT_KEY,
        NFW_UNSUPPORTED_DIRECTIVE,
};

/* The first of these, and its offset. */
enum nfw_unsupported nfw_unsupported_find(const char *source, size_t size, size_t *ret_offset);
