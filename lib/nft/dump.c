/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/dump.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/udata.h>

#include "nft/match.h"
#include "nft/owner.h"
#include "nft/read.h"
#include "nft/table.h"
#include "nft/userdata.h"

/* Other programs may commit while the tables are read, but not for ever. */
#define MAX_ATTEMPTS 64

struct reading {
        struct nfw_nft_snapshot *snapshot;
        enum nfw_table table;
        enum nfw_parameter parameter;
        size_t first_port; /* of the table: from there they are sorted by their names */
};

static void port_deinit(struct nfw_nft_port *port) {
        free(port->policy);
        for (int parameter = 0; parameter < NFW_N_PARAMETERS; parameter++)
                nfw_vec_deinit(&port->parameters[parameter]);
}

static void policy_deinit(struct nfw_nft_policy *policy) {
        nfw_vec_foreach (set, &policy->sets)
                free(*set);
        nfw_vec_deinit(&policy->sets);
        free(policy->name);
        free(policy->id);
}

struct nfw_nft_snapshot *nfw_nft_snapshot_free(struct nfw_nft_snapshot *snapshot) {
        if (snapshot) {
                nfw_vec_foreach (policy, &snapshot->policies)
                        policy_deinit(policy);
                nfw_vec_deinit(&snapshot->policies);
                nfw_vec_foreach (port, &snapshot->ports)
                        port_deinit(port);
                nfw_vec_deinit(&snapshot->ports);
                free(snapshot);
        }
        return NULL;
}

static int take_chain(const struct nfw_nft_object *chain, void *userdata) {
        const struct reading *reading = userdata;
        const char *comment = nfw_nft_userdata_comment(chain->userdata.data, chain->userdata.size,
                                                       NFTNL_UDATA_CHAIN_COMMENT);
        struct nfw_nft_policy policy = { .table = reading->table };
        const char *id;
        int r;

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
        policy.id = strdup(id);
        r = policy.id ? nfw_vec_push(&reading->snapshot->policies, policy) : -ENOMEM;
        if (r < 0)
                policy_deinit(&policy);
        return r;
}

static int take_port(const struct nfw_nft_element *element, void *userdata) {
        const struct reading *reading = userdata;
        struct nfw_nft_port port = { .table = reading->table };
        const char *binding = nfw_nft_userdata_comment(element->userdata.data, element->userdata.size,
                                                       NFTNL_UDATA_SET_ELEM_COMMENT);
        int r;

        if (element->key.size != IFNAMSIZ || element->key.data[IFNAMSIZ - 1] != '\0' || !element->chain)
                return 0;
        r = nfw_nft_policy_of_chain(element->chain, NFW_EGRESS, &port.policy);
        if (r < 0 || !port.policy)
                return r;

        memcpy(port.interface, element->key.data, IFNAMSIZ);
        if (binding && strlen(binding) < sizeof(port.binding))
                strcpy(port.binding, binding);
        r = nfw_vec_push(&reading->snapshot->ports, port);
        if (r < 0)
                port_deinit(&port);
        return r;
}

static int compare_ports(const void *a, const void *b) {
        const struct nfw_nft_port *x = a, *y = b;

        return strcmp(x->interface, y->interface);
}

static struct nfw_nft_port *find_port(const struct reading *reading, const char *interface) {
        struct nfw_nft_port key;
        const struct nfw_nft_snapshot *snapshot = reading->snapshot;

        if (snapshot->ports.n == reading->first_port)
                return NULL;
        strcpy(key.interface, interface);
        return bsearch(&key, snapshot->ports.items + reading->first_port,
                       snapshot->ports.n - reading->first_port, sizeof(key), compare_ports);
}

static int take_parameter(const struct nfw_nft_element *element, void *userdata) {
        const struct reading *reading = userdata;
        size_t n_addr = element->key.size - IFNAMSIZ;
        struct nfw_prefix prefix = { 0 };
        struct nfw_range range = { 0 };
        struct nfw_nft_port *port;
        int length;

        if ((element->key.size != IFNAMSIZ + 4 && element->key.size != IFNAMSIZ + 16) ||
            element->key.data[IFNAMSIZ - 1] != '\0')
                return 0;
        port = find_port(reading, (const char *)element->key.data);
        if (!port)
                return 0;

        memcpy(range.first, element->key.data + IFNAMSIZ, n_addr);
        memcpy(range.last, range.first, n_addr);
        if (element->key_end.size == element->key.size)
                memcpy(range.last, element->key_end.data + IFNAMSIZ, n_addr);
        length = nfw_nft_range_prefix_length(&range, n_addr);
        if (length < 0) /* somebody's own range; we have no way to name it */
                return 0;

        nfw_addr_from_bytes(n_addr == 4 ? AF_INET : AF_INET6, range.first, &prefix.addr);
        prefix.length = (uint8_t)length;
        return nfw_vec_push(&port->parameters[reading->parameter], prefix);
}

static int read_table(struct nfw_nft_socket *nft, struct reading *reading) {
        static const uint8_t families[] = { AF_INET, AF_INET6 };
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

        r = nfw_nft_read_chains(nft, reading->table, take_chain, reading);
        if (r == 0)
                r = nfw_nft_assign_sets(nft, reading->table, snapshot);
        if (r < 0)
                return r;

        reading->first_port = snapshot->ports.n;
        r = nfw_nft_read_elements(nft, reading->table, nfw_nft_map_name(NFW_EGRESS), take_port, reading);
        if (snapshot->ports.n > reading->first_port)
                qsort(snapshot->ports.items + reading->first_port, snapshot->ports.n - reading->first_port,
                      sizeof(*snapshot->ports.items), compare_ports);

        for (int parameter = 0; parameter < NFW_N_PARAMETERS; parameter++)
                for (size_t i = 0; i < NFW_ARRAY_SIZE(families) && r == 0; i++) {
                        reading->parameter = parameter;
                        r = nfw_nft_read_elements(nft, reading->table,
                                                  nfw_nft_parameter_set_name(parameter, families[i]),
                                                  take_parameter, reading);
                }
        return r;
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
