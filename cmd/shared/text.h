/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Text that comes from elsewhere (files, packets, the kernel) on its way to a terminal or into JSON: control
 * characters must not reach the one, broken UTF-8 not the other.
 */

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/* The bytes of the well-formed UTF-8 character at text (RFC 3629), or 0 where there is none. */
size_t text_character(const char *text);

/* How many terminal cells text_put() takes, counting a character as one. */
size_t text_width(const char *text);

/* Writes text with control characters and broken bytes as \xNN. */
void text_put(FILE *stream, const char *text);

/* A copy of what text_put() writes, which is well-formed UTF-8. NULL when out of memory. */
char *text_escape(const char *text);

/* A JSON string of any bytes, or null for NULL; broken bytes become U+FFFD. NULL when out of memory. */
json_t *text_json(const char *text);

/* The same, but null also for "", which is how the library says that there is none. */
json_t *text_json_or_null(const char *text);

/* A duration for people: 42s, 4m12s, 3h05m, 1d02h. */
#define TEXT_DURATION_SIZE 24
const char *text_duration(uint64_t milliseconds, char buffer[TEXT_DURATION_SIZE]);
