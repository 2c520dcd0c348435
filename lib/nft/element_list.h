/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Writes elements straight into the batch, without an object for each: one message, or as many as it takes,
 * because attributes end at 64 KiB.
 */

#include "ir/ir.h"
#include "nft/batch.h"

/*
 * Kernels of before October 2024 take a timeout that is shorter than one of their ticks, of up to ten milliseconds, for
 * none: such an element would never go. So none is shorter than this one.
 */
#define NFW_NFT_MIN_TIMEOUT_MS 20

struct nfw_nft_element_list {
        struct nfw_nft_batch *batch;
        enum nfw_table table;
        uint16_t type;   /* NFT_MSG_x */
        const char *set; /* NULL: anonymous */
        uint32_t set_id; /* of an anonymous set */
        const struct nfw_nft_origin *origin;

        /* Zero to begin with. */
        struct nlmsghdr *message;
        struct nlattr *elements;
        struct nlattr *element;
};

/* Begins an element; what else it has is put, and then it is ended. 0 or a negative errno. */
int nfw_nft_element_begin(struct nfw_nft_element_list *list, const void *key, size_t key_size);
void nfw_nft_element_put_key_end(struct nfw_nft_element_list *list, const void *key, size_t key_size);
void nfw_nft_element_put_flags(struct nfw_nft_element_list *list, uint32_t flags);
void nfw_nft_element_put_timeout(struct nfw_nft_element_list *list, uint64_t timeout_ms);
void nfw_nft_element_put_goto(struct nfw_nft_element_list *list, const char *chain);
void nfw_nft_element_put_drop(struct nfw_nft_element_list *list);
void nfw_nft_element_put_userdata(struct nfw_nft_element_list *list, const void *data, size_t size);
void nfw_nft_element_end(struct nfw_nft_element_list *list);

/* Ends the last message. */
int nfw_nft_element_list_end(struct nfw_nft_element_list *list);
