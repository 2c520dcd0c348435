/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a port knew when a packet of it was dropped. Kernels do not say when that was, but a copy that is read now came
 * after the last time that none waited. If nothing has changed since then, what the port knows is what it knew: grants
 * that come and go by our own commits, and by the generation of the ruleset the parameters. Grants that only run out do so
 * on the kernel's clock, which is not ours to the millisecond.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/learner/learner.h"

#define SLACK_MS 1000

/* What is looked up for one packet: sets of names that are denied, and names of its destination. */
#define MAX_SETS  1024
#define MAX_NAMES 64

static int compare_patterns(const void *a, const void *b) {
        const struct nfw_domain *x = *(const struct nfw_domain *const *)a,
                                *y = *(const struct nfw_domain *const *)b;
        int c = strcmp(x->name, y->name);

        return c ? c : (x->kind > y->kind) - (x->kind < y->kind);
}

struct patterns {
        NFW_VEC(const struct nfw_domain *) vec;
};

static void deinit_patterns(struct patterns *patterns) {
        nfw_vec_deinit(&patterns->vec);
}

/* The patterns that rules deny, sorted, and in the index. */
static int add_patterns(struct learner_denier *denier, const struct nfw_ir *ir, struct patterns *patterns) {
        for (size_t i = 0; i < ir->learned.n; i++) {
                if (!nfw_denier_asks_learned(denier->rules, i))
                        continue;
                nfw_vec_foreach (pattern, &ir->learned.items[i].patterns) {
                        const struct nfw_domain *added = pattern;
                        int r = nfw_dns_index_add(denier->index, pattern, i);

                        if (r == 0)
                                r = nfw_vec_push(&patterns->vec, added);
                        if (r < 0)
                                return r;
                }
        }
        if (patterns->vec.n > 1)
                qsort(patterns->vec.items, patterns->vec.n, sizeof(patterns->vec.items[0]), compare_patterns);
        return 0;
}

/* Names that match a pattern are remembered in every set that has it: one is enough to look into. */
static int add_sets(struct learner_denier *denier, const struct nfw_plan *plan, struct patterns *patterns) {
        nfw_cleanup(nfw_freep) bool *is_found = calloc(patterns->vec.n + 1, sizeof(*is_found));

        if (!is_found)
                return -ENOMEM;
        for (size_t i = 0; patterns->vec.n > 0 && i < plan->learned.n; i++) {
                bool is_new = false;
                int r;

                nfw_vec_foreach (item, &plan->learned.items[i].patterns) {
                        const struct nfw_domain *pattern = item;
                        const struct nfw_domain **found =
                                bsearch(&pattern, patterns->vec.items, patterns->vec.n,
                                        sizeof(patterns->vec.items[0]), compare_patterns);

                        if (!found || is_found[found - patterns->vec.items])
                                continue;
                        is_found[found - patterns->vec.items] = is_new = true;
                }
                r = is_new ? nfw_vec_push(&denier->sets, i) : 0;
                if (r < 0)
                        return r;
        }
        return 0;
}

int nfw_learner_denier_init(struct learner_denier *denier,
                            const struct nfw_ir *ir,
                            const struct nfw_plan *plan) {
        nfw_cleanup(deinit_patterns) struct patterns patterns = { 0 };
        int r;

        r = nfw_denier_new(ir, &denier->rules);
        if (r == 0)
                r = nfw_dns_index_new(&denier->index);
        if (r == 0)
                r = add_patterns(denier, ir, &patterns);
        return r < 0 ? r : add_sets(denier, plan, &patterns);
}

void nfw_learner_denier_deinit(struct learner_denier *denier) {
        denier->rules = nfw_denier_free(denier->rules);
        denier->index = nfw_dns_index_free(denier->index);
        nfw_vec_deinit(&denier->sets);
}

/* A packet's rule that is looked for. */
struct query {
        const struct nfw_learner *learner;
        const struct learner_port *port;
        bool is_known; /* nothing has changed since the packet but what has run out */
        uint64_t packet_ms, now_ms;
        bool has_names; /* they have been looked up */
        size_t n_names;
        struct nfw_dns_ids learned, perhaps, all; /* entries of the IR that the destination was learned for */
        int error;
};

static int add_name(const char *name, uint64_t expires_ms, void *userdata) {
        struct query *query = userdata;
        bool was_there = expires_ms + SLACK_MS > query->packet_ms;
        bool is_there = expires_ms > query->now_ms + SLACK_MS;

        if (++query->n_names > MAX_NAMES) {
                query->is_known = false;
                return 1;
        }
        if (!was_there)
                return 0;
        return nfw_dns_index_match(query->port->policy->denier.index, name,
                                   is_there ? &query->learned : &query->perhaps);
}

