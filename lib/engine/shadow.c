/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/shadow.h"

#include <errno.h>
#include <string.h>

/* FNV-1a: the names are the host administrator's, so the hash need not be keyed. */
static size_t bucket_of(const struct nfw_shadow *shadow, const char *interface) {
        uint64_t hash = 0xcbf29ce484222325ULL;

        for (const char *p = interface; *p; p++)
                hash = (hash ^ (uint8_t)*p) * 0x100000001b3ULL;
        return hash & (shadow->n_buckets - 1);
}

static void free_part(struct nfw_shadow_port *part) {
        for (size_t i = 0; i < NFW_N_PARAMETERS; i++)
                nfw_vec_deinit(&part->parameters[i]);
        free(part->policy);
        free(part);
}

static void port_free(struct nfw_shadow_port *port) {
        if (port->standby)
                free_part(port->standby);
        free_part(port);
}

static void policy_deinit(struct nfw_nft_policy *policy) {
        nfw_vec_foreach (name, &policy->sets)
                free(*name);
        nfw_vec_deinit(&policy->sets);
        nfw_vec_foreach (name, &policy->blocks)
                free(*name);
        nfw_vec_deinit(&policy->blocks);
        free(policy->name);
        free(policy->id);
}

void nfw_shadow_deinit(struct nfw_shadow *shadow) {
        for (size_t i = 0; i < shadow->n_buckets; i++)
                for (struct nfw_shadow_port *port = shadow->buckets[i], *next; port; port = next) {
                        next = port->next;
                        port_free(port);
                }
        free(shadow->buckets);

        nfw_vec_foreach (policy, &shadow->policies)
                policy_deinit(policy);
        nfw_vec_deinit(&shadow->policies);
        for (int table = 0; table < NFW_N_TABLES; table++)
                nfw_nft_network_objects_deinit(&shadow->networks[table]);

        *shadow = (struct nfw_shadow){ 0 };
}

void nfw_shadow_invalidate(struct nfw_shadow *shadow) {
        shadow->valid = false;
}

void nfw_shadow_advance(struct nfw_shadow *shadow) {
        /* The kernel counts like this; a wrong guess only costs one refusal and a fresh look. */
        if (++shadow->generation == 0)
                shadow->generation = 1;
}

static void remember_change(struct nfw_shadow *shadow, const struct nfw_shadow_port *port) {
        char *change = shadow->changes[shadow->n_changes++ % NFW_SHADOW_N_CHANGES];

        memcpy(change, port->interface, sizeof(port->interface));
}

static int grow(struct nfw_shadow *shadow) {
        struct nfw_shadow grown = { .n_buckets = shadow->n_buckets ? shadow->n_buckets * 2 : 64 };

        grown.buckets = calloc(grown.n_buckets, sizeof(*grown.buckets));
        if (!grown.buckets)
                return -ENOMEM;

        for (size_t i = 0; i < shadow->n_buckets; i++)
                for (struct nfw_shadow_port *port = shadow->buckets[i], *next; port; port = next) {
                        size_t to = bucket_of(&grown, port->interface);

                        next = port->next;
                        port->next = grown.buckets[to];
                        grown.buckets[to] = port;
                }

        free(shadow->buckets);
        shadow->buckets = grown.buckets;
        shadow->n_buckets = grown.n_buckets;
        return 0;
}

struct nfw_shadow_port *nfw_shadow_port(const struct nfw_shadow *shadow, const char *interface) {
        if (shadow->n_buckets == 0)
                return NULL;

        for (struct nfw_shadow_port *port = shadow->buckets[bucket_of(shadow, interface)]; port;
             port = port->next)
                if (strcmp(port->interface, interface) == 0)
                        return port;
        return NULL;
}

bool nfw_shadow_has_policy_on(const struct nfw_shadow *shadow, const char *interface) {
        const struct nfw_shadow_port *port = nfw_shadow_port(shadow, interface);

        return port && port->policy[0];
}

int nfw_shadow_add_port(struct nfw_shadow *shadow, const char *interface, struct nfw_shadow_port **ret_port) {
        struct nfw_shadow_port *port;
        size_t bucket;
        int r;

        if (shadow->n_ports >= shadow->n_buckets) {
                r = grow(shadow);
                if (r < 0)
                        return r;
        }

        port = calloc(1, sizeof(*port));
        if (!port)
                return -ENOMEM;

        strncpy(port->interface, interface, sizeof(port->interface) - 1);
        bucket = bucket_of(shadow, port->interface);
        port->next = shadow->buckets[bucket];
        shadow->buckets[bucket] = port;
        shadow->n_ports++;
        remember_change(shadow, port);

        *ret_port = port;
        return 0;
}

void nfw_shadow_remove_port(struct nfw_shadow *shadow, const char *interface) {
        if (shadow->n_buckets == 0)
                return;

        for (struct nfw_shadow_port **link = &shadow->buckets[bucket_of(shadow, interface)]; *link;
             link = &(*link)->next) {
                struct nfw_shadow_port *port = *link;

                if (strcmp(port->interface, interface) != 0)
                        continue;
                *link = port->next;
                remember_change(shadow, port);
                port_free(port);
                shadow->n_ports--;
                return;
        }
}

