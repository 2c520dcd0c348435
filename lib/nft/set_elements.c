/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/element_list.h"
#include "nft/set.h"

#define KEY_MAX 64

/* With this, nft tells a range up to the last possible value from a single element. */
#define ELEMENT_OPEN_INTERVAL 1u

/* n values one behind the other as they stand in the kernel's registers. Returns the size. */
static size_t encode_key(const struct nfw_nft_key *key,
                         const struct nfw_range *box,
                         bool last,
                         uint8_t *ret_key) {
        size_t size = 0;

        if (key->n_fields == 1) {
                memcpy(ret_key, last ? box->last : box->first, key->fields[0]->size);
                return key->fields[0]->size;
        }
        for (size_t i = 0; i < key->n_fields; i++) {
                size_t padded = nfw_nft_padded(key->fields[i]->size);

                memset(ret_key + size, 0, padded);
                memcpy(ret_key + size, last ? box[i].last : box[i].first, key->fields[i]->size);
                size += padded;
        }
        return size;
}

static int put_boxes(struct nfw_nft_element_list *list,
                     const struct nfw_nft_set *set,
                     const struct nfw_plan_set *plan_set) {
        uint8_t key[KEY_MAX], key_end[KEY_MAX];
        int r;

        for (size_t i = 0; i + plan_set->n_fields <= plan_set->elements.n; i += plan_set->n_fields) {
                const struct nfw_range *box = &plan_set->elements.items[i];
                size_t size = encode_key(&set->key, box, false, key);

                r = nfw_nft_element_begin(list, key, size);
                if (r < 0)
                        return r;
                if (set->flags & NFT_SET_INTERVAL) {
                        encode_key(&set->key, box, true, key_end);
                        nfw_nft_element_put_key_end(list, key_end, size);
                }
                nfw_nft_element_end(list);
        }
        return 0;
}

static bool is_zero(const uint8_t *value, size_t size) {
        for (size_t i = 0; i < size; i++)
                if (value[i] != 0)
                        return false;
        return true;
}

/* False where it was the last value there is. */
static bool increment(uint8_t *value, size_t size) {
        while (size-- > 0)
                if (++value[size] != 0)
                        return true;
        return false;
}

static int put_edge(
        struct nfw_nft_element_list *list, const uint8_t *value, size_t size, bool is_end, bool is_open) {
        int r;

        r = nfw_nft_element_begin(list, value, size);
        if (r < 0)
                return r;
        if (is_end)
                nfw_nft_element_put_flags(list, NFT_SET_ELEM_INTERVAL_END);
        if (is_open) {
                uint8_t userdata[2 + sizeof(uint32_t)] = { NFTNL_UDATA_SET_ELEM_FLAGS, sizeof(uint32_t) };
                uint32_t flags = ELEMENT_OPEN_INTERVAL;

                memcpy(userdata + 2, &flags, sizeof(flags));
                nfw_nft_element_put_userdata(list, userdata, sizeof(userdata));
        }
        nfw_nft_element_end(list);
        return 0;
}

static int compare_ranges(const void *a, const void *b) {
        return memcmp(((const struct nfw_range *)a)->first, ((const struct nfw_range *)b)->first,
                      NFW_VALUE_MAX);
}

/*
 * Sets of ranges of one field hold edges: where a range begins, and one behind where it ends. What is below the
 * first range is a gap of its own, which nft wants to see begin at zero.
 */
static int put_edges(struct nfw_nft_element_list *list,
                     const struct nfw_nft_set *set,
                     const struct nfw_range *ranges,
                     size_t n) {
        size_t size = set->key.fields[0]->size;
        uint8_t edge[NFW_VALUE_MAX] = { 0 };
        int r;

        if (n > 0 && !is_zero(ranges[0].first, size)) {
                r = put_edge(list, edge, size, true, false);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < n; i++) {
                bool has_end;

                memcpy(edge, ranges[i].last, size);
                has_end = increment(edge, size);
                r = put_edge(list, ranges[i].first, size, false, !has_end);
                if (r < 0)
                        return r;
                if (has_end) {
                        r = put_edge(list, edge, size, true, false);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static int put_ranges(struct nfw_nft_element_list *list,
                      const struct nfw_nft_set *set,
                      const struct nfw_plan_set *plan_set) {
        nfw_cleanup(nfw_freep) struct nfw_range *sorted = NULL;
        const struct nfw_range *ranges = plan_set->elements.items;
        size_t n = plan_set->elements.n;

        for (size_t i = 1; i < n && !sorted; i++) {
                if (compare_ranges(&ranges[i - 1], &ranges[i]) <= 0)
                        continue;
                sorted = reallocarray(NULL, n, sizeof(*sorted));
                if (!sorted)
                        return -ENOMEM;
                memcpy(sorted, ranges, n * sizeof(*sorted));
                qsort(sorted, n, sizeof(*sorted), compare_ranges);
        }
        return put_edges(list, set, sorted ? sorted : ranges, n);
}

int nfw_nft_put_set_elements(struct nfw_nft_batch *batch,
                             enum nfw_table table,
                             const struct nfw_nft_set *set,
                             const struct nfw_plan_set *plan_set,
                             const struct nfw_nft_origin *origin) {
        struct nfw_nft_element_list list = { .batch = batch,
                                             .table = table,
                                             .type = NFT_MSG_NEWSETELEM,
                                             .set = set->name,
                                             .set_id = set->id,
                                             .origin = origin };
        int r;

        if (plan_set->elements.n == 0)
                return 0;

        if (set->flags & NFT_SET_INTERVAL && set->key.n_fields == 1)
                r = put_ranges(&list, set, plan_set);
        else
                r = put_boxes(&list, set, plan_set);
        return r < 0 ? r : nfw_nft_element_list_end(&list);
}
