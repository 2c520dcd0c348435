/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/verify/verify.h"

#include <errno.h>
#include <string.h>

#include <linux/netfilter/nf_tables.h>

#include "nft/chain.h"
#include "nft/compile.h"
#include "nft/dump.h"
#include "nft/names.h"
#include "nft/socket-internal.h"
#include "nft/table.h"
#include "nft/verify/internal.h"

#define MAX_ATTEMPTS 64

/* What all comparisons of a table need, read once. */
struct nfw_nft_verifier {
        struct nfw_nft_socket *nft;
        struct nfw_report *report;
        enum nfw_table table;
        const struct nfw_nft_networks *networks;
        bool is_read;
        struct nfw_nft_snapshot *snapshot;
        struct nfw_nft_scope scope;
        struct nfw_nft_image actual;
};

static void forget(struct nfw_nft_verifier *verifier) {
        verifier->is_read = false;
        nfw_nft_image_deinit(&verifier->actual);
        verifier->actual =
                (struct nfw_nft_image){ .table = verifier->table, .table_name = verifier->nft->table_name };
        nfw_nft_scope_deinit(&verifier->scope);
        verifier->snapshot = nfw_nft_snapshot_free(verifier->snapshot);
}

struct nfw_nft_verifier *nfw_nft_verifier_free(struct nfw_nft_verifier *verifier) {
        if (verifier)
                forget(verifier);
        free(verifier);
        return NULL;
}

int nfw_nft_verifier_new(struct nfw_nft_socket *nft,
                         enum nfw_table table,
                         struct nfw_report *report,
                         struct nfw_nft_verifier **ret_verifier) {
        struct nfw_nft_verifier *verifier = calloc(1, sizeof(*verifier));

        if (!verifier)
                return -ENOMEM;
        verifier->nft = nft;
        verifier->report = report;
        verifier->table = table;
        verifier->actual.table = table;
        verifier->actual.table_name = nft->table_name;
        *ret_verifier = verifier;
        return 0;
}

void nfw_nft_verifier_set_networks(struct nfw_nft_verifier *verifier,
                                   const struct nfw_nft_networks *networks) {
        verifier->networks = networks;
}

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
        if (r == 0 && !plan && comparison->networks)
                r = comparison->table == NFW_TABLE_INET
                            ? nfw_nft_foreach_network_chain(comparison->networks, callback, userdata)
                            : nfw_nft_foreach_guard_chain(comparison->networks, callback, userdata);
        return r;
}

/* Those that have the same elements as long as they exist. What is learned, and what ports have, is not compared. */
static void expect_elements(const struct nfw_plan *plan, struct nfw_nft_image *image) {
        if (!plan) {
                nfw_nft_image_foreach (set, image->sets)
                        set->is_constant =
                                nfw_nft_is_network_object(set->name) || nfw_nft_is_constant_set(set->name);
                return;
        }
        nfw_vec_foreach (set, &plan->sets) {
                struct nfw_nft_image_set *expected =
                        set->name ? nfw_nft_image_find_set(image, set->name, 0) : NULL;

                if (expected)
                        expected->is_constant = set->learned == SIZE_MAX && !set->meter;
        }
}

/* What is expected is what would be sent; so nothing is described twice. */
static int expect(enum nfw_table table,
                  const struct nfw_plan *plan,
                  const struct nfw_nft_networks *networks,
                  struct nfw_nft_image *image) {
        nfw_cleanup(nfw_nft_batch_freep) struct nfw_nft_batch *batch = NULL;
        const struct nlmsghdr *message;
        int left, r;

        r = nfw_nft_batch_new(image->table_name, &batch);
        if (r == 0)
                r = plan ? nfw_nft_put_plan(batch, plan, true) : nfw_nft_put_table(batch, table);
        if (r == 0 && !plan && networks)
                r = table == NFW_TABLE_INET ? nfw_nft_put_networks(batch, networks)
                                            : nfw_nft_put_network_guard(batch, networks);
        if (r < 0)
                return r;

        message = nfw_nft_batch_data(batch);
        left = (int)nfw_nft_batch_size(batch);
        for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
                r = nfw_nft_image_take(image, message, nfw_nft_batch_origin(batch, message->nlmsg_seq));
                if (r < 0)
                        return r;
        }
        expect_elements(plan, image);
        return nfw_nft_image_finish(image);
}

