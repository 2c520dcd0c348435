/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/chain.h"

#include <arpa/inet.h>
#include <string.h>

#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>

#include "nft/names.h"
#include "nft/userdata.h"

/*
 * Egress comes behind connection tracking and before destinations are rewritten, ingress behind the place where
 * sources are: both see the addresses that the guest sees. Bridges need neither.
 */
static const struct nfw_nft_base_chain base_chains[NFW_N_TABLES][NFW_N_DIRECTIONS] = {
        [NFW_TABLE_INET] = {
                [NFW_EGRESS] = { "prerouting", NF_INET_PRE_ROUTING, NF_IP_PRI_MANGLE, "prerouting", "mangle" },
                [NFW_INGRESS] = { "postrouting", NF_INET_POST_ROUTING, 150, "postrouting", "150" },
        },
        [NFW_TABLE_BRIDGE] = {
                [NFW_EGRESS] = { "prerouting", NF_BR_PRE_ROUTING, 0, "prerouting", "0" },
                [NFW_INGRESS] = { "postrouting", NF_BR_POST_ROUTING, 0, "postrouting", "0" },
        },
};

const struct nfw_nft_base_chain *nfw_nft_base_chain(enum nfw_table table, enum nfw_direction direction) {
        return &base_chains[table][direction];
}

static int begin(struct nfw_nft_batch *batch,
                 uint16_t type,
                 enum nfw_table table,
                 const char *name,
                 const struct nfw_nft_origin *origin,
                 struct nlmsghdr **ret_message) {
        int r;

        r = nfw_nft_batch_begin(batch, type, type == NFT_MSG_NEWCHAIN ? NLM_F_CREATE : 0,
                                nfw_nft_nfproto(table), origin, ret_message);
        if (r < 0)
                return r;
        mnl_attr_put_strz(*ret_message, NFTA_CHAIN_TABLE, nfw_nft_batch_table_name(batch));
        mnl_attr_put_strz(*ret_message, NFTA_CHAIN_NAME, name);
        return 0;
}

int nfw_nft_put_base_chain(struct nfw_nft_batch *batch, enum nfw_table table, enum nfw_direction direction) {
        return nfw_nft_put_base_chain_like(batch, table, nfw_nft_base_chain(table, direction));
}

int nfw_nft_put_base_chain_like(struct nfw_nft_batch *batch,
                                enum nfw_table table,
                                const struct nfw_nft_base_chain *base) {
        struct nfw_nft_origin origin = { .what = "chain", .name = base->name };
        struct nlmsghdr *message;
        struct nlattr *hook;
        int r;

        r = begin(batch, NFT_MSG_NEWCHAIN, table, base->name, &origin, &message);
        if (r < 0)
                return r;

        mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, "filter");
        mnl_attr_put_u32(message, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
        hook = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
        mnl_attr_put_u32(message, NFTA_HOOK_HOOKNUM, htonl(base->hook));
        mnl_attr_put_u32(message, NFTA_HOOK_PRIORITY, htonl((uint32_t)base->priority));
        mnl_attr_nest_end(message, hook);
        return nfw_nft_batch_end(batch, message);
}

int nfw_nft_put_chain(struct nfw_nft_batch *batch,
                      enum nfw_table table,
                      const char *name,
                      const char *comment,
                      const struct nfw_nft_origin *origin) {
        struct nfw_nft_userdata_buffer userdata = { .size = 0 };
        struct nlmsghdr *message;
        int r;

        r = begin(batch, NFT_MSG_NEWCHAIN, table, name, origin, &message);
        if (r < 0)
                return r;
        if (comment && nfw_nft_userdata_put_comment(&userdata, NFTNL_UDATA_CHAIN_COMMENT, comment))
                mnl_attr_put(message, NFTA_CHAIN_USERDATA, userdata.size, userdata.data);
        return nfw_nft_batch_end(batch, message);
}

int nfw_nft_put_chain_removal(struct nfw_nft_batch *batch,
                              enum nfw_table table,
                              const char *name,
                              const struct nfw_nft_origin *origin) {
        struct nlmsghdr *message;
        int r;

        r = begin(batch, NFT_MSG_DELCHAIN, table, name, origin, &message);
        return r < 0 ? r : nfw_nft_batch_end(batch, message);
}
