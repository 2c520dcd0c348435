/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports of networks with a policy: what no map of the bridge table leads to the policy yet, or to another one, is
 * dropped in both directions. So whatever joins such a bridge passes nothing before it is under a policy, whoever is
 * there to put it under one.
 */
#include <errno.h>
#include <string.h>

#include <libnftnl/rule.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/chain.h"
#include "nft/element_list.h"
#include "nft/expr.h"
#include "nft/network/network.h"
#include "nft/nftnl.h"
#include "nft/rule.h"
#include "nft/set.h"
#include "nft/userdata.h"

/* As in the inet table all names begin with "network". */
#define BRIDGES "networks"
#define UPLINKS "network_uplinks"

NFW_DEFINE_NFTNL_CLEANUP(nftnl_rule)

static const struct {
        const char *chain;
        uint32_t bridge_key;
} guards[NFW_N_DIRECTIONS] = {
        [NFW_EGRESS] = { "network_egress", NFT_META_BRI_IIFNAME },
        [NFW_INGRESS] = { "network_ingress", NFT_META_BRI_OIFNAME },
};

/* --- elements ------------------------------------------------------------------------------------------------ */

static int put_name(struct nfw_nft_element_list *list, const char *name, const char *comment) {
        struct nfw_nft_userdata_buffer userdata = { .size = 0 };
        char key[IFNAMSIZ] = { 0 };
        int r;

        strcpy(key, name);
        r = nfw_nft_element_begin(list, key, sizeof(key));
        if (r < 0)
                return r;
        if (nfw_nft_userdata_put_text(&userdata, NFTNL_UDATA_SET_ELEM_COMMENT, comment))
                nfw_nft_element_put_userdata(list, userdata.data, userdata.size);
        nfw_nft_element_end(list);
        return 0;
}

/* Several networks may have the same uplink, and an element is there once. */
static bool has_uplink_before(const struct nfw_nft_networks *networks, size_t n, const char *device) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(networks->items[i]->device, device) == 0)
                        return true;
        return false;
}

static int put_set(struct nfw_nft_batch *batch, const struct nfw_nft_networks *networks, const char *name) {
        struct nfw_nft_origin origin = { .what = "set", .name = name };
        struct nfw_nft_set set = { .name = name, .key = { .n_fields = 1 } };
        struct nfw_nft_element_list list = { .batch = batch,
                                             .table = NFW_TABLE_BRIDGE,
                                             .type = NFT_MSG_NEWSETELEM,
                                             .set = name,
                                             .origin = &origin };
        bool is_bridges = strcmp(name, BRIDGES) == 0;
        int r;

        set.key.fields[0] = nfw_nft_port_field(NFW_EGRESS);
        r = nfw_nft_put_set(batch, NFW_TABLE_BRIDGE, &set, NULL, &origin);
        for (size_t i = 0; i < networks->n && r == 0; i++) {
                const struct nfw_network *network = networks->items[i];

                if (is_bridges)
                        r = put_name(&list, network->bridge, network->name);
                else if (network->device[0] && !has_uplink_before(networks, i, network->device))
                        r = put_name(&list, network->device, network->name);
        }
        return r < 0 ? r : nfw_nft_element_list_end(&list);
}

/* --- rules --------------------------------------------------------------------------------------------------- */

static int put_rule(struct nfw_nft_batch *batch, const char *chain, struct nftnl_rule *rule) {
        struct nfw_nft_origin origin = { .what = "rule in the chain", .name = chain };

        return nfw_nft_put_built_rule(batch, NFW_TABLE_BRIDGE, chain, rule, &origin);
}

static int put_uplink_rule(struct nfw_nft_batch *batch, enum nfw_direction direction) {
        nfw_cleanup(nftnl_rule_freep) struct nftnl_rule *rule = nftnl_rule_alloc();
        int r;

        if (!rule)
                return -ENOMEM;
        r = nfw_nft_expr_load(rule, nfw_nft_port_field(direction), 0, NFT_REG_1);
        if (r == 0)
                r = nfw_nft_expr_lookup(rule, UPLINKS, 0, false);
        if (r == 0)
                r = nfw_nft_expr_verdict(rule, (uint32_t)NFT_RETURN);
        return r < 0 ? r : put_rule(batch, guards[direction].chain, rule);
}

static int add_bridge_lookup(struct nftnl_rule *rule, uint32_t bridge_key) {
        int r = nfw_nft_expr_meta(rule, bridge_key, NFT_REG_1);

        return r < 0 ? r : nfw_nft_expr_lookup(rule, BRIDGES, 0, false);
}

static int put_drop_rule(struct nfw_nft_batch *batch, enum nfw_direction direction) {
        nfw_cleanup(nftnl_rule_freep) struct nftnl_rule *rule = nftnl_rule_alloc();
        int r;

        if (!rule)
                return -ENOMEM;
        r = add_bridge_lookup(rule, guards[direction].bridge_key);
        if (r == 0)
                r = nfw_nft_expr_counter(rule);
        if (r == 0)
                r = nfw_nft_expr_verdict(rule, NF_DROP);
        return r < 0 ? r : put_rule(batch, guards[direction].chain, rule);
}

/* Behind the rule that leads ports to their policies: a policy's chains end with a verdict. */
static int put_jump(struct nfw_nft_batch *batch, enum nfw_direction direction) {
        nfw_cleanup(nftnl_rule_freep) struct nftnl_rule *rule = nftnl_rule_alloc();
        int r;

        if (!rule)
                return -ENOMEM;
        r = nfw_nft_expr_branch(rule, NFT_JUMP, guards[direction].chain);
        return r < 0 ? r : put_rule(batch, nfw_nft_base_chain(NFW_TABLE_BRIDGE, direction)->name, rule);
}

int nfw_nft_put_network_guard(struct nfw_nft_batch *batch, const struct nfw_nft_networks *networks) {
        int r;

        if (networks->n == 0)
                return 0;
        r = put_set(batch, networks, BRIDGES);
        if (r == 0)
                r = put_set(batch, networks, UPLINKS);
        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++) {
                struct nfw_nft_origin origin = { .what = "chain", .name = guards[direction].chain };

                r = nfw_nft_put_chain(batch, NFW_TABLE_BRIDGE, guards[direction].chain, NULL, &origin);
                if (r == 0)
                        r = put_uplink_rule(batch, direction);
                if (r == 0)
                        r = put_drop_rule(batch, direction);
                if (r == 0)
                        r = put_jump(batch, direction);
        }
        return r;
}

int nfw_nft_put_network_guard_removal(struct nfw_nft_batch *batch,
                                      const struct nfw_nft_network_objects *objects) {
        struct nfw_nft_origin origin = { .what = "network" };
        int r = 0;

        if (objects->chains.n == 0)
                return 0;
        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++) {
                const char *chain = nfw_nft_base_chain(NFW_TABLE_BRIDGE, direction)->name;

                origin.name = chain;
                r = nfw_nft_put_flush(batch, NFW_TABLE_BRIDGE, chain, &origin);
                if (r == 0)
                        r = nfw_nft_put_dispatch_rule(batch, NFW_TABLE_BRIDGE, direction);
        }
        return r < 0 ? r : nfw_nft_put_network_objects_removal(batch, NFW_TABLE_BRIDGE, objects);
}

int nfw_nft_foreach_guard_chain(const struct nfw_nft_networks *networks,
                                int (*callback)(const char *chain, void *userdata),
                                void *userdata) {
        int r = 0;

        for (int direction = 0; direction < NFW_N_DIRECTIONS && networks->n > 0 && r == 0; direction++)
                r = callback(guards[direction].chain, userdata);
        return r;
}
