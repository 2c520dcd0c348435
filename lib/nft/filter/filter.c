/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/filter/filter.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_bridge.h>

#include "nft/element_list.h"
#include "nft/filter/internal.h"
#include "nft/match.h"
#include "nft/rule.h"
#include "nft/table.h"

/* Before the policies: an nft accept ends one base chain only, so each of the layers has one. */
static const struct nfw_nft_base_chain base_chains[NFW_N_FILTER_LAYERS][NFW_N_DIRECTIONS] = {
        [NFW_FILTER_LINK] = {
                [NFW_EGRESS] = { "filter-link-egress", NF_BR_PRE_ROUTING, -20, "prerouting", "-20" },
                [NFW_INGRESS] = { "filter-link-ingress", NF_BR_POST_ROUTING, -20, "postrouting", "-20" },
        },
        [NFW_FILTER_NETWORK] = {
                [NFW_EGRESS] = { "filter-network-egress", NF_BR_PRE_ROUTING, -10, "prerouting", "-10" },
                [NFW_INGRESS] = { "filter-network-ingress", NF_BR_POST_ROUTING, -10, "postrouting", "-10" },
        },
};

const struct nfw_nft_base_chain *nfw_nft_filter_base_chain(enum nfw_filter_layer layer,
                                                           enum nfw_direction direction) {
        return &base_chains[layer][direction];
}

const char *nfw_nft_filter_entry(enum nfw_filter_layer layer, enum nfw_direction direction) {
        static const char *const names[NFW_N_FILTER_LAYERS][NFW_N_DIRECTIONS] = {
                [NFW_FILTER_LINK] = { [NFW_EGRESS] = "link-egress", [NFW_INGRESS] = "link-ingress" },
                [NFW_FILTER_NETWORK] = { [NFW_EGRESS] = "network-egress", [NFW_INGRESS] = "network-ingress" },
        };

        return names[layer][direction];
}

int nfw_nft_filter_marker_init(struct nfw_nft_marker *marker, const char *name, const char *id) {
        int n = snprintf(marker->name, sizeof(marker->name), "%s" NFW_NFT_FILTER_ID, name);
        int n_comment = snprintf(marker->comment, sizeof(marker->comment), "filter %s, id %s", name, id);

        if (n < 0 || (size_t)n >= sizeof(marker->name) || n_comment < 0 ||
            (size_t)n_comment >= sizeof(marker->comment))
                return -ENAMETOOLONG;
        marker->set = (struct nfw_nft_set){
                .name = marker->name,
                .comment = marker->comment,
                .key = { .fields = { nfw_nft_port_field(NFW_EGRESS) }, .n_fields = 1 },
        };
        return 0;
}

int nfw_nft_filter_ports_init(struct nfw_nft_marker *ports, const char *name) {
        int n = snprintf(ports->name, sizeof(ports->name), "%s" NFW_NFT_FILTER_PORTS, name);

        if (n < 0 || (size_t)n >= sizeof(ports->name))
                return -ENAMETOOLONG;
        ports->set = (struct nfw_nft_set){
                .name = ports->name,
                .key = { .fields = { nfw_nft_port_field(NFW_EGRESS) }, .n_fields = 1 },
        };
        return 0;
}

int nfw_nft_put_filter_table(struct nfw_nft_batch *batch) {
        int r;

        r = nfw_nft_put_bare_table(batch, NFW_TABLE_BRIDGE);
        for (int layer = 0; layer < NFW_N_FILTER_LAYERS; layer++)
                for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++)
                        r = nfw_nft_put_base_chain_like(batch, NFW_TABLE_BRIDGE,
                                                        &base_chains[layer][direction]);
        return r;
}

int nfw_nft_put_filter_flush(struct nfw_nft_batch *batch) {
        int r = 0;

        for (int layer = 0; layer < NFW_N_FILTER_LAYERS; layer++)
                for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++) {
                        const char *chain = base_chains[layer][direction].name;
                        struct nfw_nft_origin origin = { .what = "chain", .name = chain };

                        r = nfw_nft_put_flush(batch, NFW_TABLE_BRIDGE, chain, &origin);
                }
        return r;
}

