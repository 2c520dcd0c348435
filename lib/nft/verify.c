/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/verify.h"

#include <errno.h>
#include <string.h>

#include <linux/netfilter/nf_tables.h>

#include "nft/chain.h"
#include "nft/compile.h"
#include "nft/dump.h"
#include "nft/set.h"
#include "nft/table.h"
#include "nft/verify-internal.h"

#define MAX_ATTEMPTS 64

/* What is expected is what would be sent; so nothing is described twice. */
static int image_from_plan(const struct nfw_plan *plan, struct nfw_nft_image *image) {
        nfw_cleanup(nfw_nft_batch_freep) struct nfw_nft_batch *batch = NULL;
        const struct nlmsghdr *message;
        int left, r;

        r = nfw_nft_batch_new(&batch);
        if (r == 0)
                r = nfw_nft_put_table(batch, plan->table);
        if (r == 0)
                r = nfw_nft_put_plan(batch, plan, true);
        if (r < 0)
                return r;

        message = nfw_nft_batch_data(batch);
        left = (int)nfw_nft_batch_size(batch);
        for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
                r = nfw_nft_image_take(image, message, nfw_nft_batch_origin(batch, message->nlmsg_seq));
                if (r < 0)
                        return r;
        }
        return nfw_nft_image_finish(image);
}

/* The policy's chains and those that all have. */
static bool is_compared_chain(const struct nfw_plan *plan, const char *chain) {
        char name[NFW_NFT_NAME_MAX];

        for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                if (strcmp(chain, nfw_nft_base_chain(plan->table, direction)->name) == 0 ||
                    strcmp(chain, nfw_nft_chain_name(plan->policy, direction, name)) == 0)
                        return true;
        return false;
}

static bool is_other_policys_chain(const struct nfw_nft_snapshot *snapshot,
                                   const struct nfw_plan *plan,
                                   const char *chain) {
        char name[NFW_NFT_NAME_MAX];

        nfw_vec_foreach (policy, &snapshot->policies) {
                if (policy->table != plan->table || strcmp(policy->name, plan->policy) == 0)
                        continue;
                for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                        if (strcmp(chain, nfw_nft_chain_name(policy->name, direction, name)) == 0)
                                return true;
        }
        return false;
}

static bool is_other_policys_set(const struct nfw_nft_snapshot *snapshot,
                                 const struct nfw_plan *plan,
                                 const char *set) {
        struct nfw_nft_marker marker;

        nfw_vec_foreach (policy, &snapshot->policies) {
                if (policy->table != plan->table || strcmp(policy->name, plan->policy) == 0)
                        continue;
                if (nfw_nft_marker_init(&marker, policy->name, "") == 0 && strcmp(set, marker.name) == 0)
                        return true;
                nfw_vec_foreach (name, &policy->sets)
                        if (strcmp(*name, set) == 0)
                                return true;
        }
        return false;
}

static int compare_chains(const struct nfw_nft_comparison *comparison) {
        int r = 0;

        nfw_vec_foreach (chain, &comparison->expected->chains) {
                const struct nfw_nft_image_chain *actual =
                        nfw_nft_image_find_chain(comparison->actual, chain->name);

                if (r < 0)
                        return r;
                if (!actual)
                        r = nfw_nft_differ(comparison, "kernel/missing-chain", NULL, "chain %s is missing",
                                           chain->name);
                else if (strcmp(actual->header, chain->header) != 0)
                        r = nfw_nft_differ(comparison, "kernel/changed-chain", NULL,
                                           "chain %s is \"%s\" where \"%s\" was compiled", chain->name,
                                           actual->header, chain->header);
        }
        nfw_vec_foreach (chain, &comparison->actual->chains)
                if (r == 0 && !nfw_nft_image_find_chain(comparison->expected, chain->name) &&
                    !is_other_policys_chain(comparison->snapshot, comparison->plan, chain->name))
                        r = nfw_nft_differ(comparison, "kernel/foreign-chain", NULL, "chain %s is not ours",
                                           chain->name);
        return r;
}

