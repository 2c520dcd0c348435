/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/chain.h"
#include "nft/dump.h"
#include "nft/rule.h"
#include "nft/set.h"

/*
 * The marker may be missing, where somebody else has removed it, and deleting it would fail the whole batch then;
 * adding one that exists does nothing.
 */
static int put_marker_removal(struct nfw_nft_batch *batch,
                              const struct nfw_nft_policy *policy,
                              const struct nfw_nft_origin *origin) {
        struct nfw_nft_marker marker;
        int r;

        r = nfw_nft_marker_init(&marker, policy->name, policy->id);
        if (r == 0)
                r = nfw_nft_put_set(batch, policy->table, &marker.set, policy->name, origin);
        return r < 0 ? r : nfw_nft_put_set_removal(batch, policy->table, marker.name, origin);
}

int nfw_nft_put_policy_removal(struct nfw_nft_batch *batch,
                               const struct nfw_nft_policy *policy,
                               bool with_chains) {
        struct nfw_nft_origin origin = { .what = "policy", .name = policy->name };
        char chain[NFW_NFT_NAME_MAX];
        int r = 0;

        /* The rules first: what they refer to cannot be deleted. */
        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++)
                r = nfw_nft_put_flush(batch, policy->table,
                                      nfw_nft_chain_name(policy->name, direction, chain), &origin);
        nfw_vec_foreach (block, &policy->blocks)
                if (r == 0)
                        r = nfw_nft_put_flush(batch, policy->table, *block, &origin);
        nfw_vec_foreach (set, &policy->sets) {
                struct nfw_nft_origin set_origin = { .what = "set", .name = *set };

                if (r < 0)
                        return r;
                r = nfw_nft_put_set_removal(batch, policy->table, *set, &set_origin);
        }
        if (r == 0)
                r = put_marker_removal(batch, policy, &origin);
        nfw_vec_foreach (block, &policy->blocks)
                if (r == 0)
                        r = nfw_nft_put_chain_removal(batch, policy->table, *block, &origin);
        for (int direction = 0; direction < NFW_N_DIRECTIONS && with_chains && r == 0; direction++)
                r = nfw_nft_put_chain_removal(batch, policy->table,
                                              nfw_nft_chain_name(policy->name, direction, chain), &origin);
        return r;
}
