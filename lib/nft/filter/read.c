/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/read.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/filter/internal.h"
#include "nft/userdata.h"

/* Other programs may commit while the table is read, but not for ever. */
#define MAX_ATTEMPTS 64

struct reading {
        struct nfw_nft_filter_snapshot *snapshot;
        size_t filter;
        size_t set;
};

static void filter_deinit(struct nfw_nft_filter *filter) {
        nfw_vec_foreach (set, &filter->sets)
                free(set->name);
        nfw_vec_deinit(&filter->sets);
        nfw_vec_foreach (chain, &filter->chains)
                free(*chain);
        nfw_vec_deinit(&filter->chains);
        free(filter->name);
        free(filter->id);
}

static void port_free(struct nfw_nft_filter_port *port) {
        nfw_vec_deinit(&port->elements.vec);
        nfw_nft_guest_deinit(&port->guest);
        free(port);
}

struct nfw_nft_filter_snapshot *nfw_nft_filter_snapshot_free(struct nfw_nft_filter_snapshot *snapshot) {
        struct nfw_nft_filter_port *port, *next;

        if (!snapshot)
                return NULL;
        HASH_ITER(hh, snapshot->ports, port, next) {
                HASH_DEL(snapshot->ports, port);
                port_free(port);
        }
        nfw_vec_foreach (filter, &snapshot->filters)
                filter_deinit(filter);
        nfw_vec_deinit(&snapshot->filters);
        nfw_vec_foreach (set, &snapshot->named_sets)
                free(*set);
        nfw_vec_deinit(&snapshot->named_sets);
        free(snapshot);
        return NULL;
}

static struct nfw_nft_filter *find(const struct nfw_nft_filter_snapshot *snapshot,
                                   const char *name,
                                   size_t size) {
        nfw_vec_foreach (filter, &snapshot->filters)
                if (strlen(filter->name) == size && memcmp(filter->name, name, size) == 0)
                        return filter;
        return NULL;
}

struct nfw_nft_filter *nfw_nft_filter_find(const struct nfw_nft_filter_snapshot *snapshot, const char *name) {
        return find(snapshot, name, strlen(name));
}

struct nfw_nft_filter_port *nfw_nft_filter_find_port(const struct nfw_nft_filter_snapshot *snapshot,
                                                     const char *interface) {
        struct nfw_nft_filter_port *port;

        HASH_FIND_STR(snapshot->ports, interface, port);
        return port;
}

int nfw_nft_filter_add_port(struct nfw_nft_filter_snapshot *snapshot,
                            const char *interface,
                            struct nfw_nft_filter_port **ret_port) {
        struct nfw_nft_filter_port *port = calloc(1, sizeof(*port));

        if (!port)
                return -ENOMEM;
        port->filter = SIZE_MAX;
        strncpy(port->interface, interface, sizeof(port->interface) - 1);
        HASH_ADD_STR(snapshot->ports, interface, port);
        if (!port->hh.tbl) {
                free(port);
                return -ENOMEM;
        }
        *ret_port = port;
        return 0;
}

void nfw_nft_filter_remove_port(struct nfw_nft_filter_snapshot *snapshot, struct nfw_nft_filter_port *port) {
        HASH_DEL(snapshot->ports, port);
        port_free(port);
}

/* The filter that the object is of, made where this is the first of its objects; NULL for what is no filter's. */
static int filter_of(struct nfw_nft_filter_snapshot *snapshot,
                     const char *name,
                     struct nfw_nft_filter **ret_filter) {
        const char *separator = strchr(name, NFW_FILTER_SEPARATOR);
        struct nfw_nft_filter filter = { 0 };
        int r;

        *ret_filter = NULL;
        if (!separator || separator == name)
                return 0;
        *ret_filter = find(snapshot, name, (size_t)(separator - name));
        if (*ret_filter)
                return 0;

        filter.name = strndup(name, (size_t)(separator - name));
        filter.id = strdup("");
        r = filter.name && filter.id ? nfw_vec_push(&snapshot->filters, filter) : -ENOMEM;
        if (r < 0) {
                filter_deinit(&filter);
                return r;
        }
        *ret_filter = &snapshot->filters.items[snapshot->filters.n - 1];
        return 0;
}

