/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/notify.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "nft/read.h"
#include "nft/socket-internal.h"

/* Datagrams for one dispatch, so that a flood of them does not keep the caller from its other work. */
#define MAX_DATAGRAMS 256

struct nfw_nft_notifier {
        struct nfw_nft_socket *nft;
        const char *filter_table_name; /* NULL: nobody asks */
};

int nfw_nft_notifier_new(const char *table_name, struct nfw_nft_notifier **ret_notifier) {
        nfw_cleanup(nfw_nft_notifier_freep) struct nfw_nft_notifier *notifier = NULL;
        int group = NFNLGRP_NFTABLES, r;

        notifier = calloc(1, sizeof(*notifier));
        if (!notifier)
                return -ENOMEM;

        r = nfw_nft_socket_new(table_name, &notifier->nft);
        if (r < 0)
                return r;
        if (setsockopt(notifier->nft->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
                return -errno;

        *ret_notifier = nfw_steal(notifier);
        return 0;
}

struct nfw_nft_notifier *nfw_nft_notifier_free(struct nfw_nft_notifier *notifier) {
        if (notifier) {
                nfw_nft_socket_free(notifier->nft);
                free(notifier);
        }
        return NULL;
}

void nfw_nft_notifier_watch_filters(struct nfw_nft_notifier *notifier, const char *table_name) {
        notifier->filter_table_name = table_name;
}

int nfw_nft_notifier_get_fd(const struct nfw_nft_notifier *notifier) {
        return notifier->nft->fd;
}

struct dispatch {
        const char *table_name;
        const char *filter_table_name;
        const struct nfw_nft_notify_handlers *handlers;
        void *userdata;
        const char *set;
        bool added;
};

static int take_element(const struct nfw_nft_element *element, void *userdata) {
        const struct dispatch *dispatch = userdata;
        struct nfw_nft_grant grant;

        if (!nfw_nft_grant_decode(element, &grant))
                return 0;
        return dispatch->handlers->grant(dispatch->set, dispatch->added, &grant, dispatch->userdata);
}

static bool is_ours(const struct dispatch *dispatch,
                    const struct nlmsghdr *message,
                    const struct nlattr *attribute) {
        for (int table = 0; table < NFW_N_TABLES; table++)
                if (nfw_nft_is_ours(message, (enum nfw_table)table, dispatch->table_name, attribute))
                        return true;
        return false;
}

static int take_elements(const struct nlmsghdr *message, bool added, struct dispatch *dispatch) {
        const struct nlattr *attributes[NFTA_SET_ELEM_LIST_MAX + 1], *set;

        nfw_nft_read_attributes(message, attributes, NFTA_SET_ELEM_LIST_MAX);
        set = attributes[NFTA_SET_ELEM_LIST_SET];
        if (!is_ours(dispatch, message, attributes[NFTA_SET_ELEM_LIST_TABLE]) || !set ||
            mnl_attr_validate(set, MNL_TYPE_NUL_STRING) < 0)
                return 0;

        dispatch->set = mnl_attr_get_str(set);
        dispatch->added = added;
        if (dispatch->handlers->elements) {
                int r = dispatch->handlers->elements(dispatch->set, dispatch->userdata);

                if (r < 0)
                        return r;
        }
        if (!dispatch->handlers->grant)
                return 0;
        return nfw_nft_parse_elements(message, take_element, dispatch);
}

static int take_set(const struct nlmsghdr *message, const struct dispatch *dispatch) {
        const struct nlattr *attributes[NFTA_SET_MAX + 1];

        nfw_nft_read_attributes(message, attributes, NFTA_SET_MAX);
        if (!dispatch->handlers->set || !is_ours(dispatch, message, attributes[NFTA_SET_TABLE]))
                return 0;
        return dispatch->handlers->set(dispatch->userdata);
}

/* In each of these messages the table's name has the number 1. */
static int take_object(const struct nlmsghdr *message, const struct dispatch *dispatch) {
        const struct nlattr *attributes[NFTA_CHAIN_TABLE + 1];

        if (!dispatch->handlers->object)
                return 0;
        nfw_nft_read_attributes(message, attributes, NFTA_CHAIN_TABLE);
        return is_ours(dispatch, message, attributes[NFTA_CHAIN_TABLE])
                       ? dispatch->handlers->object(dispatch->userdata)
                       : 0;
}

static int take_generation(const struct nlmsghdr *message, const struct dispatch *dispatch) {
        const struct nlattr *attributes[NFTA_GEN_MAX + 1];
        struct nfw_nft_author author = { 0 };

        nfw_nft_read_attributes(message, attributes, NFTA_GEN_MAX);
        if (attributes[NFTA_GEN_PROC_PID] &&
            mnl_attr_validate(attributes[NFTA_GEN_PROC_PID], MNL_TYPE_U32) >= 0)
                author.pid = ntohl(mnl_attr_get_u32(attributes[NFTA_GEN_PROC_PID]));
        if (attributes[NFTA_GEN_PROC_NAME] &&
            mnl_attr_validate(attributes[NFTA_GEN_PROC_NAME], MNL_TYPE_NUL_STRING) >= 0)
                snprintf(author.name, sizeof(author.name), "%s",
                         mnl_attr_get_str(attributes[NFTA_GEN_PROC_NAME]));
        return dispatch->handlers->end(&author, dispatch->userdata);
}

/* Whatever a message is about, the table's name has the number 1 in it, besides that which ends a transaction. */
static bool is_of_filters(const struct nlmsghdr *message, const struct dispatch *dispatch) {
        const struct nlattr *attributes[NFTA_CHAIN_TABLE + 1];

        if (!dispatch->filter_table_name || !dispatch->handlers->filter ||
            NFNL_MSG_TYPE(message->nlmsg_type) == NFT_MSG_NEWGEN)
                return false;
        nfw_nft_read_attributes(message, attributes, NFTA_CHAIN_TABLE);
        return nfw_nft_is_ours(message, NFW_TABLE_BRIDGE, dispatch->filter_table_name,
                               attributes[NFTA_CHAIN_TABLE]);
}

static int take_message(const struct nlmsghdr *message, struct dispatch *dispatch) {
        int r;

        if (mnl_nlmsg_get_payload_len(message) < sizeof(struct nfgenmsg) ||
            NFNL_SUBSYS_ID(message->nlmsg_type) != NFNL_SUBSYS_NFTABLES)
                return 0;
        if (is_of_filters(message, dispatch))
                return dispatch->handlers->filter(dispatch->userdata);

        switch (NFNL_MSG_TYPE(message->nlmsg_type)) {
        case NFT_MSG_NEWSETELEM:
                return take_elements(message, true, dispatch);
        case NFT_MSG_DELSETELEM:
                return take_elements(message, false, dispatch);
        case NFT_MSG_NEWSET:
        case NFT_MSG_DELSET:
                r = take_set(message, dispatch);
                return r < 0 ? r : take_object(message, dispatch);
        case NFT_MSG_NEWTABLE:
        case NFT_MSG_DELTABLE:
        case NFT_MSG_NEWCHAIN:
        case NFT_MSG_DELCHAIN:
        case NFT_MSG_NEWRULE:
        case NFT_MSG_DELRULE:
        case NFT_MSG_NEWOBJ:
        case NFT_MSG_DELOBJ:
        case NFT_MSG_NEWFLOWTABLE:
        case NFT_MSG_DELFLOWTABLE:
                return take_object(message, dispatch);
        case NFT_MSG_NEWGEN:
                return take_generation(message, dispatch);
        default:
                return 0;
        }
}

int nfw_nft_notifier_dispatch(struct nfw_nft_notifier *notifier,
                              const struct nfw_nft_notify_handlers *handlers,
                              void *userdata) {
        struct dispatch dispatch = { .table_name = notifier->nft->table_name,
                                     .filter_table_name = notifier->filter_table_name,
                                     .handlers = handlers,
                                     .userdata = userdata };
        int r = 0;

        for (int i = 0; r == 0 && i < MAX_DATAGRAMS; i++) {
                const struct nlmsghdr *message = (const void *)notifier->nft->buffer;
                ssize_t n = nfw_nft_socket_receive(notifier->nft, MSG_DONTWAIT);
                int left = (int)n;

                if (n == -EAGAIN)
                        return 0;
                if (n == -ENOBUFS || n == -EMSGSIZE) {
                        r = handlers->lost(userdata);
                        continue;
                }
                if (n < 0)
                        return (int)n;

                for (; r == 0 && mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
                        r = take_message(message, &dispatch);
        }
        return r;
}
