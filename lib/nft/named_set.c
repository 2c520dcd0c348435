/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/named_set.h"

#include <stdlib.h>
#include <string.h>

#include <linux/netfilter/nf_tables.h>

#include "nft/batch.h"
#include "nft/names.h"
#include "nft/read.h"
#include "nft/set.h"
#include "nft/socket-internal.h"

#define KEY_MAX 64

/* Without elements the message is about all of them. */
static int put_flush(struct nfw_nft_batch *batch, const char *name, const struct nfw_nft_origin *origin) {
        struct nlmsghdr *message;
        int r;

        r = nfw_nft_batch_begin(batch, NFT_MSG_DELSETELEM, 0, nfw_nft_nfproto(NFW_TABLE_BRIDGE), origin,
                                &message);
        if (r < 0)
                return r;
        mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, nfw_nft_batch_table_name(batch));
        mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, name);
        return nfw_nft_batch_end(batch, message);
}

static int put_elements(struct nfw_nft_batch *batch,
                        const struct nfw_plan_set *plan_set,
                        const struct nfw_nft_origin *origin) {
        struct nfw_nft_set set;
        int r;

        r = nfw_nft_set_from_plan(plan_set, &set);
        return r < 0 ? r : nfw_nft_put_set_elements(batch, NFW_TABLE_BRIDGE, &set, plan_set, origin);
}

int nfw_nft_put_named_set_elements(struct nfw_nft_batch *batch, const struct nfw_plan_set *set) {
        const struct nfw_nft_origin origin = { .what = "set", .name = set->name };
        int r;

        r = put_flush(batch, set->name, &origin);
        return r < 0 ? r : put_elements(batch, set, &origin);
}

int nfw_nft_put_named_set_removal(struct nfw_nft_batch *batch, const char *name) {
        const struct nfw_nft_origin origin = { .what = "set", .name = name };

        return nfw_nft_put_set_removal(batch, NFW_TABLE_BRIDGE, name, &origin);
}

/* --- comparing ----------------------------------------------------------------------------------------------- */

struct element {
        uint8_t key[KEY_MAX];
        uint8_t key_end[KEY_MAX];
        uint32_t flags;
};

struct elements {
        NFW_VEC(struct element) vec;
};

static void elements_deinit(struct elements *elements) {
        nfw_vec_deinit(&elements->vec);
}

static int take(const struct nfw_nft_element *from, void *userdata) {
        struct elements *elements = userdata;
        struct element element = { .flags = from->flags & NFT_SET_ELEM_INTERVAL_END };

        if (from->key.size > sizeof(element.key) || from->key_end.size > sizeof(element.key_end))
                return 0;
        if (from->key.size > 0)
                memcpy(element.key, from->key.data, from->key.size);
        if (from->key_end.size > 0)
                memcpy(element.key_end, from->key_end.data, from->key_end.size);
        return nfw_vec_push(&elements->vec, element);
}

static int compare(const void *a, const void *b) {
        return memcmp(a, b, sizeof(struct element));
}

/* What is expected is what would be sent. */
static int expect(const char *table_name, const struct nfw_plan_set *set, struct elements *elements) {
        nfw_cleanup(nfw_nft_batch_freep) struct nfw_nft_batch *batch = NULL;
        const struct nfw_nft_origin origin = { .what = "set", .name = set->name };
        const struct nlmsghdr *message;
        int left, r;

        r = nfw_nft_batch_new(table_name, &batch);
        if (r == 0)
                r = put_elements(batch, set, &origin);
        if (r < 0)
                return r;
        message = nfw_nft_batch_data(batch);
        left = (int)nfw_nft_batch_size(batch);
        for (; r == 0 && mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
                r = nfw_nft_parse_elements(message, take, elements);
        return r;
}

int nfw_nft_compare_named_set(struct nfw_nft_socket *nft, const struct nfw_plan_set *set, bool *ret_same) {
        nfw_cleanup(elements_deinit) struct elements expected = { 0 }, actual = { 0 };
        int r;

        r = expect(nft->table_name, set, &expected);
        if (r == 0)
                r = nfw_nft_read_elements(nft, NFW_TABLE_BRIDGE, set->name, take, &actual);
        if (r < 0)
                return r;
        if (expected.vec.n != actual.vec.n) {
                *ret_same = false;
                return 0;
        }
        if (actual.vec.n > 1) {
                qsort(expected.vec.items, expected.vec.n, sizeof(struct element), compare);
                qsort(actual.vec.items, actual.vec.n, sizeof(struct element), compare);
        }
        *ret_same = actual.vec.n == 0 ||
                    memcmp(expected.vec.items, actual.vec.items, actual.vec.n * sizeof(struct element)) == 0;
        return 0;
}
