/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "engine/learner/guest.h"

/* Questions of one port that wait for an answer, and for how long. */
#define MAX_PENDING         4096
#define PENDING_LIFETIME_MS 20000
#define MAX_FLOWS           256
#define MAX_FLOW_BYTES      (1024 * 1024)

/* At looking at the kernel; after the first ones with a pause in between. */
#define ATTEMPTS_AT_ONCE 16
#define MAX_ATTEMPTS     512

static void port_free(struct nfw_learner *learner, struct learner_port *port) {
        nfw_learner_drop_ops(learner, port);
        nfw_vec_deinit(&port->resolvers);
        nfw_dns_pending_free(port->pending);
        nfw_dns_streams_free(port->streams);
        nfw_dns_grants_free(port->grants);
        nfw_dns_grants_free(port->old_grants);
        free(port);
}

static void remove_port(struct nfw_learner *learner, struct learner_port *port) {
        HASH_DEL(learner->ports, port);
        port_free(learner, port);
}

void nfw_learner_unfollow_all(struct nfw_learner *learner) {
        struct learner_port *port, *next;

        HASH_ITER(hh, learner->ports, port, next)
        remove_port(learner, port);
        for (struct learner_policy *policy = learner->policies; policy; policy = policy->next)
                policy->present = false;
        nfw_learner_remove_absent_policies(learner);
        learner->followed = 0;
        learner->n_changes = 0;
}

