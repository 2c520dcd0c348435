/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "base/macros.h"
#include "dns/grant_table.h"

struct nfw_dns_grants {
        struct nfw_grant_table table;
        size_t max_names;
        size_t max_holds;
};

/* What is the same for everything that one reply teaches. */
struct lesson {
        struct nfw_dns_grants *grants;
        struct nfw_grant_name *name;
        const struct nfw_addr *resolver;
        uint64_t expires_ms;
        uint64_t now_ms;
        struct nfw_grant_ops *ops;
};

int nfw_dns_grants_new(size_t max_names, struct nfw_dns_grants **ret_grants) {
        nfw_cleanup(nfw_freep) struct nfw_dns_grants *grants = NULL;
        int r;

        if (max_names == 0 || max_names > SIZE_MAX / NFW_GRANTS_HOLDS_PER_NAME)
                return -EINVAL;

        grants = calloc(1, sizeof(*grants));
        if (!grants)
                return -ENOMEM;
        r = nfw_grant_table_init(&grants->table);
        if (r < 0)
                return r;
        grants->max_names = max_names;
        grants->max_holds = max_names * NFW_GRANTS_HOLDS_PER_NAME;

        *ret_grants = nfw_steal(grants);
        return 0;
}

struct nfw_dns_grants *nfw_dns_grants_free(struct nfw_dns_grants *grants) {
        if (grants) {
                nfw_grant_table_deinit(&grants->table);
                free(grants);
        }
        return NULL;
}

static struct nfw_grant_name *first_name(const struct nfw_dns_grants *grants) {
        return (struct nfw_grant_name *)(void *)nfw_heap_first(&grants->table.by_expiry);
}

_Static_assert(offsetof(struct nfw_grant_name, by_expiry) == 0, "first_name() takes the node for the name");

static int emit(struct nfw_grant_ops *ops, enum nfw_grant_change change, const struct nfw_grant_hold *hold) {
        struct nfw_grant_op op = {
                .change = change,
                .learned = (size_t)hold->element->key.learned,
                .addr = nfw_grant_element_addr(hold->element),
                .name = hold->name->text,
                .resolver = hold->resolver,
                .expires_ms = nfw_grant_hold_expires(hold),
        };

        return nfw_vec_push(&ops->vec, op);
}

/* Gives a hold up before its time. What has expired needs no operation: the kernel has dropped it. */
static int release(const struct lesson *l, struct nfw_grant_hold *hold) {
        struct nfw_grant_element *element = hold->element;
        const struct nfw_grant_hold *next = nfw_grant_element_next_carrier(element);
        struct nfw_grant_table *table = &l->grants->table;
        int r;

        if (element->carrier != hold || nfw_grant_hold_expires(hold) <= l->now_ms) {
                nfw_grant_table_drop_hold(table, hold);
                return 0;
        }

        if (!next || nfw_grant_hold_expires(next) <= l->now_ms) {
                r = emit(l->ops, NFW_GRANT_REMOVE, hold);
                nfw_grant_table_drop_hold(table, hold);
                return r;
        }

        nfw_grant_table_drop_hold(table, hold);
        return emit(l->ops, NFW_GRANT_REPLACE, element->carrier);
}

static int evict(const struct lesson *l, struct nfw_grant_name *name) {
        struct nfw_grant_hold *hold;
        int r;

        while ((hold = nfw_grant_name_first_hold(name))) {
                r = release(l, hold);
                if (r < 0)
                        return r;
        }
        nfw_grant_table_retire_name(&l->grants->table, name);
        l->ops->n_evicted++;
        return 0;
}

static void forget_expired_names(struct nfw_dns_grants *grants, uint64_t now_ms) {
        struct nfw_grant_name *name;

        while ((name = first_name(grants)) && name->by_expiry.key <= now_ms) {
                nfw_grant_table_drop_holds(&grants->table, name);
                nfw_grant_table_retire_name(&grants->table, name);
        }
}

static void forget_expired_holds(struct nfw_dns_grants *grants,
                                 struct nfw_grant_name *name,
                                 uint64_t now_ms) {
        struct nfw_grant_hold *hold;

        while ((hold = nfw_grant_name_first_hold(name)) && nfw_grant_hold_expires(hold) <= now_ms)
                nfw_grant_table_drop_hold(&grants->table, hold);
}

