/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/probe.h"

#include <errno.h>

#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/expr.h"
#include "nft/nftnl.h"

/* A table of its own: ours may exist or not. It never gets beyond the batch. */
#define PROBE_TABLE "nfwpolicy-probe"
#define PROBE_CHAIN "probe"

NFW_DEFINE_NFTNL_CLEANUP(nftnl_rule)

static int begin(struct nfw_nft_batch *batch,
                 uint16_t type,
                 const struct nfw_nft_origin *origin,
                 struct nlmsghdr **ret_message) {
        return nfw_nft_batch_begin(batch, type, NLM_F_CREATE, NFPROTO_BRIDGE, origin, ret_message);
}

static int put_scaffold(struct nfw_nft_batch *batch, const struct nfw_nft_origin *origin) {
        struct nlmsghdr *message;
        int r;

        r = begin(batch, NFT_MSG_NEWTABLE, origin, &message);
        if (r < 0)
                return r;
        mnl_attr_put_strz(message, NFTA_TABLE_NAME, PROBE_TABLE);
        r = nfw_nft_batch_end(batch, message);
        if (r < 0)
                return r;

        r = begin(batch, NFT_MSG_NEWCHAIN, origin, &message);
        if (r < 0)
                return r;
        mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, PROBE_TABLE);
        mnl_attr_put_strz(message, NFTA_CHAIN_NAME, PROBE_CHAIN);
        return nfw_nft_batch_end(batch, message);
}

static int put_rule(struct nfw_nft_batch *batch,
                    int (*add)(struct nftnl_rule *rule),
                    const struct nfw_nft_origin *origin) {
        nfw_cleanup(nftnl_rule_freep) struct nftnl_rule *rule = nftnl_rule_alloc();
        struct nlmsghdr *message;
        int r;

        if (!rule || nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, PROBE_TABLE) < 0 ||
            nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, PROBE_CHAIN) < 0)
                return -ENOMEM;
        r = add(rule);
        if (r < 0)
                return r;

        r = begin(batch, NFT_MSG_NEWRULE, origin, &message);
        if (r < 0)
                return r;
        nftnl_rule_nlmsg_build_payload(message, rule);
        return nfw_nft_batch_end(batch, message);
}

static int probe(struct nfw_nft_socket *nft, int (*add)(struct nftnl_rule *rule), bool *ret_has) {
        static const char probed[] = "rule";
        nfw_cleanup(nfw_nft_batch_freep) struct nfw_nft_batch *batch = NULL;
        struct nfw_nft_origin origin = { .what = "probe" };
        struct nfw_nft_failure failure;
        int r;

        r = nfw_nft_batch_new(PROBE_TABLE, &batch);
        if (r == 0)
                r = put_scaffold(batch, &origin);
        origin.name = probed;
        if (r == 0)
                r = put_rule(batch, add, &origin);
        if (r < 0)
                return r;

        r = nfw_nft_commit(nft, batch, 0, true, &failure);
        /*
         * EPROTO: no connection tracking for the family; ENOENT: no such expression at all. Anything else that goes
         * wrong, such as missing privileges, says nothing about it.
         */
        if (r < 0 && (failure.origin.name != probed || (r != -EPROTO && r != -ENOENT && r != -EOPNOTSUPP)))
                return r;

        *ret_has = r == 0;
        return 0;
}

static int add_state(struct nftnl_rule *rule) {
        return nfw_nft_expr_load(rule, nfw_nft_field(NFW_FIELD_CT_STATE), 0, NFT_REG_1);
}

int nfw_nft_probe_bridge_conntrack(struct nfw_nft_socket *nft, bool *ret_has) {
        return probe(nft, add_state, ret_has);
}

static int add_bridge_name(struct nftnl_rule *rule) {
        return nfw_nft_expr_meta(rule, NFT_META_BRI_IIFNAME, NFT_REG_1);
}

int nfw_nft_probe_bridge_name(struct nfw_nft_socket *nft, bool *ret_has) {
        return probe(nft, add_bridge_name, ret_has);
}

int nfw_nft_probe_bridge_reject(struct nfw_nft_socket *nft, bool *ret_has) {
        return probe(nft, nfw_nft_expr_reject, ret_has);
}
