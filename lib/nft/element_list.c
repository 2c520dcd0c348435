/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/element_list.h"

#include <arpa/inet.h>
#include <endian.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/names.h"
#include "nft/nftnl.h"

/* An element has at most two keys of 64 octets, 256 of user data, a chain's name and some headers. */
#define MESSAGE_FULL (65535 - 1024)

static int begin_message(struct nfw_nft_element_list *list) {
        int r;

        r = nfw_nft_batch_begin(list->batch, list->type, list->type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0,
                                nfw_nft_nfproto(list->table), list->origin, &list->message);
        if (r < 0)
                return r;

        mnl_attr_put_strz(list->message, NFTA_SET_ELEM_LIST_TABLE, nfw_nft_batch_table_name(list->batch));
        mnl_attr_put_strz(list->message, NFTA_SET_ELEM_LIST_SET,
                          list->set ? list->set : NFW_NFT_ANONYMOUS_SET);
        if (list->set_id)
                mnl_attr_put_u32(list->message, NFTA_SET_ELEM_LIST_SET_ID, htonl(list->set_id));
        list->elements = mnl_attr_nest_start(list->message, NFTA_SET_ELEM_LIST_ELEMENTS);
        return 0;
}

int nfw_nft_element_list_end(struct nfw_nft_element_list *list) {
        struct nlmsghdr *message = list->message;

        if (!message)
                return 0;
        list->message = NULL;
        mnl_attr_nest_end(message, list->elements);
        return nfw_nft_batch_end(list->batch, message);
}

static void put_value(struct nlmsghdr *message, uint16_t type, const void *value, size_t size) {
        struct nlattr *nest = mnl_attr_nest_start(message, type);

        mnl_attr_put(message, NFTA_DATA_VALUE, size, value);
        mnl_attr_nest_end(message, nest);
}

int nfw_nft_element_begin(struct nfw_nft_element_list *list, const void *key, size_t key_size) {
        int r;

        if (list->message && list->message->nlmsg_len > MESSAGE_FULL) {
                r = nfw_nft_element_list_end(list);
                if (r < 0)
                        return r;
        }
        if (!list->message) {
                r = begin_message(list);
                if (r < 0)
                        return r;
        }

        list->element = mnl_attr_nest_start(list->message, NFTA_LIST_ELEM);
        put_value(list->message, NFTA_SET_ELEM_KEY, key, key_size);
        return 0;
}

void nfw_nft_element_put_key_end(struct nfw_nft_element_list *list, const void *key, size_t key_size) {
        put_value(list->message, NFTA_SET_ELEM_KEY_END, key, key_size);
}

void nfw_nft_element_put_flags(struct nfw_nft_element_list *list, uint32_t flags) {
        mnl_attr_put_u32(list->message, NFTA_SET_ELEM_FLAGS, htonl(flags));
}

void nfw_nft_element_put_timeout(struct nfw_nft_element_list *list, uint64_t timeout_ms) {
        timeout_ms = NFW_MAX(timeout_ms, NFW_NFT_MIN_TIMEOUT_MS);
        mnl_attr_put_u64(list->message, NFTA_SET_ELEM_TIMEOUT, htobe64(timeout_ms));
        /* Since Linux 6.12: without this an element that exists with the same timeout goes on to run out. */
        mnl_attr_put_u64(list->message, NFTA_SET_ELEM_EXPIRATION, htobe64(timeout_ms));
}

static void put_verdict(struct nfw_nft_element_list *list, uint32_t code, const char *chain) {
        struct nlattr *data = mnl_attr_nest_start(list->message, NFTA_SET_ELEM_DATA);
        struct nlattr *verdict = mnl_attr_nest_start(list->message, NFTA_DATA_VERDICT);

        mnl_attr_put_u32(list->message, NFTA_VERDICT_CODE, htonl(code));
        if (chain)
                mnl_attr_put_strz(list->message, NFTA_VERDICT_CHAIN, chain);
        mnl_attr_nest_end(list->message, verdict);
        mnl_attr_nest_end(list->message, data);
}

void nfw_nft_element_put_goto(struct nfw_nft_element_list *list, const char *chain) {
        put_verdict(list, (uint32_t)NFT_GOTO, chain);
}

void nfw_nft_element_put_drop(struct nfw_nft_element_list *list) {
        put_verdict(list, NF_DROP, NULL);
}

void nfw_nft_element_put_userdata(struct nfw_nft_element_list *list, const void *data, size_t size) {
        mnl_attr_put(list->message, NFTA_SET_ELEM_USERDATA, size, data);
}

void nfw_nft_element_end(struct nfw_nft_element_list *list) {
        mnl_attr_nest_end(list->message, list->element);
}
