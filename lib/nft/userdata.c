/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/userdata.h"

#include <string.h>

bool nfw_nft_userdata_put(struct nfw_nft_userdata_buffer *buffer,
                          uint8_t type,
                          const void *value,
                          size_t size) {
        if (size > UINT8_MAX || size + 2 > sizeof(buffer->data) - buffer->size)
                return false;

        buffer->data[buffer->size++] = type;
        buffer->data[buffer->size++] = (uint8_t)size;
        memcpy(buffer->data + buffer->size, value, size);
        buffer->size += size;
        return true;
}

bool nfw_nft_userdata_put_u32(struct nfw_nft_userdata_buffer *buffer, uint8_t type, uint32_t value) {
        return nfw_nft_userdata_put(buffer, type, &value, sizeof(value));
}

bool nfw_nft_userdata_put_text(struct nfw_nft_userdata_buffer *buffer, uint8_t type, const char *text) {
        return nfw_nft_userdata_put(buffer, type, text, strlen(text) + 1);
}

bool nfw_nft_userdata_put_comment(struct nfw_nft_userdata_buffer *buffer, uint8_t type, const char *comment) {
        char text[NFW_NFT_COMMENT_MAX + 1];

        return nfw_nft_userdata_put_text(buffer, type, nfw_nft_comment(comment, text));
}

bool nfw_nft_userdata_find(const uint8_t *data,
                           size_t size,
                           uint8_t type,
                           struct nfw_nft_userdata *ret_record) {
        for (size_t i = 0; i + 2 <= size;) {
                size_t n = data[i + 1];

                if (n > size - i - 2)
                        return false;
                if (data[i] == type) {
                        *ret_record = (struct nfw_nft_userdata){ .value = data + i + 2, .size = n };
                        return true;
                }
                i += 2 + n;
        }
        return false;
}

const char *nfw_nft_userdata_comment(const uint8_t *data, size_t size, uint8_t type) {
        struct nfw_nft_userdata record;

        if (!nfw_nft_userdata_find(data, size, type, &record))
                return NULL;
        return record.size > 0 && memchr(record.value, '\0', record.size) == record.value + record.size - 1
                       ? (const char *)record.value
                       : NULL;
}

const char *nfw_nft_comment(const char *text, char buffer[static NFW_NFT_COMMENT_MAX + 1]) {
        size_t n = strlen(text);

        if (n > NFW_NFT_COMMENT_MAX) {
                n = NFW_NFT_COMMENT_MAX;
                /* Not in the middle of a UTF-8 sequence. */
                while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
                        n--;
        }

        for (size_t i = 0; i < n; i++) {
                unsigned char c = (unsigned char)text[i];

                if (c < ' ' || c == 0x7f)
                        buffer[i] = ' ';
                else if (c == '"')
                        buffer[i] = '\'';
                else
                        buffer[i] = text[i];
        }
        buffer[n] = '\0';
        return buffer;
}
