/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <linux/netfilter/nfnetlink.h>

#include "base/vec.h"

#define MESSAGE_MAX 65535

/*
 * Attributes are written without looking at the space that is left (libnftnl knows no bounds), so every message
 * begins with room for more than the longest one that is taken.
 */
#define MESSAGE_ROOM (2 * (MESSAGE_MAX + 1))

struct nfw_nft_batch {
        const char *table_name;
        NFW_VEC(uint8_t) buffer;
        NFW_VEC(struct nfw_nft_origin) origins; /* one a message */
        size_t last;
        bool open; /* a message has begun and not ended */
        uint32_t n_set_ids;
};

/* libmnl leaves the octets between attributes as they are, and what the kernel gets should not be left to chance. */
static int make_room(struct nfw_nft_batch *batch) {
        size_t size = batch->buffer.size;
        int r;

        r = nfw_vec_reserve(&batch->buffer, MESSAGE_ROOM);
        if (r < 0)
                return r;
        if (batch->buffer.size > size)
                memset(batch->buffer.items + size, 0, batch->buffer.size - size);
        return 0;
}

int nfw_nft_batch_new(const char *table_name, struct nfw_nft_batch **ret_batch) {
        nfw_cleanup(nfw_nft_batch_freep) struct nfw_nft_batch *batch = calloc(1, sizeof(*batch));
        int r;

        if (!batch)
                return -ENOMEM;

        batch->table_name = table_name;
        r = make_room(batch);
        if (r < 0)
                return r;

        *ret_batch = nfw_steal(batch);
        return 0;
}

struct nfw_nft_batch *nfw_nft_batch_free(struct nfw_nft_batch *batch) {
        if (batch) {
                nfw_vec_deinit(&batch->buffer);
                nfw_vec_deinit(&batch->origins);
                free(batch);
        }
        return NULL;
}

void nfw_nft_batch_reset(struct nfw_nft_batch *batch) {
        batch->buffer.n = 0;
        batch->origins.n = 0;
        batch->last = 0;
        batch->open = false;
        batch->n_set_ids = 0;
}

bool nfw_nft_batch_is_empty(const struct nfw_nft_batch *batch) {
        return batch->buffer.n == 0;
}

size_t nfw_nft_batch_size(const struct nfw_nft_batch *batch) {
        return batch->buffer.n;
}

int nfw_nft_batch_begin(struct nfw_nft_batch *batch,
                        uint16_t type,
                        uint16_t flags,
                        uint8_t nfproto,
                        const struct nfw_nft_origin *origin,
                        struct nlmsghdr **ret_message) {
        struct nlmsghdr *message;
        struct nfgenmsg *header;
        int r;

        if (batch->open) /* it was given up */
                batch->origins.n--;
        batch->open = false;

        r = make_room(batch);
        if (r < 0)
                return r;
        r = nfw_vec_push(&batch->origins, *origin);
        if (r < 0)
                return r;
        batch->open = true;

        message = mnl_nlmsg_put_header(batch->buffer.items + batch->buffer.n);
        message->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | type;
        message->nlmsg_flags = NLM_F_REQUEST | flags;
        message->nlmsg_seq = NFW_NFT_BATCH_SEQUENCE + batch->origins.n - 1;

        header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
        header->nfgen_family = nfproto;
        header->version = NFNETLINK_V0;
        header->res_id = 0;

        *ret_message = message;
        return 0;
}

int nfw_nft_batch_end(struct nfw_nft_batch *batch, struct nlmsghdr *message) {
        if (message->nlmsg_len > MESSAGE_MAX)
                return -EMSGSIZE;

        batch->open = false;
        batch->last = batch->buffer.n;
        batch->buffer.n += MNL_ALIGN(message->nlmsg_len);
        return 0;
}

const char *nfw_nft_batch_table_name(const struct nfw_nft_batch *batch) {
        return batch->table_name;
}

uint32_t nfw_nft_batch_next_set_id(struct nfw_nft_batch *batch) {
        return ++batch->n_set_ids;
}

void nfw_nft_batch_continue(struct nfw_nft_batch *batch, const struct nfw_nft_batch *first) {
        batch->n_set_ids = first->n_set_ids;
}

int nfw_nft_batch_append(struct nfw_nft_batch *first, const struct nfw_nft_batch *batch) {
        const struct nlmsghdr *message = (const void *)batch->buffer.items;
        int left = (int)batch->buffer.n;

        for (size_t i = 0; mnl_nlmsg_ok(message, left); i++, message = mnl_nlmsg_next(message, &left)) {
                size_t size = MNL_ALIGN(message->nlmsg_len);
                struct nlmsghdr *copy;
                int r;

                r = nfw_vec_reserve(&first->buffer, size);
                if (r == 0)
                        r = nfw_vec_push(&first->origins, batch->origins.items[i]);
                if (r < 0)
                        return r;
                copy = (void *)(first->buffer.items + first->buffer.n);
                memcpy(copy, message, size);
                copy->nlmsg_seq = NFW_NFT_BATCH_SEQUENCE + (uint32_t)first->origins.n - 1;
                first->last = first->buffer.n;
                first->buffer.n += size;
        }
        first->n_set_ids = batch->n_set_ids;
        return 0;
}

void *nfw_nft_batch_data(const struct nfw_nft_batch *batch) {
        return batch->buffer.items;
}

struct nlmsghdr *nfw_nft_batch_last(const struct nfw_nft_batch *batch) {
        return batch->buffer.n ? (struct nlmsghdr *)(void *)(batch->buffer.items + batch->last) : NULL;
}

const struct nfw_nft_origin *nfw_nft_batch_origin(const struct nfw_nft_batch *batch, uint32_t sequence) {
        size_t index = sequence - NFW_NFT_BATCH_SEQUENCE;

        return sequence >= NFW_NFT_BATCH_SEQUENCE && index < batch->origins.n ? &batch->origins.items[index]
                                                                              : NULL;
}
