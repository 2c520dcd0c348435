/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * From what is written in a file to the text that it stands for. libfyaml could do it, but it leaks memory where a
 * scalar has many escapes, and takes a third of its time for scalars that have none.
 */

#include <stddef.h>

enum nfw_quotes {
        NFW_QUOTES_NONE,
        NFW_QUOTES_SINGLE, /* '' is one ' (YAML 1.2, section 7.3.2) */
        NFW_QUOTES_DOUBLE, /* the escapes of YAML 1.2, section 5.7, and the surrogate pairs of JSON */
};

enum nfw_unquote_error {
        NFW_UNQUOTE_TOO_LONG = 1,
        NFW_UNQUOTE_INVISIBLE, /* a control character or the like, perhaps as an escape */
};

/*
 * Reads size octets of UTF-8, without the quotes around them, and writes text of at most max octets and a zero
 * behind it. 0 or one of enum nfw_unquote_error; the text is then of no use.
 */
int nfw_unquote(enum nfw_quotes quotes, const char *written, size_t size, char *text, size_t max);