static int compare_sets(const struct nfw_nft_comparison *comparison) {
        int r = 0;

        nfw_vec_foreach (set, &comparison->expected->sets) {
                const struct nfw_nft_image_set *actual;

                if (r < 0)
                        return r;
                if (set->flags & NFT_SET_ANONYMOUS) /* compared with its rule */
                        continue;
                actual = nfw_nft_image_find_set(comparison->actual, set->name, 0);
                if (!actual)
                        r = nfw_nft_differ(comparison, "kernel/missing-set", NULL, "set %s is missing",
                                           set->name);
                else if (strcmp(actual->header, set->header) != 0)
                        r = nfw_nft_differ(comparison, "kernel/changed-set", NULL,
                                           "set %s is \"%s\" where \"%s\" was compiled", set->name,
                                           actual->header, set->header);
                else if (nfw_nft_set_is_constant(comparison->plan, set->name))
                        r = nfw_nft_compare_elements(comparison, set, actual);
        }
        nfw_vec_foreach (set, &comparison->actual->sets)
                if (r == 0 && !(set->flags & NFT_SET_ANONYMOUS) &&
                    !nfw_nft_image_find_set(comparison->expected, set->name, 0) &&
                    !is_other_policys_set(comparison->snapshot, comparison->plan, set->name))
                        r = nfw_nft_differ(comparison, "kernel/foreign-set", NULL, "set %s is not ours",
                                           set->name);
        return r;
}

static int compare_rules(const struct nfw_nft_comparison *comparison) {
        int r = 0;

        nfw_vec_foreach (chain, &comparison->expected->chains)
                if (r == 0 && is_compared_chain(comparison->plan, chain->name))
                        r = nfw_nft_compare_rules(comparison, chain->name);
        return r;
}

/* Reads and compares; -EINTR where the ruleset changed meanwhile. */
static int read_and_compare(struct nfw_nft_socket *nft,
                            struct nfw_nft_comparison *comparison,
                            struct nfw_nft_image *actual) {
        nfw_cleanup(nfw_nft_snapshot_freep) struct nfw_nft_snapshot *snapshot = NULL;
        enum nfw_table table = comparison->plan->table;
        uint32_t generation = 0;
        int r;

        r = nfw_nft_snapshot_new(nft, &snapshot);
        if (r < 0)
                return r;
        if (!snapshot->tables[table])
                return nfw_nft_differ(comparison, "kernel/missing-table", NULL,
                                      "table %s " NFW_NFT_TABLE " is missing", nfw_nft_family_name(table));

        r = nfw_nft_image_read(nft, comparison->plan, actual);
        if (r == 0)
                r = nfw_nft_generation(nft, &generation);
        if (r < 0)
                return r;
        if (generation != snapshot->generation)
                return -EINTR;

        comparison->snapshot = snapshot;
        comparison->actual = actual;
        r = compare_chains(comparison);
        if (r == 0)
                r = compare_sets(comparison);
        return r < 0 ? r : compare_rules(comparison);
}

int nfw_nft_verify_plan(struct nfw_nft_socket *nft, const struct nfw_plan *plan, struct nfw_report *report) {
        struct nfw_nft_image expected = { .table = plan->table };
        size_t n_differences = 0;
        struct nfw_nft_comparison comparison = {
                .plan = plan, .expected = &expected, .report = report, .n_differences = &n_differences
        };
        int r;

        r = image_from_plan(plan, &expected);
        if (r == 0)
                r = -EINTR;
        for (int i = 0; r == -EINTR && i < MAX_ATTEMPTS; i++) {
                struct nfw_nft_image actual = { .table = plan->table };

                r = read_and_compare(nft, &comparison, &actual);
                nfw_nft_image_deinit(&actual);
        }

        nfw_nft_image_deinit(&expected);
        if (r < 0)
                return r == -EINTR ? -EAGAIN : r;
        return n_differences > 0 ? NFW_E_DIFFERS : 0;
}
