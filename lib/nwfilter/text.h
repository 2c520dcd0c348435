/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Reading the small texts that attributes hold. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Digits, or 0x and hexadecimal digits; no sign and no space. */
bool nfw_text_to_number(const char *text, uint64_t max, uint64_t *ret_number);

/* 32 hexadecimal digits, with dashes as RFC 9562 has them or without, to the text with dashes. */
#define NFW_UUID_SIZE 37
bool nfw_text_to_uuid(const char *text, char ret_uuid[static NFW_UUID_SIZE]);

/* 1 to max letters and digits of ASCII and these others. */
bool nfw_text_is_name(const char *text, const char *others, size_t max);
/* At most max characters, well-formed UTF-8, none of which controls a terminal or turns the text's direction. */
bool nfw_text_is_visible(const char *text, size_t max);

/* A decimal number, perhaps negative; of any size. */
bool nfw_text_is_integer(const char *text);
/* One from -NFW_NWFILTER_PRIORITY_MAX to NFW_NWFILTER_PRIORITY_MAX. */
bool nfw_text_to_priority(const char *text, int *ret_priority);
