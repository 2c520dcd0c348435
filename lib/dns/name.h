/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Names on the wire (RFC 1035, sections 3.1 and 4.1.4). For the files of this layer only. */

#include "dns/wire.h"

#define NFW_DNS_HEADER_SIZE   12
#define NFW_DNS_NAME_WIRE_MAX 255
/* A name has at most 127 labels, so nobody needs more pointers than that to put it together. */
#define NFW_DNS_MAX_POINTERS 127

/*
 * Checks the name at offset and finds its end. Where pointers are not allowed (compressed is false), one makes
 * it invalid. *n_steps grows by the number of labels and pointers: what it has cost. 0 or NFW_E_INVALID.
 */
int nfw_dns_name_skip(
        const uint8_t *data, size_t size, size_t offset, bool compressed, size_t *n_steps, size_t *ret_end);

struct nfw_dns_name_info {
        size_t length; /* of the text, without the NUL */
        size_t end;    /* the offset behind the name */
        bool is_text;  /* false: some label is not plain text; then the name's text is not to be used */
};

/* The same, and writes the name as text. */
int nfw_dns_name_read(const uint8_t *data,
                      size_t size,
                      size_t offset,
                      struct nfw_dns_name *ret_name,
                      struct nfw_dns_name_info *ret_info);

static inline uint16_t nfw_dns_u16(const uint8_t *p) {
        return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t nfw_dns_u32(const uint8_t *p) {
        return (uint32_t)nfw_dns_u16(p) << 16 | nfw_dns_u16(p + 2);
}
