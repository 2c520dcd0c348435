/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/learner/learner.h"

/* Kernels count the time of elements in units of up to ten milliseconds. */
#define KERNEL_TICK_MS 10

struct restore {
        struct nfw_learner *learner;
        struct learner_policy *policy;
        size_t learned;
        uint64_t now;
};

static int remove_foreign(const struct restore *restore,
                          struct learner_port *port,
                          const struct nfw_nft_grant *grant) {
        struct nfw_grant_ops *ops = &restore->learner->scratch;
        int r;

        ops->vec.n = 0;
        r = nfw_vec_push(&ops->vec, ((struct nfw_grant_op){ .change = NFW_GRANT_REMOVE,
                                                            .learned = restore->learned,
                                                            .addr = grant->addr }));
        return r < 0 ? r : nfw_learner_queue(restore->learner, port, ops);
}

static int restore_grant(const struct nfw_nft_grant *grant, void *userdata) {
        struct restore *restore = userdata;
        struct learner_port *port;

        HASH_FIND_STR(restore->learner->ports, grant->interface, port);
        if (!port || port->policy != restore->policy)
                return 0;
        /* What no learner has put there, and what it can take for its own no more: that must end. */
        if (!grant->expires_ms)
                return remove_foreign(restore, port, grant);
        if (nfw_learner_is_nameless(grant)) {
                port->has_nameless = true;
                return 0;
        }
        /* No learner has put that there. */
        if (!grant->note.name[0])
                return remove_foreign(restore, port, grant);

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

int nfw_learner_restore(struct nfw_learner *learner) {
        int r;

        learner->restore_ms = 0;
        for (struct learner_policy *policy = learner->policies; policy; policy = policy->next) {
                if (!policy->fresh)
                        continue;
                r = restore_policy(learner, policy);
                if (r < 0)
                        return r;
        }
        return reconcile(learner);
}