static void look_up_names(struct query *query, const struct nfw_addr *addr) {
        const struct learner_denier *denier = &query->port->policy->denier;

        query->has_names = true;
        if (denier->sets.n > MAX_SETS)
                query->is_known = false;
        nfw_vec_foreach (set, &denier->sets) {
                int r;

                if (!query->is_known)
                        return;
                r = nfw_dns_grants_foreach_name(query->port->grants, *set, addr, add_name, query);
                if (r < 0) {
                        query->error = r;
                        query->is_known = false;
                }
        }
}

static bool has_id(const struct nfw_dns_ids *ids, size_t id) {
        nfw_vec_foreach (item, &ids->vec) {
                if (*item == id)
                        return true;
        }
        return false;
}

static enum nfw_truth is_learned(void *userdata, size_t learned, const struct nfw_addr *addr) {
        struct query *query = userdata;

        if (query->is_known && !query->has_names)
                look_up_names(query, addr);
        if (!query->is_known || query->port->has_nameless)
                return NFW_UNKNOWN;
        if (has_id(&query->learned, learned))
                return NFW_TRUE;
        return has_id(&query->perhaps, learned) ? NFW_UNKNOWN : NFW_FALSE;
}

static bool learned(void *userdata, const struct nfw_addr *addr, const size_t **ret_learned, size_t *ret_n) {
        struct query *query = userdata;
        int r;

        if (query->is_known && !query->has_names)
                look_up_names(query, addr);
        if (!query->is_known || query->port->has_nameless)
                return false;

        query->all.vec.n = 0;
        r = nfw_vec_reserve(&query->all.vec, query->learned.vec.n + query->perhaps.vec.n);
        if (r < 0) {
                query->error = r;
                return false;
        }
        nfw_vec_foreach (id, &query->learned.vec)
                query->all.vec.items[query->all.vec.n++] = *id;
        nfw_vec_foreach (id, &query->perhaps.vec) {
                if (!has_id(&query->learned, *id))
                        query->all.vec.items[query->all.vec.n++] = *id;
        }
        *ret_learned = query->all.vec.items;
        *ret_n = query->all.vec.n;
        return true;
}

static bool contains(const struct nfw_prefix *prefix, const struct nfw_addr *addr) {
        struct nfw_range range = nfw_range_from_prefix(prefix);

        return prefix->addr.family == addr->family && nfw_value_compare(range.first, addr->bytes) <= 0 &&
               nfw_value_compare(addr->bytes, range.last) <= 0;
}

static enum nfw_truth is_parameter(void *userdata,
                                   enum nfw_parameter parameter,
                                   const struct nfw_addr *addr) {
        const struct query *query = userdata;
        const struct nfw_shadow_port *port;

        if (!query->is_known || !query->learner->context->shadow.valid)
                return NFW_UNKNOWN;
        port = nfw_shadow_port(&query->learner->context->shadow, query->port->interface);
        if (!port || port->table != query->port->policy->table)
                return NFW_UNKNOWN;

        nfw_vec_foreach (prefix, &port->parameters[parameter]) {
                if (contains(prefix, addr))
                        return NFW_TRUE;
        }
        return NFW_FALSE;
}

int nfw_learner_denier_find(struct nfw_learner *learner,
                            const struct learner_port *port,
                            enum nfw_direction direction,
                            const struct nfw_evaluate_packet *packet,
                            bool is_current,
                            const struct nfw_denier_rule **ret_rule) {
        struct query query = {
                .learner = learner,
                .port = port,
                .is_known = is_current &&
                            learner->none_denied_at > NFW_MAX(port->changed_at, learner->followed_at),
                .packet_ms = learner->none_denied_ms,
                .now_ms = nfw_learner_now(),
        };
        const struct nfw_denier_port answers = {
                .is_parameter = is_parameter,
                .is_learned = is_learned,
                .learned = learned,
                .userdata = &query,
        };
        int r;

        if (!port->policy->denier.rules)
                return NFW_E_NOT_FOUND;
        r = nfw_denier_find(port->policy->denier.rules, direction, packet, &answers, ret_rule);
        nfw_vec_deinit(&query.learned.vec);
        nfw_vec_deinit(&query.perhaps.vec);
        nfw_vec_deinit(&query.all.vec);
        return query.error < 0 ? query.error : r;
}
