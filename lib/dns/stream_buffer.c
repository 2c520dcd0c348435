/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dns/stream_buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"
#include "dns/name.h"

size_t nfw_dns_stream_buffer_bound(const struct nfw_dns_stream_buffer *buffer, size_t n) {
        return NFW_MAX(buffer->size, NFW_MIN(2 * (buffer->n + n), (size_t)UINT16_MAX));
}

/* Grows with what really came: a length field alone gets nobody 64 KiB. */
static int append(struct nfw_dns_stream_buffer *buffer, const uint8_t *data, size_t size) {
        if (size > buffer->size - buffer->n) {
                size_t grown = NFW_MIN(2 * (buffer->n + size), (size_t)buffer->wanted);
                uint8_t *p;

                p = realloc(buffer->data, grown);
                if (!p)
                        return -ENOMEM;
                buffer->data = p;
                buffer->size = grown;
        }
        memcpy(buffer->data + buffer->n, data, size);
        buffer->n += size;
        return 0;
}

void nfw_dns_stream_buffer_deinit(struct nfw_dns_stream_buffer *buffer) {
        free(buffer->data);
        *buffer = (struct nfw_dns_stream_buffer){ 0 };
}

int nfw_dns_stream_buffer_push(struct nfw_dns_stream_buffer *buffer,
                               const uint8_t *data,
                               size_t size,
                               int (*callback)(const void *message, size_t size, void *userdata),
                               void *userdata) {
        int r;

        while (size > 0) {
                size_t n;

                if (buffer->n_prefix < 2) {
                        buffer->wanted = (uint16_t)(buffer->wanted << 8 | *data);
                        data++;
                        size--;
                        if (++buffer->n_prefix == 2 && buffer->wanted < NFW_DNS_HEADER_SIZE)
                                return NFW_E_INVALID;
                        continue;
                }

                n = NFW_MIN(size, buffer->wanted - buffer->n);
                if (buffer->n == 0 && n == buffer->wanted) {
                        r = callback(data, n, userdata);
                } else {
                        r = append(buffer, data, n);
                        if (!r && buffer->n == buffer->wanted)
                                r = callback(buffer->data, buffer->n, userdata);
                }
                if (r < 0)
                        return r;

                if (buffer->n == buffer->wanted || buffer->n == 0)
                        nfw_dns_stream_buffer_deinit(buffer);
                data += n;
                size -= n;
        }
        return 0;
}
