/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/network/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>

#include "nft/chain.h"
#include "nft/names.h"
#include "nft/network/internal.h"
#include "nft/rule.h"

/* No policy's chain or set is called so: theirs have a '-' or a '.' in their names. */
bool nfw_nft_is_network_object(const char *name) {
        return strncmp(name, "network", 7) == 0 && !strpbrk(name, "-.");
}

bool nfw_nft_networks_need_table(const struct nfw_nft_networks *networks) {
        for (size_t i = 0; i < networks->n; i++)
                if (networks->items[i]->mode != NFW_NETWORK_OPEN)
                        return true;
        return false;
}

/* --- what networks have in common ---------------------------------------------------------------------------- */

static bool is_translated(const struct nfw_network *network, uint8_t family) {
        return network->mode == NFW_NETWORK_NAT && (family == AF_INET || network->nat_ipv6);
}

static struct nfw_nft_network_way way_for(const struct nfw_network *network,
                                          uint8_t family,
                                          bool from_guest) {
        struct nfw_nft_network_way way = { .from_guest = from_guest };

        way.replies_only = !from_guest && is_translated(network, family);
        strcpy(way.device, network->device);
        return way;
}

static const struct nfw_nft_network_way *find_way(const struct nfw_nft_network_plan *plan,
                                                  const struct nfw_nft_network_way *wanted) {
        nfw_vec_foreach (way, &plan->ways)
                if (way->from_guest == wanted->from_guest && way->replies_only == wanted->replies_only &&
                    strcmp(way->device, wanted->device) == 0)
                        return way;
        return NULL;
}

static int add_way(struct nfw_nft_network_plan *plan,
                   const struct nfw_network *network,
                   uint8_t family,
                   bool from_guest) {
        struct nfw_nft_network_way way = way_for(network, family, from_guest);

        if (network->mode == NFW_NETWORK_ISOLATED || find_way(plan, &way))
                return 0;
        (void)snprintf(way.chain, sizeof(way.chain), "network_way%zu", plan->ways.n + 1);
        return nfw_vec_push(&plan->ways, way);
}

static struct nfw_nft_network_nat nat_for(const struct nfw_network *network, uint8_t family) {
        struct nfw_nft_network_nat nat = { .ports = { 1024, 65535 } };

        strcpy(nat.device, network->device);
        if (network->nat_ports.first)
                nat.ports = network->nat_ports;
        /* They are IPv4. */
        if (family == AF_INET) {
                nat.first = network->nat_first;
                nat.last = network->nat_last;
        }
        return nat;
}

static const struct nfw_nft_network_nat *find_nat(const struct nfw_nft_network_plan *plan,
                                                  const struct nfw_nft_network_nat *wanted) {
        nfw_vec_foreach (nat, &plan->nats)
                if (strcmp(nat->device, wanted->device) == 0 && nat->ports.first == wanted->ports.first &&
                    nat->ports.last == wanted->ports.last && nfw_addr_equal(&nat->first, &wanted->first) &&
                    nfw_addr_equal(&nat->last, &wanted->last))
                        return nat;
        return NULL;
}

static int add_nat(struct nfw_nft_network_plan *plan, const struct nfw_network *network, uint8_t family) {
        struct nfw_nft_network_nat nat = nat_for(network, family);

        if (!is_translated(network, family) || find_nat(plan, &nat))
                return 0;
        (void)snprintf(nat.chain, sizeof(nat.chain), "network_nat%zu", plan->nats.n + 1);
        return nfw_vec_push(&plan->nats, nat);
}

int nfw_nft_network_plan_init(struct nfw_nft_network_plan *plan, const struct nfw_nft_networks *networks) {
        static const uint8_t families[] = { AF_INET, AF_INET6 };
        int r = 0;

        *plan = (struct nfw_nft_network_plan){ .networks = networks };
        for (size_t i = 0; i < networks->n; i++)
                for (size_t j = 0; j < NFW_ARRAY_SIZE(families) && r == 0; j++) {
                        const struct nfw_network *network = networks->items[i];

                        if (network->mode == NFW_NETWORK_OPEN ||
                            !nfw_network_has_family(network, families[j]))
                                continue;
                        r = add_way(plan, network, families[j], false);
                        if (r == 0)
                                r = add_way(plan, network, families[j], true);
                        if (r == 0)
                                r = add_nat(plan, network, families[j]);
                }
        return r;
}

void nfw_nft_network_plan_deinit(struct nfw_nft_network_plan *plan) {
        nfw_vec_deinit(&plan->ways);
        nfw_vec_deinit(&plan->nats);
}

const char *nfw_nft_network_way_of(const struct nfw_nft_network_plan *plan,
                                   const struct nfw_network *network,
                                   uint8_t family,
                                   bool from_guest) {
        struct nfw_nft_network_way wanted = way_for(network, family, from_guest);

        return find_way(plan, &wanted)->chain;
}

const char *nfw_nft_network_nat_of(const struct nfw_nft_network_plan *plan,
                                   const struct nfw_network *network,
                                   uint8_t family) {
        struct nfw_nft_network_nat wanted = nat_for(network, family);

        return is_translated(network, family) ? find_nat(plan, &wanted)->chain : NULL;
}

