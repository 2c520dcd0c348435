/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * One transaction being written: netlink messages one behind the other in memory that grows. Every message
 * carries where it came from, so that the kernel's refusal can name the rule.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "base/report.h"

struct nfw_nft_batch;

/* What a message is for; the strings are borrowed and must live as long as the batch. */
struct nfw_nft_origin {
        const char *what; /* "rule", "set", "element", … */
        const char *name; /* of the rule, set, port */
        struct nfw_pos pos;
};

/* table_name is what our tables are called; it is borrowed. */
int nfw_nft_batch_new(const char *table_name, struct nfw_nft_batch **ret_batch);
struct nfw_nft_batch *nfw_nft_batch_free(struct nfw_nft_batch *batch);
NFW_DEFINE_CLEANUP(struct nfw_nft_batch, nfw_nft_batch_free)

/* Empties it for reuse; the memory is kept. */
void nfw_nft_batch_reset(struct nfw_nft_batch *batch);
bool nfw_nft_batch_is_empty(const struct nfw_nft_batch *batch);
size_t nfw_nft_batch_size(const struct nfw_nft_batch *batch);

/*
 * Begins a message of at most 64 KiB with its nfgenmsg header; close it with nfw_nft_batch_end(), which refuses
 * (-EMSGSIZE) one that came out longer. type is NFT_MSG_x, flags are NLM_F_x besides NLM_F_REQUEST.
 */
int nfw_nft_batch_begin(struct nfw_nft_batch *batch,
                        uint16_t type,
                        uint16_t flags,
                        uint8_t nfproto,
                        const struct nfw_nft_origin *origin,
                        struct nlmsghdr **ret_message);
int nfw_nft_batch_end(struct nfw_nft_batch *batch, struct nlmsghdr *message);

const char *nfw_nft_batch_table_name(const struct nfw_nft_batch *batch);

/* A number for an anonymous set: its elements and its rule refer to it by that within the transaction. */
uint32_t nfw_nft_batch_next_set_id(struct nfw_nft_batch *batch);

/*
 * For two batches that are to be one transaction, of one table each: the numbers of the second one's sets go on behind
 * those of the first, from when it is empty, and then its messages follow those of the first. 0 or -ENOMEM.
 */
void nfw_nft_batch_continue(struct nfw_nft_batch *batch, const struct nfw_nft_batch *first);
int nfw_nft_batch_append(struct nfw_nft_batch *first, const struct nfw_nft_batch *batch);

/* The messages, one behind the other; those before and behind them that make it a transaction are not there. */
void *nfw_nft_batch_data(const struct nfw_nft_batch *batch);
/* The last message, or NULL. */
struct nlmsghdr *nfw_nft_batch_last(const struct nfw_nft_batch *batch);
/* Where the message with that sequence number comes from, or NULL. */
const struct nfw_nft_origin *nfw_nft_batch_origin(const struct nfw_nft_batch *batch, uint32_t sequence);

/*
 * Messages are numbered from here; the message that begins the transaction has the number before. Requests of
 * the same socket stay below.
 */
#define NFW_NFT_BATCH_SEQUENCE 0x80000001u
