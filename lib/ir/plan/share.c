/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/plan/share.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "ir/plan/constant.h"

/* Fewer rules are easier to read with the values in them. */
#define MIN_USES 16

/* A set among those that hold the same. */
struct use {
        uint64_t hash;
        size_t set;
};

static uint64_t content_hash(const struct nfw_plan_set *set) {
        static const struct nfw_siphash_key key = { 0 };

        return nfw_siphash(&key, set->elements.items, set->elements.n * sizeof(*set->elements.items)) +
               set->fields[0];
}

bool nfw_plan_sets_hold_the_same(const struct nfw_plan_set *a, const struct nfw_plan_set *b) {
        return a->fields[0] == b->fields[0] && a->interval == b->interval && a->elements.n == b->elements.n &&
               memcmp(a->elements.items, b->elements.items, a->elements.n * sizeof(*a->elements.items)) == 0;
}

static int use_compare(const void *a, const void *b) {
        const struct use *x = a, *y = b;

        if (x->hash != y->hash)
                return x->hash < y->hash ? -1 : 1;
        return (x->set > y->set) - (x->set < y->set);
}

/* As one of the sets that the table has; *ret_is_one says whether it is. */
static int name_constant(const struct nfw_plan *plan, struct nfw_plan_set *set, bool *ret_is_one) {
        enum nfw_plan_constant constant = nfw_plan_constant_find(plan->table, set);

        *ret_is_one = constant < NFW_N_CONSTANTS;
        if (!*ret_is_one)
                return 0;
        set->name = strdup(nfw_plan_constant_name(constant));
        set->is_shared = true;
        return set->name ? 0 : -ENOMEM;
}

static int name_common(const struct nfw_plan *plan, size_t number, struct nfw_plan_set *set) {
        const char *word = set->fields[0] == NFW_FIELD_L4PROTO    ? "proto"
                           : set->fields[0] == NFW_FIELD_TH_DPORT ? "port"
                                                                  : "value";

        if (asprintf(&set->name, "%s-common%zu-%s", plan->policy, number, word) < 0) {
                set->name = NULL;
                return -ENOMEM;
        }
        return 0;
}

/* The sets without a name, all of one field, those with the same content side by side. */
static size_t collect_uses(const struct nfw_plan *plan, struct use *uses) {
        size_t n = 0;

        for (size_t i = 0; i < plan->sets.n; i++) {
                if (!plan->sets.items[i].name)
                        uses[n++] = (struct use){ .hash = content_hash(&plan->sets.items[i]), .set = i };
        }
        qsort(uses, n, sizeof(*uses), use_compare);
        return n;
}

/* places says for each set which one stands for it. */
static int choose(struct nfw_plan *plan, const struct use *uses, size_t n_uses, size_t *places) {
        size_t n_common = 0;

        for (size_t i = 0, next; i < n_uses; i = next) {
                struct nfw_plan_set *set = &plan->sets.items[uses[i].set];
                bool is_constant;
                int r;

                next = i + 1;
                while (next < n_uses && uses[next].hash == uses[i].hash &&
                       nfw_plan_sets_hold_the_same(set, &plan->sets.items[uses[next].set]))
                        next++;
                r = name_constant(plan, set, &is_constant);
                if (r == 0 && !is_constant && next - i < MIN_USES)
                        continue;
                if (r == 0 && !is_constant)
                        r = name_common(plan, ++n_common, set);
                if (r < 0)
                        return r;
                for (size_t j = i; j < next; j++)
                        places[uses[j].set] = uses[i].set;
        }
        return 0;
}

/* Frees the sets that another one stands for; places says then where each is. */
static void drop(struct nfw_plan *plan, size_t *places) {
        size_t n = 0;

        for (size_t i = 0; i < plan->sets.n; i++) {
                if (places[i] != i) {
                        nfw_vec_deinit(&plan->sets.items[i].elements);
                        continue;
                }
                plan->sets.items[n] = plan->sets.items[i];
                places[i] = n++;
        }
        plan->sets.n = n;
}

static void follow_chain(struct nfw_plan_chain *chain, const size_t *places) {
        nfw_vec_foreach (rule, &chain->rules) {
                nfw_vec_foreach (match, &rule->matches) {
                        if (match->kind == NFW_PLAN_SET)
                                match->set = places[match->set];
                }
        }
}

static void follow(struct nfw_plan *plan, const size_t *places) {
        for (size_t i = 0; i < NFW_N_DIRECTIONS; i++)
                follow_chain(&plan->chains[i], places);
        nfw_vec_foreach (block, &plan->blocks)
                follow_chain(block, places);
        nfw_vec_foreach (learned, &plan->learned) {
                learned->set4 = places[learned->set4];
                learned->set6 = places[learned->set6];
        }
}

/* What stands for others stands before them: its place is known when theirs is looked up. */
static void resolve(size_t *places, const size_t *chosen, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (chosen[i] != i)
                        places[i] = places[chosen[i]];
        }
}

int nfw_plan_share_sets(struct nfw_plan *plan) {
        size_t n_sets = plan->sets.n, n_uses;
        nfw_cleanup(nfw_freep) struct use *uses = calloc(n_sets + 1, sizeof(*uses));
        nfw_cleanup(nfw_freep) size_t *chosen = calloc(n_sets + 1, sizeof(*chosen));
        nfw_cleanup(nfw_freep) size_t *places = calloc(n_sets + 1, sizeof(*places));
        int r;

        if (!uses || !chosen || !places)
                return -ENOMEM;
        n_uses = collect_uses(plan, uses);
        for (size_t i = 0; i < n_sets; i++)
                chosen[i] = i;
        r = choose(plan, uses, n_uses, chosen);
        if (r < 0)
                return r;

        memcpy(places, chosen, n_sets * sizeof(*places));
        drop(plan, places);
        resolve(places, chosen, n_sets);
        follow(plan, places);
        return 0;
}
