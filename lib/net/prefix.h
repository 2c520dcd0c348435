/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* An address with a prefix length. */

#include "net/addr.h"

struct nfw_prefix {
        struct nfw_addr addr; /* host bits are zero */
        uint8_t length;
};

/*
 * Reads "ADDRESS" or "ADDRESS/LENGTH". 0, or NFW_E_INVALID and *ret_reason (a literal) says what is wrong.
 * *ret_host_bits is true where bits below the prefix were set; they are cleared in the result.
 */
int nfw_prefix_parse(const char *text,
                     struct nfw_prefix *ret_prefix,
                     bool *ret_host_bits,
                     const char **ret_reason);
