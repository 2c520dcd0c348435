/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "base/seen.h"
#include "nft/names.h"
#include "nft/read.h"
#include "nft/socket-internal.h"

/* Of the kernel's registers that a key may fill: NFT_REG32_COUNT of four octets, and no more. */
#define KEY_MAX 64

/* Nothing makes a table grow as often as that while nothing is committed. */
#define MAX_PASSES 16

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

static bool get_drop(const struct nlattr *data) {
        const struct nlattr *verdict = find_nested(data, NFTA_DATA_VERDICT), *code;

        code = verdict ? find_nested(verdict, NFTA_VERDICT_CODE) : NULL;
        return code && mnl_attr_validate(code, MNL_TYPE_U32) >= 0 && ntohl(mnl_attr_get_u32(code)) == NF_DROP;
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
                element->drops = get_drop(attribute);
                break;
        case NFTA_SET_ELEM_FLAGS:
                if (mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
                        element->flags = ntohl(mnl_attr_get_u32(attribute));
                break;
        case NFTA_SET_ELEM_EXPIRATION:
                if (mnl_attr_validate(attribute, MNL_TYPE_U64) >= 0)
                        element->expiration_ms = be64toh(mnl_attr_get_u64(attribute));
                /* One that ends at this very moment is not one that never does. */
                if (element->expiration_ms == 0)
                        element->expiration_ms = 1;
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
        struct nfw_seen seen;
        size_t n_messages; /* of the pass */
        size_t n_new;      /* elements in it */
};

static int read_message(const struct nlmsghdr *message, void *userdata) {
        const struct element_reader *reader = userdata;

        return nfw_nft_parse_elements(message, reader->callback, reader->userdata);
}

static size_t put_bytes(uint8_t *buffer, const struct nfw_nft_bytes *bytes) {
        size_t size = bytes->size < KEY_MAX ? bytes->size : KEY_MAX;

        buffer[0] = (uint8_t)size;
        if (size > 0)
                memcpy(buffer + 1, bytes->data, size);
        return 1 + size;
}

static int take_new(const struct nfw_nft_element *element, void *userdata) {
        struct element_reader *reader = userdata;
        uint8_t identity[2 * (1 + KEY_MAX) + 1];
        unsigned int known;
        size_t size;
        int r;

        size = put_bytes(identity, &element->key);
        size += put_bytes(identity + size, &element->key_end);
        identity[size++] = (uint8_t)element->flags;
        r = nfw_seen_add(&reader->seen, identity, size, 1, &known);
        if (r < 0 || known)
                return r;

        reader->n_new++;
        return reader->callback(element, reader->userdata);
}

static int read_new(const struct nlmsghdr *message, void *userdata) {
        struct element_reader *reader = userdata;

        reader->n_messages++;
        return nfw_nft_parse_elements(message, take_new, reader);
}

static struct nlmsghdr *begin_request(const struct nfw_nft_socket *nft,
                                      void *buffer,
                                      uint16_t flags,
                                      enum nfw_table table,
                                      const char *set) {
        struct nlmsghdr *request =
                nfw_nft_request_begin(buffer, NFT_MSG_GETSETELEM, flags, nfw_nft_nfproto(table));

        mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_TABLE, nft->table_name);
        mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, set);
        return request;
}

/*
 * The kernel sends some hundred elements in a message, and begins the next by walking past as many as it has sent.
 * Where the table was made larger or smaller in between, or elements that have expired were taken out, that is at
 * another place: some come twice, others not at all, and no flag says so. So what took more than one message is read
 * until nothing new comes.
 */
int nfw_nft_read_elements(struct nfw_nft_socket *nft,
                          enum nfw_table table,
                          const char *set,
                          int (*callback)(const struct nfw_nft_element *element, void *userdata),
                          void *userdata) {
        struct element_reader reader = { .callback = callback, .userdata = userdata };
        NFW_NFT_REQUEST_BUFFER(buffer);
        int r;

        r = nfw_siphash_key_init(&reader.seen.key);
        for (int i = 0; i < MAX_PASSES && r == 0; i++) {
                reader.n_messages = reader.n_new = 0;
                r = nfw_nft_request(nft, begin_request(nft, buffer, NLM_F_DUMP, table, set), read_new,
                                    &reader);
                if (reader.n_messages <= 1 || reader.n_new == 0)
                        break;
        }
        nfw_seen_deinit(&reader.seen);
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
        struct nlmsghdr *request = begin_request(nft, buffer, 0, table, set);
        struct nlattr *list = mnl_attr_nest_start(request, NFTA_SET_ELEM_LIST_ELEMENTS);
        struct nlattr *element = mnl_attr_nest_start(request, NFTA_LIST_ELEM);
        struct nlattr *data = mnl_attr_nest_start(request, NFTA_SET_ELEM_KEY);

        mnl_attr_put(request, NFTA_DATA_VALUE, key_size, key);
        mnl_attr_nest_end(request, data);
        mnl_attr_nest_end(request, element);
        mnl_attr_nest_end(request, list);
        return nfw_nft_request(nft, request, read_message, &reader);
}