/* 0; 1 where what has to make room would expire no earlier than what is new; or -ENOMEM. */
static int make_room(const struct lesson *l, size_t max_holds_of_name) {
        struct nfw_dns_grants *grants = l->grants;
        int r;

        while (l->name->holds.nodes.n >= max_holds_of_name) {
                struct nfw_grant_hold *hold = nfw_grant_name_first_hold(l->name);

                if (nfw_grant_hold_expires(hold) >= l->expires_ms)
                        return 1;
                r = release(l, hold);
                if (r < 0)
                        return r;
        }

        /* While a name learns it is the last in by_expiry, so all others go before it. */
        while (grants->table.n_holds >= grants->max_holds && first_name(grants) != l->name) {
                r = evict(l, first_name(grants));
                if (r < 0)
                        return r;
        }
        return 0;
}

static int learn_one(const struct lesson *l,
                     size_t learned,
                     const struct nfw_addr *addr,
                     size_t max_holds_of_name) {
        struct nfw_grant_table *table = &l->grants->table;
        struct nfw_grant_hold *hold, *carrier;
        bool is_live;
        int r;

        hold = nfw_grant_table_find_hold(table, l->name, learned, addr);
        if (!hold) {
                r = make_room(l, max_holds_of_name);
                if (r)
                        return r < 0 ? r : 0;
                r = nfw_grant_table_add_hold(table, l->name, learned, addr, &hold);
                if (r < 0)
                        return r;
        }
        if (l->expires_ms <= nfw_grant_hold_expires(hold))
                return 0;

        carrier = hold->element->carrier;
        is_live = nfw_grant_hold_expires(carrier) > l->now_ms;
        nfw_grant_table_extend_hold(hold, l->expires_ms);
        hold->resolver = *l->resolver;

        if (!is_live)
                return emit(l->ops, NFW_GRANT_ADD, hold);
        if (carrier == hold)
                return emit(l->ops, NFW_GRANT_EXTEND, hold);
        if (hold->element->carrier == hold)
                return emit(l->ops, NFW_GRANT_REPLACE, hold);
        return 0;
}

static int find_or_add_name(struct lesson *l, const char *text) {
        struct nfw_dns_grants *grants = l->grants;
        int r;

        l->name = nfw_grant_table_find_name(&grants->table, text);
        if (l->name) {
                forget_expired_holds(grants, l->name, l->now_ms);
                return 0;
        }

        while (grants->table.n_names >= grants->max_names) {
                r = evict(l, first_name(grants));
                if (r < 0)
                        return r;
        }
        return nfw_grant_table_add_name(&grants->table, text, &l->name);
}

int nfw_dns_grants_learn(struct nfw_dns_grants *grants,
                         const char *name,
                         const struct nfw_addr *resolver,
                         const size_t *learned,
                         size_t n_learned,
                         const struct nfw_addr *addresses,
                         size_t n_addresses,
                         uint64_t expires_ms,
                         uint64_t now_ms,
                         struct nfw_grant_ops *ops) {
        struct lesson l = {
                .grants = grants,
                .resolver = resolver,
                .expires_ms = expires_ms,
                .now_ms = now_ms,
                .ops = ops,
        };
        uint64_t latest_ms;
        int r;

        forget_expired_names(grants, now_ms);
        nfw_grant_table_free_retired(&grants->table);
        if (n_learned == 0 || n_addresses == 0 || expires_ms <= now_ms)
                return 0;

        r = find_or_add_name(&l, name);
        if (r < 0)
                return r;
        latest_ms = l.name->holds.nodes.n > 0 ? l.name->by_expiry.key : 0;
        nfw_heap_update(&grants->table.by_expiry, &l.name->by_expiry, UINT64_MAX);

        for (size_t i = 0; i < n_addresses; i++)
                for (size_t k = 0; k < n_learned; k++) {
                        r = learn_one(&l, learned[k], addresses + i, n_learned * NFW_GRANTS_MAX_ADDRESSES);
                        if (r < 0)
                                return r;
                }

        nfw_heap_update(&grants->table.by_expiry, &l.name->by_expiry, NFW_MAX(latest_ms, expires_ms));
        return 0;
}

