/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "engine/learner.h"

/* Questions of one port that wait for an answer, and for how long. */
#define MAX_PENDING         4096
#define PENDING_LIFETIME_MS 20000
#define MAX_FLOWS           256
#define MAX_FLOW_BYTES      (1024 * 1024)

/* Kernels count the time of elements in units of up to ten milliseconds. */
#define KERNEL_TICK_MS 10

static void policy_free(struct learner_policy *policy) {
        nfw_vec_foreach (pair, &policy->sets) {
                free(pair->set4);
                free(pair->set6);
        }
        nfw_vec_deinit(&policy->sets);
        nfw_dns_index_free(policy->index);
        free(policy);
}

static void port_free(struct nfw_learner *learner, struct learner_port *port) {
        nfw_learner_drop_ops(learner, port);
        nfw_vec_deinit(&port->resolvers);
        nfw_dns_pending_free(port->pending);
        nfw_dns_streams_free(port->streams);
        nfw_dns_grants_free(port->grants);
        nfw_dns_grants_free(port->old_grants);
        free(port);
}

void nfw_learner_unfollow_all(struct nfw_learner *learner) {
        struct learner_policy *policy;
        struct learner_port *port, *next;

        HASH_ITER(hh, learner->ports, port, next) {
                HASH_DEL(learner->ports, port);
                port_free(learner, port);
        }
        while ((policy = learner->policies)) {
                learner->policies = policy->next;
                policy_free(policy);
        }
}

