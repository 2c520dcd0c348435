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

int nfw_nft_compared_chains(const struct nfw_nft_comparison *comparison,
                            int (*callback)(const char *chain, void *userdata),
                            void *userdata) {
        const struct nfw_plan *plan = comparison->plan;
        int r = 0;

        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++)
                r = callback(plan ? plan->chains[direction].name
                                  : nfw_nft_base_chain(comparison->table, direction)->name,
                             userdata);
        for (size_t i = 0; plan && i < plan->blocks.n && r == 0; i++)
                r = callback(plan->blocks.items[i].name, userdata);
        return r;
}

/* What is expected is what would be sent; so nothing is described twice. */
static int expect(const struct nfw_nft_comparison *comparison, struct nfw_nft_image *image) {
        nfw_cleanup(nfw_nft_batch_freep) struct nfw_nft_batch *batch = NULL;
        const struct nlmsghdr *message;
        int left, r;

        r = nfw_nft_batch_new(&batch);
        if (r == 0)
                r = comparison->plan ? nfw_nft_put_plan(batch, comparison->plan, true)
                                     : nfw_nft_put_table(batch, comparison->table);
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

static bool has_chain(const struct nfw_nft_policy *policy, const char *chain) {
        char name[NFW_NFT_NAME_MAX];

        for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                if (strcmp(chain, nfw_nft_chain_name(policy->name, direction, name)) == 0)
                        return true;
        nfw_vec_foreach (block, &policy->blocks)
                if (strcmp(*block, chain) == 0)
                        return true;
        return false;
}

static bool has_set(const struct nfw_nft_policy *policy, const char *set) {
        struct nfw_nft_marker marker;

        if (nfw_nft_marker_init(&marker, policy->name, "") == 0 && strcmp(set, marker.name) == 0)
                return true;
        nfw_vec_foreach (name, &policy->sets)
                if (strcmp(*name, set) == 0)
                        return true;
        return false;
}

/* Whether something is to be seen here: what a policy has is compared with that one's plan, the rest once. */
static bool is_in_scope(const struct nfw_nft_comparison *comparison,
                        bool (*has)(const struct nfw_nft_policy *policy, const char *name),
                        const char *name) {
        const struct nfw_plan *plan = comparison->plan;

        nfw_vec_foreach (policy, &comparison->snapshot->policies)
                if (policy->table == comparison->table && has(policy, name))
                        return plan && strcmp(policy->name, plan->policy) == 0;
        return !plan;
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
                    is_in_scope(comparison, has_chain, chain->name))
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
                    is_in_scope(comparison, has_set, set->name))
                        r = nfw_nft_differ(comparison, "kernel/foreign-set", NULL, "set %s is not ours",
                                           set->name);
        return r;
}

static int differ_port(const struct nfw_nft_comparison *comparison, const struct nfw_nft_port *port) {
        for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                if (port->is_missing[direction])
                        return nfw_nft_differ(comparison, "kernel/missing-element", NULL,
                                              "map %s lacks port %s, which is under policy %s: nothing "
                                              "restricts its %s",
                                              nfw_nft_map_name(direction), port->interface, port->policy,
                                              nfw_nft_map_name(direction));
        return nfw_nft_differ(comparison, "kernel/foreign-element", NULL,
                              "the maps do not both lead port %s to policy %s", port->interface,
                              port->policy);
}

/* What is no policy's at all. */
static int compare_table(const struct nfw_nft_comparison *comparison) {
        int r = 0;

        if (comparison->plan)
                return 0;
        if (comparison->actual->flags & NFT_TABLE_F_DORMANT)
                r = nfw_nft_differ(comparison, "kernel/changed-table", NULL,
                                   "table %s " NFW_NFT_TABLE " is dormant: nothing in it is in force",
                                   nfw_nft_family_name(comparison->table));
        nfw_vec_foreach (port, &comparison->snapshot->ports)
                if (r == 0 && port->table == comparison->table && port->is_broken)
                        r = differ_port(comparison, port);
        nfw_vec_foreach (name, &comparison->actual->others)
                if (r == 0)
                        r = nfw_nft_differ(comparison, "kernel/foreign-object", NULL, "%s is not ours",
                                           *name);
        return r;
}

static int compare_rules(const char *chain, void *userdata) {
        return nfw_nft_compare_rules(userdata, chain);
}

/* Reads and compares; -EINTR where the ruleset changed meanwhile. */
static int read_and_compare(struct nfw_nft_socket *nft,
                            struct nfw_nft_comparison *comparison,
                            struct nfw_nft_image *actual) {
        nfw_cleanup(nfw_nft_snapshot_freep) struct nfw_nft_snapshot *snapshot = NULL;
        uint32_t generation = 0;
        int r;

        r = nfw_nft_snapshot_new(nft, &snapshot);
        if (r < 0)
                return r;
        if (!snapshot->tables[comparison->table])
                return nfw_nft_differ(comparison, "kernel/missing-table", NULL,
                                      "table %s " NFW_NFT_TABLE " is missing",
                                      nfw_nft_family_name(comparison->table));

        r = nfw_nft_image_read(nft, comparison, actual);
        if (r == 0)
                r = nfw_nft_generation(nft, &generation);
        if (r < 0)
                return r;
        if (generation != snapshot->generation)
                return -EINTR;

        comparison->snapshot = snapshot;
        comparison->actual = actual;
        r = compare_table(comparison);
        if (r == 0)
                r = compare_chains(comparison);
        if (r == 0)
                r = compare_sets(comparison);
        return r < 0 ? r : nfw_nft_compared_chains(comparison, compare_rules, comparison);
}

static int verify(struct nfw_nft_socket *nft,
                  enum nfw_table table,
                  const struct nfw_plan *plan,
                  struct nfw_report *report) {
        struct nfw_nft_image expected = { .table = table };
        size_t n_differences = 0;
        struct nfw_nft_comparison comparison = {
                .table = table,
                .plan = plan,
                .expected = &expected,
                .report = report,
                .n_differences = &n_differences,
        };
        int r;

        r = expect(&comparison, &expected);
        if (r == 0)
                r = -EINTR;
        for (int i = 0; r == -EINTR && i < MAX_ATTEMPTS; i++) {
                struct nfw_nft_image actual = { .table = table };

                r = read_and_compare(nft, &comparison, &actual);
                nfw_nft_image_deinit(&actual);
        }

        nfw_nft_image_deinit(&expected);
        if (r < 0)
                return r == -EINTR ? -EAGAIN : r;
        return n_differences > 0 ? NFW_E_DIFFERS : 0;
}

int nfw_nft_verify_plan(struct nfw_nft_socket *nft, const struct nfw_plan *plan, struct nfw_report *report) {
        return verify(nft, plan->table, plan, report);
}

int nfw_nft_verify_table(struct nfw_nft_socket *nft, enum nfw_table table, struct nfw_report *report) {
        return verify(nft, table, NULL, report);
}
