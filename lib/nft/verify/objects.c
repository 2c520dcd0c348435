/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <linux/netfilter/nf_tables.h>

#include "nft/names.h"
#include "nft/owner.h"
#include "nft/verify/internal.h"

static int foreign_chain(const char *chain, void *userdata) {
        struct nfw_nft_comparison *comparison = userdata;

        if (nfw_nft_image_find_chain(comparison->expected, chain) ||
            !nfw_nft_image_find_chain(comparison->actual, chain))
                return 0;
        return nfw_nft_differ(comparison, "kernel/foreign-chain", NULL, NULL, "chain %s is not ours", chain);
}

static int foreign_set(const char *set, void *userdata) {
        struct nfw_nft_comparison *comparison = userdata;

        if (nfw_nft_image_find_set(comparison->expected, set, 0) ||
            !nfw_nft_image_find_set(comparison->actual, set, 0))
                return 0;
        return nfw_nft_differ(comparison, "kernel/foreign-set", NULL, NULL, "set %s is not ours", set);
}

/* What a policy has is compared with that one's plan, the rest once. */
static int find_foreign(struct nfw_nft_comparison *comparison) {
        int r = 0;

        if (comparison->plan) {
                const struct nfw_nft_policy *policy = nfw_nft_find_policy(
                        comparison->snapshot, comparison->table, comparison->plan->policy);

                if (policy)
                        r = nfw_nft_foreach_chain(policy, foreign_chain, comparison);
                return policy && r == 0 ? nfw_nft_foreach_set(policy, foreign_set, comparison) : r;
        }

        nfw_nft_image_foreach (chain, comparison->actual->chains)
                if (r == 0 && !nfw_nft_scope_has_chain(comparison->scope, chain->name))
                        r = foreign_chain(chain->name, comparison);
        nfw_nft_image_foreach (set, comparison->actual->sets)
                if (r == 0 && !(set->flags & NFT_SET_ANONYMOUS) &&
                    !nfw_nft_scope_has_set(comparison->scope, set->name))
                        r = foreign_set(set->name, comparison);
        return r;
}

static int compare_chains(struct nfw_nft_comparison *comparison) {
        int r = 0;

        nfw_nft_image_foreach (chain, comparison->expected->chains) {
                const struct nfw_nft_image_chain *actual =
                        nfw_nft_image_find_chain(comparison->actual, chain->name);

                if (r < 0)
                        return r;
                if (!actual)
                        r = nfw_nft_differ(comparison, "kernel/missing-chain", NULL, NULL,
                                           "chain %s is missing", chain->name);
                else if (strcmp(actual->header, chain->header) != 0)
                        r = nfw_nft_differ(comparison, "kernel/changed-chain", NULL, NULL,
                                           "chain %s is \"%s\" where \"%s\" was compiled", chain->name,
                                           actual->header, chain->header);
        }
        return r;
}

static int compare_sets(struct nfw_nft_comparison *comparison) {
        int r = 0;

        nfw_nft_image_foreach (set, comparison->expected->sets) {
                const struct nfw_nft_image_set *actual;

                if (r < 0)
                        return r;
                if (set->flags & NFT_SET_ANONYMOUS) /* compared with its rule */
                        continue;
                actual = nfw_nft_image_find_set(comparison->actual, set->name, 0);
                if (!actual)
                        r = nfw_nft_differ(comparison, "kernel/missing-set", NULL, NULL, "set %s is missing",
                                           set->name);
                else if (strcmp(actual->header, set->header) != 0)
                        r = nfw_nft_differ(comparison, "kernel/changed-set", NULL, NULL,
                                           "set %s is \"%s\" where \"%s\" was compiled", set->name,
                                           actual->header, set->header);
                else if (set->is_constant)
                        r = nfw_nft_compare_elements(comparison, set, actual);
        }
        return r;
}

static int differ_port(struct nfw_nft_comparison *comparison, const struct nfw_nft_port *port) {
        const char *policy = port->policy ? port->policy : "(none)";

        for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                if (port->is_missing[direction])
                        return nfw_nft_differ(comparison, "kernel/missing-element", NULL, NULL,
                                              "map %s lacks port %s, which is under policy %s: nothing "
                                              "restricts its %s",
                                              nfw_nft_map_name(direction), port->interface, policy,
                                              nfw_nft_map_name(direction));
        return nfw_nft_differ(comparison, "kernel/foreign-element", NULL, NULL,
                              "the maps do not both lead port %s to policy %s", port->interface, policy);
}

/* What is no policy's at all. */
static int compare_table(struct nfw_nft_comparison *comparison) {
        int r = 0;

        if (comparison->plan)
                return 0;
        if (comparison->actual->flags & NFT_TABLE_F_DORMANT)
                r = nfw_nft_differ(comparison, "kernel/changed-table", NULL, NULL,
                                   "table %s %s is dormant: nothing in it is in force",
                                   nfw_nft_family_name(comparison->table), comparison->table_name);
        nfw_vec_foreach (port, &comparison->snapshot->ports)
                if (r == 0 && port->table == comparison->table && port->is_broken)
                        r = differ_port(comparison, port);
        nfw_vec_foreach (name, &comparison->actual->others)
                if (r == 0)
                        r = nfw_nft_differ(comparison, "kernel/foreign-object", NULL, NULL, "%s is not ours",
                                           *name);
        return r;
}

int nfw_nft_compare_chains_and_sets(struct nfw_nft_comparison *comparison) {
        int r;

        r = compare_chains(comparison);
        return r < 0 ? r : compare_sets(comparison);
}

int nfw_nft_compare_objects(struct nfw_nft_comparison *comparison) {
        int r;

        r = compare_table(comparison);
        if (r == 0)
                r = compare_chains(comparison);
        if (r == 0)
                r = compare_sets(comparison);
        return r < 0 ? r : find_foreign(comparison);
}