int nfw_nft_put_filter_dispatch(struct nfw_nft_batch *batch,
                                const char *name,
                                const bool has_entry[NFW_N_FILTER_LAYERS][NFW_N_DIRECTIONS]) {
        char chain[NFW_NFT_NAME_MAX];
        struct nfw_nft_marker ports;
        int r;

        r = nfw_nft_filter_ports_init(&ports, name);
        for (int layer = 0; layer < NFW_N_FILTER_LAYERS; layer++)
                for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++) {
                        if (!has_entry[layer][direction])
                                continue;
                        snprintf(chain, sizeof(chain), "%s%c%s", name, NFW_FILTER_SEPARATOR,
                                 nfw_nft_filter_entry(layer, direction));
                        r = nfw_nft_put_port_rule(batch, NFW_TABLE_BRIDGE, base_chains[layer][direction].name,
                                                  direction, ports.name, chain);
                }
        return r;
}

/* --- a filter ------------------------------------------------------------------------------------------------ */

static bool has_set(const struct nfw_nft_filter *filter, const char *name) {
        nfw_vec_foreach (set, &filter->sets)
                if (strcmp(set->name, name) == 0)
                        return true;
        return false;
}

static bool has_name(char *const *names, size_t n, const char *name) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(names[i], name) == 0)
                        return true;
        return false;
}

static int put_set(struct nfw_nft_batch *batch,
                   const struct nfw_nft_filter_snapshot *snapshot,
                   const struct nfw_nft_filter *old,
                   const struct nfw_plan_set *plan_set) {
        struct nfw_nft_origin origin = { .what = "set", .name = plan_set->name };
        struct nfw_nft_set set;
        int r;

        if (!plan_set->name ||
            (plan_set->is_shared ? snapshot && has_name(snapshot->named_sets.items, snapshot->named_sets.n,
                                                        plan_set->name)
                                 : old && has_set(old, plan_set->name)))
                return 0;
        r = nfw_nft_set_from_plan(plan_set, &set);
        return r < 0 ? r : nfw_nft_put_set(batch, NFW_TABLE_BRIDGE, &set, NULL, &origin);
}

static int put_fixed_sets(struct nfw_nft_batch *batch,
                          const struct nfw_nft_filter *old,
                          const struct nfw_plan *plan) {
        struct nfw_nft_origin origin = { .what = "filter", .name = plan->policy };
        struct nfw_nft_marker marker;
        int r;

        r = nfw_nft_filter_marker_init(&marker, plan->policy, plan->id);
        if (r == 0)
                r = nfw_nft_put_set(batch, NFW_TABLE_BRIDGE, &marker.set, NULL, &origin);
        if (r < 0 || (old && old->has_ports))
                return r;
        r = nfw_nft_filter_ports_init(&marker, plan->policy);
        return r < 0 ? r : nfw_nft_put_set(batch, NFW_TABLE_BRIDGE, &marker.set, NULL, &origin);
}

static bool keeps_set(const struct nfw_plan *plan, const char *name) {
        if (!plan)
                return false;
        nfw_vec_foreach (set, &plan->sets)
                if (set->name && strcmp(set->name, name) == 0)
                        return true;
        return false;
}

/* What may be missing is added before it is deleted: that a set exists is no error, that it does not would be. */
static int put_marker_removal(struct nfw_nft_batch *batch,
                              const struct nfw_nft_filter *filter,
                              const struct nfw_nft_origin *origin) {
        struct nfw_nft_marker marker;
        int r;

        r = nfw_nft_filter_marker_init(&marker, filter->name, filter->id);
        if (r == 0)
                r = nfw_nft_put_set(batch, NFW_TABLE_BRIDGE, &marker.set, NULL, origin);
        return r < 0 ? r : nfw_nft_put_set_removal(batch, NFW_TABLE_BRIDGE, marker.name, origin);
}