/* --- chains -------------------------------------------------------------------------------------------------- */

static const struct {
        const char *name;
        const char *type; /* NULL: no base chain */
        uint32_t hook;
        int32_t priority;
} fixed_chains[] = {
        { NFW_NFT_NETWORK_FORWARD, "filter", NF_INET_FORWARD, NF_IP_PRI_FILTER },
        { NFW_NFT_NETWORK_INPUT, "filter", NF_INET_LOCAL_IN, NF_IP_PRI_FILTER },
        { NFW_NFT_NETWORK_OUTPUT, "filter", NF_INET_LOCAL_OUT, NF_IP_PRI_FILTER },
        { NFW_NFT_NETWORK_NAT, "nat", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC },
        { NFW_NFT_NETWORK_TO, NULL, 0, 0 },
        { NFW_NFT_NETWORK_FROM, NULL, 0, 0 },
};

static int put_base_chain(struct nfw_nft_batch *batch, size_t which) {
        struct nfw_nft_origin origin = { .what = "chain", .name = fixed_chains[which].name };
        struct nlmsghdr *message;
        struct nlattr *hook;
        int r;

        r = nfw_nft_batch_begin(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_INET, &origin, &message);
        if (r < 0)
                return r;
        mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, nfw_nft_batch_table_name(batch));
        mnl_attr_put_strz(message, NFTA_CHAIN_NAME, fixed_chains[which].name);
        mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, fixed_chains[which].type);
        mnl_attr_put_u32(message, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
        hook = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
        mnl_attr_put_u32(message, NFTA_HOOK_HOOKNUM, htonl(fixed_chains[which].hook));
        mnl_attr_put_u32(message, NFTA_HOOK_PRIORITY, htonl((uint32_t)fixed_chains[which].priority));
        mnl_attr_nest_end(message, hook);
        return nfw_nft_batch_end(batch, message);
}

static int put_chain(struct nfw_nft_batch *batch, const char *name) {
        struct nfw_nft_origin origin = { .what = "chain", .name = name };

        return nfw_nft_put_chain(batch, NFW_TABLE_INET, name, NULL, &origin);
}

static int put_chains(struct nfw_nft_batch *batch, const struct nfw_nft_network_plan *plan) {
        int r = 0;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(fixed_chains) && r == 0; i++)
                r = fixed_chains[i].type ? put_base_chain(batch, i) : put_chain(batch, fixed_chains[i].name);
        nfw_vec_foreach (way, &plan->ways)
                if (r == 0)
                        r = put_chain(batch, way->chain);
        nfw_vec_foreach (nat, &plan->nats)
                if (r == 0)
                        r = put_chain(batch, nat->chain);
        return r;
}

int nfw_nft_foreach_network_chain(const struct nfw_nft_networks *networks,
                                  int (*callback)(const char *chain, void *userdata),
                                  void *userdata) {
        nfw_cleanup(nfw_nft_network_plan_deinit) struct nfw_nft_network_plan plan = { 0 };
        int r;

        if (!nfw_nft_networks_need_table(networks))
                return 0;
        r = nfw_nft_network_plan_init(&plan, networks);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(fixed_chains) && r == 0; i++)
                r = callback(fixed_chains[i].name, userdata);
        nfw_vec_foreach (way, &plan.ways)
                if (r == 0)
                        r = callback(way->chain, userdata);
        nfw_vec_foreach (nat, &plan.nats)
                if (r == 0)
                        r = callback(nat->chain, userdata);
        return r;
}

int nfw_nft_put_networks(struct nfw_nft_batch *batch, const struct nfw_nft_networks *networks) {
        nfw_cleanup(nfw_nft_network_plan_deinit) struct nfw_nft_network_plan plan = { 0 };
        int r;

        if (!nfw_nft_networks_need_table(networks))
                return 0;
        r = nfw_nft_network_plan_init(&plan, networks);
        if (r == 0)
                r = put_chains(batch, &plan);
        if (r == 0)
                r = nfw_nft_put_network_sets(batch, &plan);
        return r < 0 ? r : nfw_nft_put_network_rules(batch, &plan);
}

int nfw_nft_put_networks_removal(struct nfw_nft_batch *batch, const struct nfw_nft_network_objects *objects) {
        return nfw_nft_put_network_objects_removal(batch, NFW_TABLE_INET, objects);
}

int nfw_nft_put_network_objects_removal(struct nfw_nft_batch *batch,
                                        enum nfw_table table,
                                        const struct nfw_nft_network_objects *objects) {
        struct nfw_nft_origin origin = { .what = "network" };
        int r = 0;

        /* Rules refer to sets, elements to chains: so in this order. */
        nfw_vec_foreach (chain, &objects->chains) {
                origin.name = *chain;
                if (r == 0)
                        r = nfw_nft_put_flush(batch, table, *chain, &origin);
        }
        nfw_vec_foreach (set, &objects->sets) {
                origin.name = *set;
                if (r == 0)
                        r = nfw_nft_put_set_removal(batch, table, *set, &origin);
        }
        nfw_vec_foreach (chain, &objects->chains) {
                origin.name = *chain;
                if (r == 0)
                        r = nfw_nft_put_chain_removal(batch, table, *chain, &origin);
        }
        return r;
}
