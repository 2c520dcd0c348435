/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Messages out of one direction of a TCP connection (RFC 1035, section 4.2.2: a length of two octets before
 * each). Holds the part of a message that has come so far. For the files of this layer only.
 */

#include <stddef.h>
#include <stdint.h>

struct nfw_dns_stream_buffer {
        uint8_t *data;
        size_t n;
        size_t size;      /* what is allocated */
        uint16_t wanted;  /* the length field, as far as it has come */
        uint8_t n_prefix; /* octets of the length field that have come */
};

/* How large the buffer may become when n more octets are pushed. */
size_t nfw_dns_stream_buffer_bound(const struct nfw_dns_stream_buffer *buffer, size_t n);

/*
 * Takes the octets that come next and hands on what they complete; what need not wait is not copied. 0;
 * NFW_E_INVALID for a length that no DNS message has; or a negative errno (the callback's or -ENOMEM).
 */
int nfw_dns_stream_buffer_push(struct nfw_dns_stream_buffer *buffer,
                               const uint8_t *data,
                               size_t size,
                               int (*callback)(const void *message, size_t size, void *userdata),
                               void *userdata);
void nfw_dns_stream_buffer_deinit(struct nfw_dns_stream_buffer *buffer);