/* plan: what comes in its place, or NULL. */
static int put_removal(struct nfw_nft_batch *batch,
                       const struct nfw_nft_filter *filter,
                       const struct nfw_plan *plan) {
        struct nfw_nft_origin origin = { .what = "filter", .name = filter->name };
        struct nfw_nft_marker ports;
        int r = 0;

        nfw_vec_foreach (chain, &filter->chains)
                if (r == 0)
                        r = nfw_nft_put_flush(batch, NFW_TABLE_BRIDGE, *chain, &origin);
        nfw_vec_foreach (set, &filter->sets)
                if (r == 0 && !keeps_set(plan, set->name))
                        r = nfw_nft_put_set_removal(batch, NFW_TABLE_BRIDGE, set->name, &origin);
        if (r == 0)
                r = put_marker_removal(batch, filter, &origin);
        if (r == 0 && !plan && filter->has_ports) {
                r = nfw_nft_filter_ports_init(&ports, filter->name);
                if (r == 0)
                        r = nfw_nft_put_set_removal(batch, NFW_TABLE_BRIDGE, ports.name, &origin);
        }
        nfw_vec_foreach (chain, &filter->chains)
                if (r == 0)
                        r = nfw_nft_put_chain_removal(batch, NFW_TABLE_BRIDGE, *chain, &origin);
        return r;
}

int nfw_nft_put_filter_removal(struct nfw_nft_batch *batch, const struct nfw_nft_filter *filter) {
        return put_removal(batch, filter, NULL);
}

int nfw_nft_put_filter(struct nfw_nft_batch *batch,
                       const struct nfw_nft_filter_snapshot *snapshot,
                       const struct nfw_nft_filter *old,
                       const struct nfw_plan *plan) {
        struct nfw_nft_origin origin = { .what = "filter", .name = plan->policy };
        int r = 0;

        if (old)
                r = put_removal(batch, old, plan);
        if (r == 0)
                r = put_fixed_sets(batch, old, plan);
        nfw_vec_foreach (set, &plan->sets)
                if (r == 0)
                        r = put_set(batch, snapshot, old, set);
        nfw_vec_foreach (block, &plan->blocks) {
                if (r == 0 && strlen(block->name) >= NFW_NFT_NAME_MAX)
                        r = -ENAMETOOLONG;
                if (r == 0)
                        r = nfw_nft_put_chain(batch, NFW_TABLE_BRIDGE, block->name, block->comment, &origin);
        }
        nfw_vec_foreach (block, &plan->blocks)
                nfw_vec_foreach (rule, &block->rules)
                        if (r == 0)
                                r = nfw_nft_put_rule(batch, plan, block, rule);
        return r;
}

void nfw_nft_filter_entries(const struct nfw_plan *plan,
                            bool ret_entries[NFW_N_FILTER_LAYERS][NFW_N_DIRECTIONS]) {
        size_t n = strlen(plan->policy) + 1;

        for (int layer = 0; layer < NFW_N_FILTER_LAYERS; layer++)
                for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++) {
                        ret_entries[layer][direction] = false;
                        nfw_vec_foreach (block, &plan->blocks)
                                if (strcmp(block->name + n, nfw_nft_filter_entry(layer, direction)) == 0)
                                        ret_entries[layer][direction] = true;
                }
}

int nfw_nft_check_filter(const struct nfw_plan *plan, const char **ret_set) {
        nfw_vec_foreach (plan_set, &plan->sets) {
                struct nfw_nft_set set;
                int r = nfw_nft_set_from_plan(plan_set, &set);

                if (r == 0 && !nfw_nft_set_can_be_listed(&set))
                        r = -EMSGSIZE;
                if (r < 0) {
                        *ret_set = plan_set->name ? plan_set->name : "";
                        return r == -EINVAL ? -EOPNOTSUPP : r;
                }
        }
        return 0;
}
