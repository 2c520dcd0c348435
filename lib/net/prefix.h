/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* An address with a prefix length. */

#include "net/addr.h"

/* What tells prefixes of one family apart are the first nfw_prefix_size() octets. */
struct nfw_prefix {
        uint8_t length;
        struct nfw_addr addr; /* host bits are zero */
};

static inline size_t nfw_prefix_size(uint8_t family) {
        return offsetof(struct nfw_prefix, addr.bytes) + nfw_addr_size(family);
}

/*
 * Whether addr is the first or the last of the network that an IPv4 address of an interface is in: who sends there, sends to
 * all of it. Networks of one or two addresses have no such. The host bits of address may be set.
 */
bool nfw_prefix_is_broadcast(const struct nfw_prefix *address, const struct nfw_addr *addr);

/*
 * Reads "ADDRESS" or "ADDRESS/LENGTH". 0, or NFW_E_INVALID and *ret_reason (a literal) says what is wrong.
 * *ret_host_bits is true where bits below the prefix were set; they are cleared in the result.
 */
int nfw_prefix_parse(const char *text,
                     struct nfw_prefix *ret_prefix,
                     bool *ret_host_bits,
                     const char **ret_reason);
