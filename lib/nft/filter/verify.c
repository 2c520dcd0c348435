/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter/nf_tables.h>

#include "nft/filter/internal.h"
#include "nft/names.h"
#include "nft/socket-internal.h"
#include "nft/verify/internal.h"

#define MAX_ATTEMPTS 64

static int compare_names(const void *a, const void *b) {
        const struct nfw_plan *const *x = a, *const *y = b;

        return strcmp((*x)->policy, (*y)->policy);
}

/* The plans are sorted by their names, as the rules that lead to them are. */
static int put_expected(struct nfw_nft_batch *batch,
                        const struct nfw_plan *const *plans,
                        size_t n_plans,
                        const struct nfw_learning_plan *learning) {
        struct nfw_nft_filter_snapshot known = { 0 };
        int r;

        r = nfw_nft_put_filter_table(batch);
        if (r == 0 && learning)
                r = nfw_nft_put_learning(batch, learning);
        if (r == 0 && learning)
                r = nfw_nft_put_learning_dispatch(batch, learning);
        for (size_t i = 0; i < n_plans && r == 0; i++) {
                bool has_entry[NFW_N_FILTER_LAYERS][NFW_N_DIRECTIONS];

                nfw_nft_filter_entries(plans[i], has_entry);
                r = nfw_nft_put_filter(batch, &known, NULL, plans[i]);
                if (r == 0)
                        r = nfw_nft_put_filter_dispatch(batch, plans[i]->policy, has_entry);
                /* Filters may share them, and one is enough. */
                nfw_vec_foreach (set, &plans[i]->sets)
                        if (r == 0 && set->is_shared)
                                r = nfw_vec_push(&known.named_sets, set->name);
        }
        nfw_vec_deinit(&known.named_sets);
        return r;
}

/* What is expected is what would be sent; so nothing is described twice. */
static int expect(const struct nfw_plan *const *unsorted,
                  size_t n_plans,
                  const struct nfw_learning_plan *learning,
                  struct nfw_nft_image *image) {
        nfw_cleanup(nfw_nft_batch_freep) struct nfw_nft_batch *batch = NULL;
        nfw_cleanup(nfw_freep) const struct nfw_plan **plans = calloc(n_plans + 1, sizeof(*plans));
        const struct nlmsghdr *message;
        int left, r;

        if (!plans)
                return -ENOMEM;
        for (size_t i = 0; i < n_plans; i++)
                plans[i] = unsorted[i];
        qsort(plans, n_plans, sizeof(*plans), compare_names);
        r = nfw_nft_batch_new(image->table_name, &batch);
        if (r == 0)
                r = put_expected(batch, plans, n_plans, learning);
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

/* Sets that an administrator made and no filter refers to now are nobody's business. */
static bool is_named_set(const char *name) {
        return strncmp(name, NFW_FILTER_NAMED_SETS "/", strlen(NFW_FILTER_NAMED_SETS "/")) == 0;
}

static int find_foreign(struct nfw_nft_comparison *comparison) {
        int r = 0;

        nfw_nft_image_foreach (chain, comparison->actual->chains)
                if (r == 0 && !nfw_nft_image_find_chain(comparison->expected, chain->name))
                        r = nfw_nft_differ(comparison, "kernel/foreign-chain", NULL, NULL,
                                           "chain %s is not ours", chain->name);
        nfw_nft_image_foreach (set, comparison->actual->sets)
                if (r == 0 && !(set->flags & NFT_SET_ANONYMOUS) && !is_named_set(set->name) &&
                    !nfw_nft_image_find_set(comparison->expected, set->name, 0))
                        r = nfw_nft_differ(comparison, "kernel/foreign-set", NULL, NULL, "set %s is not ours",
                                           set->name);
        nfw_vec_foreach (name, &comparison->actual->others)
                if (r == 0)
                        r = nfw_nft_differ(comparison, "kernel/foreign-object", NULL, NULL, "%s is not ours",
                                           *name);
        if (r == 0 && comparison->actual->flags & NFT_TABLE_F_DORMANT)
                r = nfw_nft_differ(comparison, "kernel/changed-table", NULL, NULL,
                                   "table %s %s is dormant: nothing in it is in force",
                                   nfw_nft_family_name(comparison->table), comparison->table_name);
        return r;
}

/* -EINTR where the ruleset changed meanwhile. */
static int read_and_compare(struct nfw_nft_socket *nft, struct nfw_nft_comparison *comparison) {
        uint32_t before = 0, after = 0;
        int r;

        r = nfw_nft_generation(nft, &before);
        if (r == 0)
                r = nfw_nft_image_read(nft, comparison->actual);
        if (r == 0)
                r = nfw_nft_image_read_all_rules(nft, comparison->actual);
        if (r == 0)
                r = nfw_nft_generation(nft, &after);
        if (r < 0)
                return r;
        if (before != after)
                return -EINTR;

        r = nfw_nft_compare_chains_and_sets(comparison);
        nfw_nft_image_foreach (chain, comparison->expected->chains)
                if (r == 0)
                        r = nfw_nft_compare_rules(comparison, chain->name);
        return r < 0 ? r : find_foreign(comparison);
}

int nfw_nft_verify_filters(struct nfw_nft_socket *nft,
                           const struct nfw_plan *const *plans,
                           size_t n_plans,
                           const struct nfw_learning_plan *learning,
                           struct nfw_report *report) {
        struct nfw_nft_image expected = { .table = NFW_TABLE_BRIDGE, .table_name = nft->table_name };
        struct nfw_nft_comparison comparison = { 0 };
        int r;

        r = expect(plans, n_plans, learning, &expected);
        if (r == 0)
                r = -EINTR;
        for (int i = 0; r == -EINTR && i < MAX_ATTEMPTS; i++) {
                struct nfw_nft_image actual = { .table = NFW_TABLE_BRIDGE, .table_name = nft->table_name };

                comparison = (struct nfw_nft_comparison){ .table = NFW_TABLE_BRIDGE,
                                                          .table_name = nft->table_name,
                                                          .expected = &expected,
                                                          .actual = &actual,
                                                          .report = report };
                r = read_and_compare(nft, &comparison);
                nfw_nft_image_deinit(&actual);
        }
        nfw_nft_image_deinit(&expected);
        if (r < 0)
                return r == -EINTR ? -EAGAIN : r;
        return comparison.n_differences > 0 ? NFW_E_DIFFERS : 0;
}
