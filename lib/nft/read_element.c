/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include <linux/netfilter/nf_tables.h>

#include "nft/read.h"
#include "nft/socket-internal.h"
#include "nft/table.h"

static const struct nlattr *find_nested(const struct nlattr *nest, uint16_t type) {
        const struct nlattr *attribute;

        mnl_attr_for_each_nested(attribute, nest) if (mnl_attr_get_type(attribute) == type) return attribute;
        return NULL;
}

static struct nfw_nft_bytes get_value(const struct nlattr *data) {
        const struct nlattr *value = find_nested(data, NFTA_DATA_VALUE);

        if (!value)
                return (struct nfw_nft_bytes){ 0 };
        return (struct nfw_nft_bytes){ .data = mnl_attr_get_payload(value),
                                       .size = mnl_attr_get_payload_len(value) };
}

static const char *get_chain(const struct nlattr *data) {
        const struct nlattr *verdict = find_nested(data, NFTA_DATA_VERDICT), *chain;

        chain = verdict ? find_nested(verdict, NFTA_VERDICT_CHAIN) : NULL;
        return chain && mnl_attr_validate(chain, MNL_TYPE_NUL_STRING) >= 0 ? mnl_attr_get_str(chain) : NULL;
}

static void take_attribute(const struct nlattr *attribute, struct nfw_nft_element *element) {
        switch (mnl_attr_get_type(attribute)) {
        case NFTA_SET_ELEM_KEY:
                element->key = get_value(attribute);
                break;
        case NFTA_SET_ELEM_KEY_END:
                element->key_end = get_value(attribute);
                break;
        case NFTA_SET_ELEM_DATA:
                element->chain = get_chain(attribute);
                break;
        case NFTA_SET_ELEM_FLAGS:
                if (mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
                        element->flags = ntohl(mnl_attr_get_u32(attribute));
                break;
        case NFTA_SET_ELEM_EXPIRATION:
                if (mnl_attr_validate(attribute, MNL_TYPE_U64) >= 0)
                        element->expiration_ms = be64toh(mnl_attr_get_u64(attribute));
                break;
        case NFTA_SET_ELEM_USERDATA:
                element->userdata.data = mnl_attr_get_payload(attribute);
                element->userdata.size = mnl_attr_get_payload_len(attribute);
                break;
        }
}

int nfw_nft_parse_elements(const struct nlmsghdr *message,
                           int (*callback)(const struct nfw_nft_element *element, void *userdata),
                           void *userdata) {
        const struct nlattr *attributes[NFTA_SET_ELEM_LIST_MAX + 1], *nest, *attribute;
        int r;

        nfw_nft_read_attributes(message, attributes, NFTA_SET_ELEM_LIST_MAX);
        if (!attributes[NFTA_SET_ELEM_LIST_ELEMENTS])
                return 0;

        mnl_attr_for_each_nested(nest, attributes[NFTA_SET_ELEM_LIST_ELEMENTS]) {
                struct nfw_nft_element element = { 0 };

                mnl_attr_for_each_nested(attribute, nest) take_attribute(attribute, &element);
                if (!element.key.data)
                        continue;
                r = callback(&element, userdata);
                if (r < 0)
                        return r;
        }
        return 0;
}

struct element_reader {
        int (*callback)(const struct nfw_nft_element *element, void *userdata);
        void *userdata;
};

static int read_message(const struct nlmsghdr *message, void *userdata) {
        const struct element_reader *reader = userdata;

        return nfw_nft_parse_elements(message, reader->callback, reader->userdata);
}

static struct nlmsghdr *begin_request(void *buffer, uint16_t flags, enum nfw_table table, const char *set) {
        struct nlmsghdr *request =
                nfw_nft_request_begin(buffer, NFT_MSG_GETSETELEM, flags, nfw_nft_nfproto(table));

        mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_TABLE, NFW_NFT_TABLE);
        mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, set);
        return request;
}

int nfw_nft_read_elements(struct nfw_nft_socket *nft,
                          enum nfw_table table,
                          const char *set,
                          int (*callback)(const struct nfw_nft_element *element, void *userdata),
                          void *userdata) {
        struct element_reader reader = { .callback = callback, .userdata = userdata };
        NFW_NFT_REQUEST_BUFFER(buffer);
        int r;

        r = nfw_nft_request(nft, begin_request(buffer, NLM_F_DUMP, table, set), read_message, &reader);
        return r == -ENOENT ? 0 : r;
}

int nfw_nft_read_element(struct nfw_nft_socket *nft,
                         enum nfw_table table,
                         const char *set,
                         const void *key,
                         size_t key_size,
                         int (*callback)(const struct nfw_nft_element *element, void *userdata),
                         void *userdata) {
        struct element_reader reader = { .callback = callback, .userdata = userdata };
        NFW_NFT_REQUEST_BUFFER(buffer);
        struct nlmsghdr *request = begin_request(buffer, 0, table, set);
        struct nlattr *list = mnl_attr_nest_start(request, NFTA_SET_ELEM_LIST_ELEMENTS);
        struct nlattr *element = mnl_attr_nest_start(request, NFTA_LIST_ELEM);
        struct nlattr *data = mnl_attr_nest_start(request, NFTA_SET_ELEM_KEY);

        mnl_attr_put(request, NFTA_DATA_VALUE, key_size, key);
        mnl_attr_nest_end(request, data);
        mnl_attr_nest_end(request, element);
        mnl_attr_nest_end(request, list);
        return nfw_nft_request(nft, request, read_message, &reader);
}