static int take_learned(struct learner_policy *policy, const struct nfw_plan *plan) {
        int r;

        r = nfw_dns_index_new(&policy->index);
        if (r < 0)
                return r;

        for (size_t i = 0; i < plan->learned.n; i++) {
                const struct nfw_plan_learned *learned = &plan->learned.items[i];
                struct learner_set_pair pair = {
                        .set4 = strdup(plan->sets.items[learned->set4].name),
                        .set6 = strdup(plan->sets.items[learned->set6].name),
                };

                r = pair.set4 && pair.set6 ? nfw_vec_push(&policy->sets, pair) : -ENOMEM;
                if (r < 0) {
                        free(pair.set4);
                        free(pair.set6);
                        return r;
                }
                nfw_vec_foreach (pattern, &learned->patterns) {
                        r = nfw_dns_index_add(policy->index, pattern, i);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static int compile_policy(struct learner_policy *policy, const struct nfw_record *record) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = NULL;
        int r;

        policy->any_resolver = record->any_resolver;
        policy->log_denied = record->log_denied;
        policy->min_ttl = record->min_ttl;
        policy->max_ttl = record->max_ttl;
        policy->max_names = record->max_names;

        r = nfw_record_compile(record, policy->table, NULL, &plan);
        if (r < 0)
                return r;
        return take_learned(policy, plan);
}

/* 0; NFW_E_NOT_FOUND where nobody knows any more what it means; or a negative errno. */
static int add_policy(struct nfw_learner *learner, const struct nfw_nft_policy *from) {
        struct learner_policy *policy;
        struct nfw_record record = { 0 };
        int r;

        r = nfw_record_read(learner->context, from->name, from->id, &record);
        if (r != 0)
                return r;

        policy = calloc(1, sizeof(*policy));
        if (!policy) {
                nfw_record_deinit(&record);
                return -ENOMEM;
        }

        strcpy(policy->name, record.name);
        strcpy(policy->id, record.id);
        policy->table = from->table;
        policy->present = policy->fresh = true;
        r = compile_policy(policy, &record);
        nfw_record_deinit(&record);
        if (r < 0) {
                policy_free(policy);
                return r;
        }

        policy->next = learner->policies;
        learner->policies = policy;
        return 0;
}

static struct learner_policy *find_policy(struct nfw_learner *learner,
                                          const char *name,
                                          const char *id,
                                          enum nfw_table table) {
        for (struct learner_policy *policy = learner->policies; policy; policy = policy->next)
                if (policy->table == table && strcmp(policy->name, name) == 0 && strcmp(policy->id, id) == 0)
                        return policy;
        return NULL;
}

static int follow_policies(struct nfw_learner *learner) {
        struct learner_policy *policy;
        int r;

        for (policy = learner->policies; policy; policy = policy->next)
                policy->present = false;

        nfw_vec_foreach (from, &learner->shadow.policies) {
                policy = find_policy(learner, from->name, from->id, from->table);
                if (policy) {
                        policy->present = true;
                        continue;
                }

                r = add_policy(learner, from);
                if (r < 0)
                        return r;
                if (r > 0) {
                        struct nfw_event event = { .type = NFW_EVENT_ERROR };

                        snprintf(event.text, sizeof(event.text),
                                 "policy %s is in force, but the copy of its source is gone: load it again",
                                 from->name);
                        nfw_events_push(&learner->events, &event);
                }
        }
        return 0;
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
                nfw_shadow_policy(&learner->shadow, from->policy, from->table);
        struct learner_policy *policy = NULL;
        struct learner_port *port;
        int r;

        if (in_force)
                policy = find_policy(learner, from->policy, in_force->id, from->table);
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
                r = nfw_dns_grants_new(policy->max_names, &port->grants);
                if (r < 0)
                        return r;
                port->policy = policy;
                strcpy(port->binding, from->binding);
        }
        return set_resolvers(port, from);
}

static void remove_absent(struct nfw_learner *learner) {
        struct learner_port *port, *next;

        HASH_ITER(hh, learner->ports, port, next) {
                if (port->present)
                        continue;
                HASH_DEL(learner->ports, port);
                port_free(learner, port);
        }
        for (struct learner_policy **link = &learner->policies; *link;) {
                struct learner_policy *policy = *link;

                if (policy->present) {
                        link = &policy->next;
                        continue;
                }
                *link = policy->next;
                policy_free(policy);
        }
}

struct restore {
        struct nfw_learner *learner;
        struct learner_policy *policy;
        size_t learned;
        uint64_t now;
};

static int restore_grant(const struct nfw_nft_grant *grant, void *userdata) {
        struct restore *restore = userdata;
        struct learner_port *port;

        HASH_FIND_STR(restore->learner->ports, grant->interface, port);
        if (!port || port->policy != restore->policy || !grant->note.name[0])
                return 0;

        return nfw_dns_grants_restore(port->grants, grant->note.name, &grant->note.resolver, restore->learned,
                                      &grant->addr, restore->now + grant->expires_ms);
}

static int restore_policy(struct nfw_learner *learner, struct learner_policy *policy) {
        int r;

        for (size_t i = 0; i < policy->sets.n; i++) {
                const char *const names[] = { policy->sets.items[i].set4, policy->sets.items[i].set6 };
                struct restore restore = {
                        .learner = learner,
                        .policy = policy,
                        .learned = i,
                        .now = nfw_learner_now(),
                };

                for (size_t j = 0; j < NFW_ARRAY_SIZE(names); j++) {
                        r = nfw_nft_dump_grants(learner->nft, policy->table, names[j], restore_grant,
                                                &restore);
                        if (r < 0)
                                return r;
                }
                learner->restore_ms = NFW_MAX(learner->restore_ms, nfw_learner_now() - restore.now);
        }
        policy->fresh = false;
        return 0;
}

struct reconcile {
        struct nfw_learner *learner;
        struct learner_port *port;
        uint64_t now;
};

/*
 * A name of the old version goes where the new one wants it. What the kernel has already needs no operation; it seems
 * to end sooner by as much as reading it took.
 */
static int reconcile_grant(const char *name,
                           const struct nfw_addr *resolver,
                           size_t learned nfw_unused,
                           const struct nfw_addr *addr,
                           uint64_t expires_ms,
                           void *userdata) {
        struct reconcile *reconcile = userdata;
        struct nfw_learner *learner = reconcile->learner;
        int r;

        learner->ids.vec.n = 0;
        r = nfw_dns_index_match(reconcile->port->policy->index, name, &learner->ids);
        if (r < 0 || learner->ids.vec.n == 0)
                return r;

        learner->scratch.vec.n = 0;
        learner->scratch.n_evicted = 0;
        r = nfw_dns_grants_learn(reconcile->port->grants, name, resolver, learner->ids.vec.items,
                                 learner->ids.vec.n, addr, 1,
                                 expires_ms - NFW_MIN(expires_ms, learner->restore_ms + 2 * KERNEL_TICK_MS),
                                 reconcile->now, &learner->scratch);
        if (r < 0)
                return r;
        return nfw_learner_queue(learner, reconcile->port, &learner->scratch);
}

static int reconcile(struct nfw_learner *learner) {
        struct learner_port *port, *next;
        int r;

        HASH_ITER(hh, learner->ports, port, next) {
                struct reconcile userdata = { .learner = learner, .port = port, .now = nfw_learner_now() };

                if (!port->old_grants)
                        continue;
                r = nfw_dns_grants_foreach(port->old_grants, userdata.now, reconcile_grant, &userdata);
                if (r < 0)
                        return r;
                port->old_grants = nfw_dns_grants_free(port->old_grants);
        }
        return 0;
}

static int follow_once(struct nfw_learner *learner) {
        struct learner_port *port, *next;
        int r;

        learner->restore_ms = 0;
        nfw_shadow_invalidate(&learner->shadow);
        r = nfw_shadow_refresh(&learner->shadow, learner->nft);
        if (r < 0)
                return r;

        r = follow_policies(learner);
        if (r < 0)
                return r;

        HASH_ITER(hh, learner->ports, port, next)
        port->present = false;
        r = nfw_shadow_foreach_port(&learner->shadow, follow_port, learner);
        if (r < 0)
                return r;
        remove_absent(learner);

        for (struct learner_policy *policy = learner->policies; policy; policy = policy->next) {
                if (!policy->fresh)
                        continue;
                r = restore_policy(learner, policy);
                if (r < 0)
                        return r;
        }
        return reconcile(learner);
}

int nfw_learner_follow(struct nfw_learner *learner) {
        int r;

        learner->n_follows++;

        /* A set can be gone, or a dump be interrupted, when somebody commits in between. */
        for (int i = 0; i < 16; i++) {
                r = follow_once(learner);
                if (r == 0)
                        r = nfw_learner_listen_denied(learner);
                if (r == 0)
                        nfw_events_push(&learner->events, &(struct nfw_event){ .type = NFW_EVENT_RELOADED });
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
        if (learner->shadow.valid && generation == learner->shadow.generation) {
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
