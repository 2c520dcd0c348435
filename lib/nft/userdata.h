/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * User data, which nft keeps with an object and the kernel does not look at: records of a type, a length and a
 * value, the first two one octet each. The types depend on the kind of object; a comment is type 0 except for
 * sets.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the kernel takes with one object. */
#define NFW_NFT_USERDATA_MAX 256

/* A type that nft does not use and skips. */
#define NFW_NFT_USERDATA_OURS 100

struct nfw_nft_userdata {
        const uint8_t *value;
        size_t size;
};

/* What is being written, at most what the kernel takes. Zero it to begin with. */
struct nfw_nft_userdata_buffer {
        uint8_t data[NFW_NFT_USERDATA_MAX];
        size_t size;
};

/* Appends a record; false and nothing is appended where it does not fit. */
bool nfw_nft_userdata_put(struct nfw_nft_userdata_buffer *buffer,
                          uint8_t type,
                          const void *value,
                          size_t size);
/* Numbers are in the host's byte order. */
bool nfw_nft_userdata_put_u32(struct nfw_nft_userdata_buffer *buffer, uint8_t type, uint32_t value);
/* A text with its NUL. */
bool nfw_nft_userdata_put_text(struct nfw_nft_userdata_buffer *buffer, uint8_t type, const char *text);
/* A comment in the form that nfw_nft_comment() gives it. */
bool nfw_nft_userdata_put_comment(struct nfw_nft_userdata_buffer *buffer, uint8_t type, const char *comment);

/* The first record of the type; false where there is none or the records are not well formed up to there. */
bool nfw_nft_userdata_find(const uint8_t *data,
                           size_t size,
                           uint8_t type,
                           struct nfw_nft_userdata *ret_record);
/* The text of a comment, without its NUL which is checked, or NULL. It lives as long as data. */
const char *nfw_nft_userdata_comment(const uint8_t *data, size_t size, uint8_t type);

/*
 * A comment as nft can take it back: at most NFW_NFT_COMMENT_MAX octets, cut between characters, and nothing in
 * it that would end it (nft has no escapes). Returns buffer.
 */
#define NFW_NFT_COMMENT_MAX 127
const char *nfw_nft_comment(const char *text, char buffer[static NFW_NFT_COMMENT_MAX + 1]);