static int set_resolvers(struct learner_port *port, const struct nfw_shadow_port *from) {
        int r;

        port->resolvers.n = 0;
        nfw_vec_foreach (resolver, &from->parameters[NFW_PARAMETER_RESOLVERS]) {
                r = nfw_vec_push(&port->resolvers, resolver->addr);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int new_port(struct nfw_learner *learner,
                    const struct nfw_shadow_port *from,
                    struct learner_port **ret_port) {
        struct learner_port *port;
        int r;

        port = calloc(1, sizeof(*port));
        if (!port)
                return -ENOMEM;

        memcpy(port->interface, from->interface, sizeof(port->interface));
        r = nfw_dns_pending_new(MAX_PENDING, PENDING_LIFETIME_MS, &port->pending);
        if (r == 0)
                r = nfw_dns_streams_new(MAX_FLOWS, MAX_FLOW_BYTES, &port->streams);
        if (r < 0) {
                port_free(learner, port);
                return r;
        }

        HASH_ADD_STR(learner->ports, interface, port);
        if (!port->hh.tbl) {
                port_free(learner, port);
                return -ENOMEM;
        }

        *ret_port = port;
        return 0;
}

/* Whether it is the same act of attaching, only with a new version of the policy. */
static bool is_replaced(const struct learner_port *port, const struct nfw_shadow_port *from) {
        return port->policy && port->policy->table == from->table &&
               strcmp(port->binding, from->binding) == 0 && strcmp(port->policy->name, from->policy) == 0;
}

static int follow_port(struct nfw_shadow_port *from, void *userdata) {
        struct nfw_learner *learner = userdata;
        const struct nfw_nft_policy *in_force =
                nfw_shadow_policy(&learner->context->shadow, from->policy, from->table);
        struct learner_policy *policy = NULL;
        struct learner_port *port;
        int r;

        if (in_force)
                policy = nfw_learner_find_policy(learner, in_force);
        if (!policy)
                return 0;

        HASH_FIND_STR(learner->ports, from->interface, port);
        if (!port) {
                r = new_port(learner, from, &port);
                if (r < 0)
                        return r;
        }

        port->present = true;
        if (port->policy != policy || strcmp(port->binding, from->binding) != 0) {
                nfw_learner_drop_ops(learner, port);
                if (is_replaced(port, from) && !port->old_grants)
                        port->old_grants = nfw_steal(port->grants);
                port->grants = nfw_dns_grants_free(port->grants);
                port->has_nameless = false;
                r = nfw_dns_grants_new(policy->max_names, &port->grants);
                if (r < 0)
                        return r;
                port->policy = policy;
                strcpy(port->binding, from->binding);
        }
        return set_resolvers(port, from);
}

static int follow_all(struct nfw_learner *learner) {
        struct learner_port *port, *next;
        int r;

        r = nfw_learner_follow_policies(learner);
        if (r < 0)
                return r;

        HASH_ITER(hh, learner->ports, port, next)
        port->present = false;
        r = nfw_shadow_foreach_port(&learner->context->shadow, follow_port, learner);
        if (r < 0)
                return r;
        HASH_ITER(hh, learner->ports, port, next) {
                if (!port->present)
                        remove_port(learner, port);
        }
        nfw_learner_remove_absent_policies(learner);
        return nfw_learner_restore(learner);
}

/* Policies are the same: whatever changes one of them has the shadow read anew. */
static int follow_change(const char *interface, void *userdata) {
        struct nfw_learner *learner = userdata;
        struct nfw_shadow_port *from = nfw_shadow_port(&learner->context->shadow, interface);
        struct learner_port *port;
        int r;

        HASH_FIND_STR(learner->ports, interface, port);
        if (port)
                port->present = false;
        r = from ? follow_port(from, learner) : 0;
        if (r == 0 && port && !port->present)
                remove_port(learner, port);
        return r;
}

/* After our own process's changes nothing has to be read, and only those ports are looked at. */
static int follow_once(struct nfw_learner *learner) {
        struct nfw_shadow *shadow = &learner->context->shadow;
        int r;

        learner->followed = 0;
        r = nfw_shadow_update(shadow, learner->nft);
        if (r < 0)
                return r;
        r = nfw_shadow_foreach_change(shadow, learner->n_changes, follow_change, learner);
        if (r == NFW_SHADOW_FORGOTTEN)
                r = follow_all(learner);
        if (r < 0)
                return r;

        learner->n_changes = shadow->n_changes;
        learner->followed = shadow->generation;
        return 0;
}

bool nfw_learner_is_in_step(const struct nfw_learner *learner) {
        const struct nfw_shadow *shadow = &learner->context->shadow;

        return learner->followed && (!shadow->valid || shadow->generation == learner->followed);
}

int nfw_learner_follow(struct nfw_learner *learner) {
        int r;

        learner->n_follows++;

        /* A set can be gone, or a dump be interrupted, when somebody commits in between; large commits take their time. */
        for (int i = 0; i < MAX_ATTEMPTS; i++) {
                if (i >= ATTEMPTS_AT_ONCE)
                        (void)nanosleep(&(const struct timespec){ .tv_nsec = 1000000 }, NULL);
                r = follow_once(learner);
                if (r == 0)
                        r = nfw_learner_follow_guests(learner);
                if (r == 0)
                        r = nfw_learner_listen_denied(learner);
                if (r == 0)
                        r = nfw_learner_listen_snooped(learner);
                if (r == 0) {
                        learner->followed_at = learner->changed_at = ++learner->moment;
                        nfw_events_push(&learner->events, &(struct nfw_event){ .type = NFW_EVENT_RELOADED });
                }
                if (r != -EINTR && r != -ENOENT)
                        return r;
        }
        return r;
}

int nfw_learner_follow_if_changed(struct nfw_learner *learner, bool *ret_changed) {
        uint32_t generation;
        int r;

        r = nfw_nft_generation(learner->nft, &generation);
        if (r < 0)
                return r;
        if (generation == learner->followed) {
                *ret_changed = false;
                return 0;
        }

        r = nfw_learner_follow(learner);
        if (r < 0)
                return r;
        *ret_changed = true;
        return 0;
}

int nfw_learner_reread(struct nfw_learner *learner) {
        learner->ops.n = 0;
        nfw_learner_unfollow_all(learner);
        return nfw_learner_follow(learner);
}
