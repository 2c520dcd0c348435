/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A range of TCP or UDP ports. */

#include <stdint.h>

struct nfw_port_range {
        uint16_t first;
        uint16_t last;
};

/*
 * Reads "443" or "8000-9000": decimal digits without a leading zero, a sign or spaces, 1 to 65535, the first
 * not above the last. 0, or NFW_E_INVALID and *ret_reason (a literal) says what is wrong.
 */
int nfw_port_range_parse(const char *text, struct nfw_port_range *ret_range, const char **ret_reason);