int nfw_shadow_foreach_change(const struct nfw_shadow *shadow,
                              uint64_t n_changes,
                              int (*callback)(const char *interface, void *userdata),
                              void *userdata) {
        int r;

        if (shadow->n_changes - n_changes > NFW_SHADOW_N_CHANGES)
                return NFW_SHADOW_FORGOTTEN;

        for (uint64_t i = n_changes; i < shadow->n_changes; i++) {
                r = callback(shadow->changes[i % NFW_SHADOW_N_CHANGES], userdata);
                if (r != 0)
                        return r;
        }
        return 0;
}

int nfw_shadow_foreach_port(const struct nfw_shadow *shadow,
                            int (*callback)(struct nfw_shadow_port *port, void *userdata),
                            void *userdata) {
        int r;

        for (size_t i = 0; i < shadow->n_buckets; i++)
                for (struct nfw_shadow_port *port = shadow->buckets[i], *next; port; port = next) {
                        next = port->next;
                        r = callback(port, userdata);
                        if (r != 0)
                                return r;
                }
        return 0;
}

struct nfw_nft_policy *nfw_shadow_policy(const struct nfw_shadow *shadow,
                                         const char *name,
                                         enum nfw_table table) {
        nfw_vec_foreach (policy, &shadow->policies)
                if (policy->table == table && strcmp(policy->name, name) == 0)
                        return policy;
        return NULL;
}

struct nfw_nft_policy *nfw_shadow_any_policy(const struct nfw_shadow *shadow, const char *name) {
        struct nfw_nft_policy *policy = NULL;

        for (int table = 0; !policy && table < NFW_N_TABLES; table++)
                policy = nfw_shadow_policy(shadow, name, table);
        return policy;
}

static int fill_port(struct nfw_shadow_port *port, struct nfw_nft_port *from) {
        port->table = from->table;
        port->policy = nfw_steal(from->policy);
        strcpy(port->binding, from->binding);
        memcpy(port->is_missing, from->is_missing, sizeof(port->is_missing));
        port->is_broken = from->is_broken;
        for (size_t i = 0; i < NFW_N_PARAMETERS; i++)
                nfw_vec_foreach (value, &from->parameters[i]) {
                        int r = nfw_vec_push(&port->parameters[i], *value);

                        if (r < 0)
                                return r;
                }
        return 0;
}

static bool is_standby(const struct nfw_nft_port *port) {
        return strcmp(port->binding, NFW_NFT_STANDBY) == 0;
}

static int take_port(struct nfw_shadow *shadow, struct nfw_nft_port *from) {
        struct nfw_shadow_port *port = nfw_shadow_port(shadow, from->interface);
        int r;

        if (port) {
                /* Somebody's own hand may have put it into both tables, or into three. */
                if (port->standby || !(port->standby = calloc(1, sizeof(*port->standby))))
                        return port->standby ? 0 : -ENOMEM;
                memcpy(port->standby->interface, port->interface, sizeof(port->interface));
                return fill_port(port->standby, from);
        }

        r = nfw_shadow_add_port(shadow, from->interface, &port);
        if (r == 0)
                r = fill_port(port, from);
        if (r < 0)
                return r;
        /* A standby without its port: somebody has taken that out. */
        port->is_broken |= is_standby(from);
        if (!port->policy)
                port->policy = strdup("");
        return port->policy ? 0 : -ENOMEM;
}

static int take_ports(struct nfw_shadow *shadow, struct nfw_nft_snapshot *snapshot, bool standbys) {
        nfw_vec_foreach (port, &snapshot->ports) {
                int r = is_standby(port) == standbys ? take_port(shadow, port) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

int nfw_shadow_refresh(struct nfw_shadow *shadow, struct nfw_nft_socket *socket) {
        nfw_cleanup(nfw_nft_snapshot_freep) struct nfw_nft_snapshot *snapshot = NULL;
        uint64_t n_changes = shadow->n_changes + NFW_SHADOW_N_CHANGES + 1;
        int r;

        if (shadow->valid)
                return 0;

        r = nfw_nft_snapshot_new(socket, &snapshot);
        if (r < 0)
                return r;

        nfw_shadow_deinit(shadow);
        shadow->n_changes = n_changes;
        shadow->generation = snapshot->generation;
        memcpy(shadow->tables, snapshot->tables, sizeof(shadow->tables));
        memcpy(shadow->foreign, snapshot->foreign, sizeof(shadow->foreign));
        memcpy(shadow->networks, snapshot->networks, sizeof(shadow->networks));
        memset(snapshot->networks, 0, sizeof(snapshot->networks));

        nfw_vec_foreach (policy, &snapshot->policies) {
                r = nfw_vec_push(&shadow->policies, *policy);
                if (r < 0)
                        return r;
                *policy = (struct nfw_nft_policy){ 0 };
        }
        r = take_ports(shadow, snapshot, false);
        if (r == 0)
                r = take_ports(shadow, snapshot, true);
        if (r == 0)
                shadow->valid = true;
        return r;
}

int nfw_shadow_update(struct nfw_shadow *shadow, struct nfw_nft_socket *socket) {
        uint32_t generation;
        int r;

        if (shadow->valid) {
                r = nfw_nft_generation(socket, &generation);
                if (r < 0)
                        return r;
                if (generation != shadow->generation)
                        nfw_shadow_invalidate(shadow);
        }
        return nfw_shadow_refresh(shadow, socket);
}