static int compare_rules(const char *chain, void *userdata) {
        return nfw_nft_compare_rules(userdata, chain);
}

static int read_table(struct nfw_nft_verifier *verifier) {
        int r;

        forget(verifier);
        r = nfw_nft_snapshot_new(verifier->nft, &verifier->snapshot);
        if (r == 0 && verifier->snapshot->tables[verifier->table])
                r = nfw_nft_image_read(verifier->nft, &verifier->actual);
        if (r == 0)
                r = nfw_nft_scope_init(&verifier->scope, verifier->snapshot, verifier->table);
        verifier->is_read = r == 0;
        return r;
}

/* Reads and compares; -EINTR where the ruleset changed meanwhile. */
static int read_and_compare(struct nfw_nft_verifier *verifier, struct nfw_nft_comparison *comparison) {
        uint32_t generation = 0;
        int r;

        r = verifier->is_read ? 0 : read_table(verifier);
        if (r < 0)
                return r;
        if (!verifier->snapshot->tables[verifier->table])
                return nfw_nft_differ(comparison, "kernel/missing-table", NULL, NULL,
                                      "table %s %s is missing", nfw_nft_family_name(verifier->table),
                                      comparison->table_name);

        comparison->snapshot = verifier->snapshot;
        r = nfw_nft_image_read_contents(verifier->nft, comparison);
        if (r == 0)
                r = nfw_nft_generation(verifier->nft, &generation);
        if (r < 0)
                return r;
        if (generation != verifier->snapshot->generation)
                return -EINTR;

        r = nfw_nft_compare_objects(comparison);
        if (r == 0)
                r = nfw_nft_compared_chains(comparison, compare_rules, comparison);
        nfw_nft_image_drop_contents(comparison->actual);
        return r;
}

int nfw_nft_verifier_compare(struct nfw_nft_verifier *verifier, const struct nfw_plan *plan) {
        struct nfw_nft_image expected = { .table = verifier->table, .table_name = verifier->nft->table_name };
        struct nfw_nft_comparison comparison = {
                .table = verifier->table,
                .table_name = verifier->nft->table_name,
                .plan = plan,
                .networks = verifier->networks,
                .expected = &expected,
                .actual = &verifier->actual,
                .scope = &verifier->scope,
                .report = verifier->report,
        };
        int r;

        r = expect(verifier->table, plan, verifier->networks, &expected);
        if (r == 0)
                r = -EINTR;
        for (int i = 0; r == -EINTR && i < MAX_ATTEMPTS; i++) {
                r = read_and_compare(verifier, &comparison);
                if (r < 0)
                        verifier->is_read = false;
        }

        nfw_nft_image_deinit(&expected);
        if (r < 0)
                return r == -EINTR ? -EAGAIN : r;
        return comparison.n_differences > 0 ? NFW_E_DIFFERS : 0;
}

static int verify(struct nfw_nft_socket *nft,
                  enum nfw_table table,
                  const struct nfw_plan *plan,
                  struct nfw_report *report) {
        nfw_cleanup(nfw_nft_verifier_freep) struct nfw_nft_verifier *verifier = NULL;
        int r;

        r = nfw_nft_verifier_new(nft, table, report, &verifier);
        return r < 0 ? r : nfw_nft_verifier_compare(verifier, plan);
}

int nfw_nft_verify_plan(struct nfw_nft_socket *nft, const struct nfw_plan *plan, struct nfw_report *report) {
        return verify(nft, plan->table, plan, report);
}

int nfw_nft_verify_table(struct nfw_nft_socket *nft, enum nfw_table table, struct nfw_report *report) {
        return verify(nft, table, NULL, report);
}