int nfw_dns_grants_restore(struct nfw_dns_grants *grants,
                           const char *name,
                           const struct nfw_addr *resolver,
                           size_t learned,
                           const struct nfw_addr *addr,
                           uint64_t expires_ms) {
        struct nfw_grant_table *table = &grants->table;
        struct nfw_grant_hold *hold;
        struct nfw_grant_name *n;
        int r;

        nfw_grant_table_free_retired(table);

        n = nfw_grant_table_find_name(table, name);
        if (!n) {
                r = nfw_grant_table_add_name(table, name, &n);
                if (r < 0)
                        return r;
                nfw_heap_update(&table->by_expiry, &n->by_expiry, 0);
        }

        hold = nfw_grant_table_find_hold(table, n, learned, addr);
        if (!hold) {
                r = nfw_grant_table_add_hold(table, n, learned, addr, &hold);
                if (r < 0)
                        return r;
        }
        if (expires_ms <= nfw_grant_hold_expires(hold))
                return 0;

        nfw_grant_table_extend_hold(hold, expires_ms);
        hold->resolver = *resolver;
        if (expires_ms > n->by_expiry.key)
                nfw_heap_update(&table->by_expiry, &n->by_expiry, expires_ms);
        return 0;
}

int nfw_dns_grants_foreach(const struct nfw_dns_grants *grants,
                           uint64_t now_ms,
                           int (*callback)(const char *name,
                                           const struct nfw_addr *resolver,
                                           size_t learned,
                                           const struct nfw_addr *addr,
                                           uint64_t expires_ms,
                                           void *userdata),
                           void *userdata) {
        const struct nfw_grant_name *name;
        int r;

        for (name = grants->table.names; name; name = name->hh.next)
                nfw_vec_foreach (node, &name->holds.nodes) {
                        const struct nfw_grant_hold *hold = nfw_grant_hold_by_name(*node);
                        struct nfw_addr addr = nfw_grant_element_addr(hold->element);

                        if (nfw_grant_hold_expires(hold) <= now_ms)
                                continue;
                        r = callback(name->text, &hold->resolver, (size_t)hold->element->key.learned, &addr,
                                     nfw_grant_hold_expires(hold), userdata);
                        if (r)
                                return r;
                }
        return 0;
}

int nfw_dns_grants_foreach_name(const struct nfw_dns_grants *grants,
                                size_t learned,
                                const struct nfw_addr *addr,
                                int (*callback)(const char *name, uint64_t expires_ms, void *userdata),
                                void *userdata) {
        const struct nfw_grant_element *element = nfw_grant_table_find_element(&grants->table, learned, addr);
        int r;

        if (!element)
                return 0;
        r = callback(element->carrier->name->text, nfw_grant_hold_expires(element->carrier), userdata);
        nfw_vec_foreach (node, &element->others.nodes) {
                const struct nfw_grant_hold *hold = nfw_grant_hold_by_element(*node);

                if (r)
                        return r;
                r = callback(hold->name->text, nfw_grant_hold_expires(hold), userdata);
        }
        return r;
}

void nfw_dns_grants_check_begin(struct nfw_dns_grants *grants) {
        grants->table.n_checks++;
}

int nfw_dns_grants_check_element(struct nfw_dns_grants *grants,
                                 size_t learned,
                                 const struct nfw_addr *addr,
                                 uint64_t expires_ms,
                                 uint64_t now_ms,
                                 uint64_t slack_ms,
                                 struct nfw_grant_ops *ops) {
        struct nfw_grant_element *element = nfw_grant_table_find_element(&grants->table, learned, addr);
        uint64_t wanted_ms = element ? nfw_grant_hold_expires(element->carrier) : 0;

        if (element)
                element->n_check = grants->table.n_checks;
        if (wanted_ms > now_ms)
                return expires_ms > wanted_ms + slack_ms || expires_ms + slack_ms < wanted_ms
                               ? emit(ops, NFW_GRANT_REPLACE, element->carrier)
                               : 0;
        /* The kernel may be a moment behind with what has just expired. */
        if (expires_ms <= now_ms + slack_ms)
                return 0;
        return nfw_vec_push(
                &ops->vec,
                ((struct nfw_grant_op){ .change = NFW_GRANT_REMOVE, .learned = learned, .addr = *addr }));
}

int nfw_dns_grants_check_end(const struct nfw_dns_grants *grants,
                             uint64_t now_ms,
                             uint64_t slack_ms,
                             struct nfw_grant_ops *ops) {
        const struct nfw_grant_element *element;
        int r = 0;

        for (element = grants->table.elements; element && r == 0; element = element->hh.next)
                if (element->n_check != grants->table.n_checks &&
                    nfw_grant_hold_expires(element->carrier) > now_ms + slack_ms)
                        r = emit(ops, NFW_GRANT_ADD, element->carrier);
        return r;
}

size_t nfw_dns_grants_n_names(const struct nfw_dns_grants *grants) {
        return grants->table.n_names;
}
