/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/dump.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/udata.h>

#include "nft/network/network.h"
#include "nft/owner.h"
#include "nft/ports.h"
#include "nft/read.h"
#include "nft/userdata.h"

/* Other programs may commit while the tables are read, but not for ever. */
#define MAX_ATTEMPTS 64

struct reading {
        struct nfw_nft_snapshot *snapshot;
        struct nfw_nft_policy_index policies; /* when all are known */
        uint64_t table_handle;
        enum nfw_table table;
};

static void policy_deinit(struct nfw_nft_policy *policy) {
        nfw_vec_foreach (set, &policy->sets)
                free(*set);
        nfw_vec_deinit(&policy->sets);
        nfw_vec_foreach (block, &policy->blocks)
                free(*block);
        nfw_vec_deinit(&policy->blocks);
        free(policy->name);
        free(policy->id);
}

void nfw_nft_network_objects_deinit(struct nfw_nft_network_objects *objects) {
        nfw_vec_foreach (chain, &objects->chains)
                free(*chain);
        nfw_vec_deinit(&objects->chains);
        nfw_vec_foreach (set, &objects->sets)
                free(*set);
        nfw_vec_deinit(&objects->sets);
}

struct nfw_nft_snapshot *nfw_nft_snapshot_free(struct nfw_nft_snapshot *snapshot) {
        if (snapshot) {
                nfw_vec_foreach (policy, &snapshot->policies)
                        policy_deinit(policy);
                nfw_vec_deinit(&snapshot->policies);
                nfw_vec_foreach (port, &snapshot->ports)
                        nfw_nft_port_deinit(port);
                nfw_vec_deinit(&snapshot->ports);
                for (int table = 0; table < NFW_N_TABLES; table++)
                        nfw_nft_network_objects_deinit(&snapshot->networks[table]);
                free(snapshot);
        }
        return NULL;
}

static int take_network_chain(struct nfw_nft_network_objects *networks, const char *chain) {
        char *name = strdup(chain);
        int r;

        r = name ? nfw_vec_push(&networks->chains, name) : -ENOMEM;
        if (r < 0)
                free(name);
        return r;
}

static int take_network_set(const struct nfw_nft_object *set, void *userdata) {
        struct nfw_nft_network_objects *networks = userdata;
        char *name;
        int r;

        if (!nfw_nft_is_network_object(set->name))
                return 0;
        name = strdup(set->name);
        r = name ? nfw_vec_push(&networks->sets, name) : -ENOMEM;
        if (r < 0)
                free(name);
        return r;
}

static int take_chain(const struct nfw_nft_object *chain, void *userdata) {
        const struct reading *reading = userdata;
        const char *comment = nfw_nft_userdata_comment(chain->userdata.data, chain->userdata.size,
                                                       NFTNL_UDATA_CHAIN_COMMENT);
        struct nfw_nft_policy policy = { .table = reading->table };
        const char *id;
        int r;

        if (nfw_nft_is_network_object(chain->name))
                return take_network_chain(&reading->snapshot->networks[reading->table], chain->name);
        if (!comment)
                return 0;
        r = nfw_nft_policy_of_chain(chain->name, NFW_EGRESS, &policy.name);
        if (r < 0 || !policy.name)
                return r;

        id = nfw_nft_comment_id(comment, policy.name);
        if (!id) {
                policy_deinit(&policy);
                return 0;
        }
        /* Chains of a table are numbered from one on, and tables are, too. */
        policy.incarnation = reading->table_handle << 32 ^ chain->handle;
        policy.id = strdup(id);
        r = policy.id ? nfw_vec_push(&reading->snapshot->policies, policy) : -ENOMEM;
        if (r < 0)
                policy_deinit(&policy);
        return r;
}

/* When all policies are known: chains are not read in any order. */
static int take_block(const struct nfw_nft_object *chain, void *userdata) {
        const struct reading *reading = userdata;
        struct nfw_nft_policy *policy;
        char *name;
        int r;

        r = nfw_nft_policy_of_block(chain->name, &name);
        if (r < 0 || !name)
                return r;
        policy = nfw_nft_policy_index_find(&reading->policies, name, strlen(name));
        free(name);
        if (!policy)
                return 0;

        name = strdup(chain->name);
        r = name ? nfw_vec_push(&policy->blocks, name) : -ENOMEM;
        if (r < 0)
                free(name);
        return r;
}

static int read_table(struct nfw_nft_socket *nft, struct reading *reading) {
        struct nfw_nft_snapshot *snapshot = reading->snapshot;
        struct nfw_nft_table_state state;
        int r;

        r = nfw_nft_read_table(nft, reading->table, &state);
        if (r < 0)
                return r;
        snapshot->tables[reading->table] = state.is_ours;
        snapshot->foreign[reading->table] = state.exists && !state.is_ours;
        if (!state.is_ours)
                return 0;

        reading->table_handle = state.handle;
        r = nfw_nft_read_chains(nft, reading->table, take_chain, reading);
        if (r == 0 && snapshot->networks[reading->table].chains.n > 0)
                r = nfw_nft_read_sets(nft, reading->table, take_network_set,
                                      &snapshot->networks[reading->table]);
        if (r == 0)
                r = nfw_nft_policy_index_init(&reading->policies, snapshot, reading->table);
        if (r == 0)
                r = nfw_nft_read_chains(nft, reading->table, take_block, reading);
        if (r == 0)
                r = nfw_nft_assign_sets(nft, reading->table, &reading->policies);
        return r < 0 ? r : nfw_nft_read_ports(nft, reading->table, snapshot);
}

/* -EINTR where the ruleset changed while it was read. */
static int read_snapshot(struct nfw_nft_socket *nft, struct nfw_nft_snapshot **ret_snapshot) {
        nfw_cleanup(nfw_nft_snapshot_freep) struct nfw_nft_snapshot *snapshot = calloc(1, sizeof(*snapshot));
        uint32_t generation = 0;
        int r;

        if (!snapshot)
                return -ENOMEM;

        r = nfw_nft_generation(nft, &snapshot->generation);
        for (int table = 0; table < NFW_N_TABLES && r == 0; table++) {
                struct reading reading = { .snapshot = snapshot, .table = table };

                r = read_table(nft, &reading);
                nfw_nft_policy_index_deinit(&reading.policies);
        }
        if (r == 0)
                r = nfw_nft_generation(nft, &generation);
        if (r < 0)
                return r;
        if (generation != snapshot->generation)
                return -EINTR;

        *ret_snapshot = nfw_steal(snapshot);
        return 0;
}

int nfw_nft_snapshot_new(struct nfw_nft_socket *nft, struct nfw_nft_snapshot **ret_snapshot) {
        int r = -EINTR;

        for (int i = 0; r == -EINTR && i < MAX_ATTEMPTS; i++)
                r = read_snapshot(nft, ret_snapshot);
        return r == -EINTR ? -EAGAIN : r;
}