static int take_id(struct nfw_nft_filter *filter, const struct nfw_nft_object *set) {
        const char *comment =
                nfw_nft_userdata_comment(set->userdata.data, set->userdata.size, NFTNL_UDATA_SET_COMMENT);
        const char *id = comment ? strrchr(comment, ' ') : NULL;
        char *copy;

        if (!id || strlen(id + 1) != NFW_NFT_FILTER_ID_MAX - 1)
                return 0;
        copy = strdup(id + 1);
        if (!copy)
                return -ENOMEM;
        free(filter->id);
        filter->id = copy;
        return 0;
}

static int take_named(struct nfw_nft_filter_snapshot *snapshot, const char *name) {
        char *copy = strdup(name);
        int r = copy ? nfw_vec_push(&snapshot->named_sets, copy) : -ENOMEM;

        if (r < 0)
                free(copy);
        return r;
}

static int take_set(const struct nfw_nft_object *object, void *userdata) {
        const struct reading *reading = userdata;
        struct nfw_nft_filter_set set = { .is_dynamic = object->flags & NFT_SET_EVAL,
                                          .is_learned = object->flags & NFT_SET_TIMEOUT };
        struct nfw_nft_filter *filter;
        const char *rest;
        int r;

        if (object->flags & NFT_SET_ANONYMOUS)
                return 0;
        if (strncmp(object->name, NFW_FILTER_NAMED_SETS "/", strlen(NFW_FILTER_NAMED_SETS "/")) == 0)
                return take_named(reading->snapshot, object->name);
        if (strcmp(object->name, nfw_learning_set_name(NFW_LEARNING_PORTS)) == 0) {
                reading->snapshot->has_learning = true;
                reading->snapshot->learning_group = nfw_nft_learning_group(nfw_nft_userdata_comment(
                        object->userdata.data, object->userdata.size, NFTNL_UDATA_SET_COMMENT));
                return 0;
        }
        r = filter_of(reading->snapshot, object->name, &filter);
        if (r < 0 || !filter)
                return r;

        rest = object->name + strlen(filter->name);
        if (strcmp(rest, NFW_NFT_FILTER_ID) == 0)
                return take_id(filter, object);
        if (strcmp(rest, NFW_NFT_FILTER_PORTS) == 0) {
                filter->has_ports = true;
                return 0;
        }
        set.name = strdup(object->name);
        r = set.name ? nfw_vec_push(&filter->sets, set) : -ENOMEM;
        if (r < 0)
                free(set.name);
        return r;
}

static void take_entry(struct nfw_nft_filter *filter, const char *rest) {
        for (int layer = 0; layer < NFW_N_FILTER_LAYERS; layer++)
                for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                        if (strcmp(rest, nfw_nft_filter_entry(layer, direction)) == 0)
                                filter->has_entry[layer][direction] = true;
}

/*
 * Chains go in the order in which the kernel lists them, that in which they were made: those that jump come behind those
 * that they jump to, and are emptied before either goes.
 */
static int take_chain(const struct nfw_nft_object *object, void *userdata) {
        const struct reading *reading = userdata;
        struct nfw_nft_filter *filter;
        char *copy;
        int r;

        r = filter_of(reading->snapshot, object->name, &filter);
        if (r < 0 || !filter)
                return r;
        copy = strdup(object->name);
        r = copy ? nfw_vec_push(&filter->chains, copy) : -ENOMEM;
        if (r < 0) {
                free(copy);
                return r;
        }
        take_entry(filter, object->name + strlen(filter->name) + 1);
        return 0;
}

static int port_of(struct nfw_nft_filter_snapshot *snapshot,
                   const struct nfw_nft_element *element,
                   struct nfw_nft_filter_port **ret_port) {
        const char *interface = (const char *)element->key.data;

        *ret_port = NULL;
        if (element->key.size < IFNAMSIZ || interface[0] == '\0' || interface[IFNAMSIZ - 1] != '\0')
                return 0;
        *ret_port = nfw_nft_filter_find_port(snapshot, interface);
        return *ret_port ? 0 : nfw_nft_filter_add_port(snapshot, interface, ret_port);
}

