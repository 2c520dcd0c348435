/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* An IPv4 or IPv6 address as a value. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define NFW_ADDR_TEXT_MAX 46

struct nfw_addr {
        uint8_t family;    /* AF_INET or AF_INET6; 0: none */
        uint8_t bytes[16]; /* network order; the first 4 for IPv4, the rest zero */
};

/* Four octets or RFC 4291 text, nothing else: no zone, no short forms. 0 or NFW_E_INVALID. */
int nfw_addr_parse(const char *text, struct nfw_addr *ret_addr);
/* The length of the IPv4 address that the text begins with, or 0. */
size_t nfw_addr_parse_v4(const char *text, struct nfw_addr *ret_addr);
/* Writes the address as text (RFC 5952 for IPv6) and returns buffer. */
const char *nfw_addr_format(const struct nfw_addr *addr, char buffer[static NFW_ADDR_TEXT_MAX]);
void nfw_addr_from_bytes(uint8_t family, const void *bytes, struct nfw_addr *ret_addr);
bool nfw_addr_equal(const struct nfw_addr *a, const struct nfw_addr *b);

/* 4 or 16. */
static inline size_t nfw_addr_size(uint8_t family) {
        return family == AF_INET6 ? 16 : 4;
}

/* The IPv4 address that an IPv6 one carries (compatible, mapped, NAT64, 6to4). False where it carries none. */
bool nfw_addr_embedded(const struct nfw_addr *addr, struct nfw_addr *ret_embedded);

/*
 * Unspecified, loopback, link-local, multicast, broadcast, and the IPv6 forms of those in IPv4 (mapped,
 * compatible, NAT64, 6to4): no name may ever grant them, or a name server could open the way to the host itself.
 */
bool nfw_addr_is_special(const struct nfw_addr *addr);
