/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/compile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nft/chain.h"
#include "nft/rule.h"
#include "nft/set.h"

const char *nfw_nft_chain_name(const char *policy, enum nfw_direction direction, char *buffer) {
        snprintf(buffer, NFW_NFT_NAME_MAX, "%s-%s", policy, direction == NFW_EGRESS ? "egress" : "ingress");
        return buffer;
}

static int put_marker(struct nfw_nft_batch *batch, const struct nfw_plan *plan) {
        struct nfw_nft_origin origin = { .what = "policy", .name = plan->policy };
        struct nfw_nft_marker marker;
        int r;

        r = nfw_nft_marker_init(&marker, plan->policy, plan->id);
        return r < 0 ? r : nfw_nft_put_set(batch, plan->table, &marker.set, plan->policy, &origin);
}

static int put_sets(struct nfw_nft_batch *batch, const struct nfw_plan *plan) {
        int r;

        nfw_vec_foreach (plan_set, &plan->sets) {
                struct nfw_nft_origin origin = { .what = "set", .name = plan_set->name };
                struct nfw_nft_set set;

                if (!plan_set->name || plan_set->is_shared)
                        continue;
                r = nfw_nft_set_from_plan(plan_set, &set);
                if (r == 0)
                        r = nfw_nft_put_set(batch, plan->table, &set, plan->policy, &origin);
                if (r == 0)
                        r = nfw_nft_put_set_elements(batch, plan->table, &set, plan_set, &origin);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int put_chain_of(struct nfw_nft_batch *batch,
                        const struct nfw_plan *plan,
                        const struct nfw_plan_chain *chain) {
        struct nfw_nft_origin origin = { .what = "policy", .name = plan->policy };

        return nfw_nft_put_chain(batch, plan->table, chain->name, chain->comment, &origin);
}

/* Blocks are made and deleted with their rules: unlike the chains of a policy, no map refers to them. */
static int put_chains(struct nfw_nft_batch *batch, const struct nfw_plan *plan, bool with_chains) {
        int r = 0;

        for (int direction = 0; direction < NFW_N_DIRECTIONS && with_chains && r == 0; direction++)
                r = put_chain_of(batch, plan, &plan->chains[direction]);
        nfw_vec_foreach (block, &plan->blocks)
                if (r == 0)
                        r = put_chain_of(batch, plan, block);
        return r;
}

static int put_rules(struct nfw_nft_batch *batch,
                     const struct nfw_plan *plan,
                     const struct nfw_plan_chain *chain) {
        int r = 0;

        nfw_vec_foreach (rule, &chain->rules)
                if (r == 0)
                        r = nfw_nft_put_rule(batch, plan, chain, rule);
        return r;
}

int nfw_nft_put_plan(struct nfw_nft_batch *batch, const struct nfw_plan *plan, bool with_chains) {
        int r;

        /* Chains are named after the policy, and a name that was cut would be another policy's. */
        if (strlen(plan->policy) + strlen("-ingress-block4294967295") >= NFW_NFT_NAME_MAX)
                return -ENAMETOOLONG;

        r = put_marker(batch, plan);
        if (r == 0)
                r = put_sets(batch, plan);
        if (r == 0)
                r = put_chains(batch, plan, with_chains);
        nfw_vec_foreach (block, &plan->blocks)
                if (r == 0)
                        r = put_rules(batch, plan, block);
        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++)
                r = put_rules(batch, plan, &plan->chains[direction]);
        return r;
}