static int take_port(const struct nfw_nft_element *element, void *userdata) {
        const struct reading *reading = userdata;
        struct nfw_nft_filter_port *port;
        int r;

        r = port_of(reading->snapshot, element, &port);
        if (r < 0 || !port)
                return r;
        port->is_twice |= port->filter != SIZE_MAX;
        if (port->is_twice)
                return 0;
        port->filter = reading->filter;
        reading->snapshot->filters.items[reading->filter].n_ports++;
        return 0;
}

static int take_element(const struct nfw_nft_element *from, void *userdata) {
        const struct reading *reading = userdata;
        struct nfw_nft_filter_element element = { .set = reading->set, .size = (uint8_t)from->key.size };
        struct nfw_nft_filter_port *port;
        int r;

        if (from->key.size > sizeof(element.key))
                return 0;
        r = port_of(reading->snapshot, from, &port);
        if (r < 0 || !port || port->filter != reading->filter)
                return r;
        memcpy(element.key, from->key.data, from->key.size);
        if (from->key_end.size == from->key.size) {
                element.has_end = true;
                memcpy(element.key_end, from->key_end.data, from->key_end.size);
        }
        return nfw_vec_push(&port->elements.vec, element);
}

static int read_filter(struct nfw_nft_socket *nft, struct reading *reading) {
        const struct nfw_nft_filter *filter = &reading->snapshot->filters.items[reading->filter];
        struct nfw_nft_marker ports;
        int r = 0;

        if (filter->has_ports) {
                r = nfw_nft_filter_ports_init(&ports, filter->name);
                if (r == 0)
                        r = nfw_nft_read_elements(nft, NFW_TABLE_BRIDGE, ports.name, take_port, reading);
        }
        for (reading->set = 0; reading->set < filter->sets.n && r == 0; reading->set++)
                if (!filter->sets.items[reading->set].is_dynamic)
                        r = nfw_nft_read_elements(nft, NFW_TABLE_BRIDGE,
                                                  filter->sets.items[reading->set].name, take_element,
                                                  reading);
        return r;
}

static int find_guest(const char *interface, void *userdata, struct nfw_nft_guest **ret_guest) {
        struct nfw_nft_filter_snapshot *snapshot = userdata;
        struct nfw_nft_filter_port *port = nfw_nft_filter_find_port(snapshot, interface);
        int r = 0;

        if (!port)
                r = nfw_nft_filter_add_port(snapshot, interface, &port);
        if (r == 0)
                *ret_guest = &port->guest;
        return r;
}

/* -EINTR where the ruleset changed while it was read. */
static int read_snapshot(struct nfw_nft_socket *nft, struct nfw_nft_filter_snapshot **ret_snapshot) {
        nfw_cleanup(nfw_nft_filter_snapshot_freep) struct nfw_nft_filter_snapshot *snapshot =
                calloc(1, sizeof(*snapshot));
        struct reading reading = { .snapshot = snapshot };
        struct nfw_nft_table_state state = { 0 };
        uint32_t generation = 0;
        int r;

        if (!snapshot)
                return -ENOMEM;
        r = nfw_nft_generation(nft, &snapshot->generation);
        if (r == 0)
                r = nfw_nft_read_table(nft, NFW_TABLE_BRIDGE, &state);
        if (r < 0)
                return r;
        snapshot->has_table = state.is_ours;
        snapshot->is_foreign = state.exists && !state.is_ours;
        if (state.is_ours) {
                r = nfw_nft_read_sets(nft, NFW_TABLE_BRIDGE, take_set, &reading);
                if (r == 0)
                        r = nfw_nft_read_chains(nft, NFW_TABLE_BRIDGE, take_chain, &reading);
                for (reading.filter = 0; reading.filter < snapshot->filters.n && r == 0; reading.filter++)
                        r = read_filter(nft, &reading);
                if (r == 0 && snapshot->has_learning)
                        r = nfw_nft_read_guests(nft, find_guest, snapshot);
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

int nfw_nft_filter_snapshot_new(struct nfw_nft_socket *nft, struct nfw_nft_filter_snapshot **ret_snapshot) {
        int r = -EINTR;

        for (int i = 0; r == -EINTR && i < MAX_ATTEMPTS; i++)
                r = read_snapshot(nft, ret_snapshot);
        return r == -EINTR ? -EAGAIN : r;
}
