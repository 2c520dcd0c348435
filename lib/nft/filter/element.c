/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <linux/netfilter/nf_tables.h>

#include "nft/element_list.h"
#include "nft/filter/internal.h"

static int put(struct nfw_nft_element_list *list, const struct nfw_nft_filter_element *elements, size_t n) {
        for (size_t i = 0; i < n; i++) {
                int r = nfw_nft_element_begin(list, elements[i].key, elements[i].size);

                if (r < 0)
                        return r;
                if (elements[i].has_end)
                        nfw_nft_element_put_key_end(list, elements[i].key_end, elements[i].size);
                if (elements[i].timeout_ms && list->type == NFT_MSG_NEWSETELEM)
                        nfw_nft_element_put_timeout(list, elements[i].timeout_ms);
                nfw_nft_element_end(list);
        }
        return nfw_nft_element_list_end(list);
}

int nfw_nft_put_filter_elements(struct nfw_nft_batch *batch,
                                bool add,
                                const char *set,
                                const struct nfw_nft_filter_element *elements,
                                size_t n) {
        struct nfw_nft_origin origin = { .what = "value of the port in set", .name = set };
        struct nfw_nft_element_list list = { .batch = batch,
                                             .table = NFW_TABLE_BRIDGE,
                                             .type = add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM,
                                             .set = set,
                                             .origin = &origin };

        return n > 0 ? put(&list, elements, n) : 0;
}

static int encode_port(const char *interface, uint8_t key[static IFNAMSIZ]) {
        size_t n = strlen(interface);

        if (n == 0 || n >= IFNAMSIZ)
                return -EINVAL;
        memset(key, 0, IFNAMSIZ);
        memcpy(key, interface, n);
        return 0;
}

int nfw_nft_put_filter_port(struct nfw_nft_batch *batch, bool add, const char *name, const char *interface) {
        struct nfw_nft_filter_element element = { .size = IFNAMSIZ };
        struct nfw_nft_marker ports;
        int r;

        r = nfw_nft_filter_ports_init(&ports, name);
        if (r == 0)
                r = encode_port(interface, element.key);
        return r < 0 ? r : nfw_nft_put_filter_elements(batch, add, ports.name, &element, 1);
}

int nfw_nft_encode_tuples(const struct nfw_plan_set *set,
                          size_t index,
                          const char *interface,
                          const struct nfw_range *tuples,
                          size_t n,
                          struct nfw_nft_filter_elements *elements) {
        for (size_t i = 0; i < n; i++) {
                const struct nfw_range *tuple = &tuples[i * set->n_fields];
                struct nfw_nft_filter_element element = { .set = index, .has_end = set->interval };
                size_t size = IFNAMSIZ;
                int r = encode_port(interface, element.key);

                memcpy(element.key_end, element.key, IFNAMSIZ);
                for (size_t j = 0; j < set->n_fields && r == 0; j++) {
                        size_t n_value = nfw_nft_field(set->fields[j])->size;

                        if (size + nfw_nft_padded(n_value) > sizeof(element.key))
                                return -EINVAL;
                        memcpy(element.key + size, tuple[j].first, n_value);
                        memcpy(element.key_end + size, tuple[j].last, n_value);
                        size += nfw_nft_padded(n_value);
                }
                element.size = (uint8_t)size;
                if (!element.has_end)
                        memset(element.key_end, 0, sizeof(element.key_end));
                if (r == 0)
                        r = nfw_vec_push(&elements->vec, element);
                if (r < 0)
                        return r;
        }
        return 0;
}
