/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the character at text, of which size octets are there: its length in octets, or 0 where it is not
 * well-formed UTF-8 (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF).
 */
size_t nfw_utf8_decode(const char *text, size_t size, uint32_t *ret_character);

/* Writes the character, which is one of Unicode, and returns its length in octets. */
#define NFW_UTF8_MAX 4
size_t nfw_utf8_encode(uint32_t character, char text[static NFW_UTF8_MAX]);

/* Whether it may stand in a file: what YAML 1.2 calls printable (section 5.1). */
bool nfw_utf8_is_printable(uint32_t character);
/* Whether it may stand in a value: printable, no line break or tab, and nothing that turns the text's direction. */
bool nfw_utf8_is_visible(uint32_t character);

/*
 * The offset of the first thing in a file that is not UTF-8 or not printable, or size where there is none.
 * *ret_malformed tells which of both it is.
 */
size_t nfw_utf8_check(const char *data, size_t size, bool *ret_malformed);
