/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/plan_build.h"
#include "ir/plan_fold.h"
#include "ir/plan_level.h"

static const char *const chain_words[NFW_N_DIRECTIONS] = {
        [NFW_EGRESS] = "egress",
        [NFW_INGRESS] = "ingress",
};

/* Rules with an effect besides their verdict keep their place, too. */
static bool keeps_its_place(const struct nfw_ir_rule *rule) {
        return rule->fixed || rule->verdict == NFW_VERDICT_CONTINUE || rule->mirror != NFW_MIRROR_NONE;
}

static int collect_items(const struct nfw_ir_chain *chain,
                         size_t first,
                         size_t end,
                         struct nfw_plan_items *items) {
        for (size_t i = first; i < end; i++) {
                struct nfw_plan_item *item;
                int r = nfw_plan_item_new(&chain->rules.items[i], i, &item);

                if (r < 0)
                        return r;
                if (!item)
                        continue;
                r = nfw_vec_push(&items->vec, item);
                if (r < 0) {
                        nfw_plan_item_free(item);
                        return r;
                }
        }
        return 0;
}

/* Moves the items of one level and verdict to *ret_group. */
static int take_group(struct nfw_plan_item **items,
                      size_t n_items,
                      enum nfw_verdict verdict,
                      struct nfw_plan_items *ret_group) {
        for (size_t i = 0; i < n_items; i++) {
                int r;

                if (!items[i] || items[i]->verdict != verdict)
                        continue;
                r = nfw_vec_push(&ret_group->vec, items[i]);
                if (r < 0)
                        return r;
                items[i] = NULL;
        }
        return 0;
}

/* The items of one level: those with the first one's verdict come first, although it makes no difference. */
static int plan_level(struct nfw_plan_builder *builder,
                      struct nfw_plan_item **items,
                      size_t n_items,
                      size_t number) {
        enum nfw_verdict first = items[0]->verdict;

        enum nfw_verdict verdicts[] = { first,
                                        first == NFW_VERDICT_ACCEPT ? NFW_VERDICT_DROP : NFW_VERDICT_ACCEPT };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(verdicts); i++) {
                nfw_cleanup(nfw_plan_items_deinit) struct nfw_plan_items members = { 0 };
                const struct nfw_plan_group group = { .verdict = verdicts[i], .number = number };
                int r = take_group(items, n_items, verdicts[i], &members);

                if (r == 0)
                        r = nfw_plan_fold(&members);
                if (r == 0)
                        r = nfw_plan_emit(builder, &group, &members);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int by_level(const void *a, const void *b) {
        const struct nfw_plan_item *x = *(struct nfw_plan_item *const *)a;
        const struct nfw_plan_item *y = *(struct nfw_plan_item *const *)b;
        size_t x_place = x->sources.vec.items[0], y_place = y->sources.vec.items[0];

        if (x->level != y->level)
                return x->level < y->level ? -1 : 1;
        return (x_place > y_place) - (x_place < y_place);
}

/* The rules [first, end) may change places as far as that makes no difference. */
static int plan_run(struct nfw_plan_builder *builder, size_t first, size_t end, size_t *n_levels) {
        nfw_cleanup(nfw_plan_items_deinit) struct nfw_plan_items items = { 0 };
        struct nfw_plan_item **all;
        size_t n_run_levels = 0, n;
        int r = collect_items(&builder->ir->chains[builder->direction], first, end, &items);

        if (r < 0 || items.vec.n == 0)
                return r;
        all = items.vec.items;
        n = items.vec.n;

        r = nfw_plan_assign_levels(all, n, &n_run_levels);
        if (r < 0)
                return r;
        qsort(all, n, sizeof(*all), by_level);

        for (size_t i = 0, next; r == 0 && i < n; i = next) {
                size_t level = all[i]->level;

                next = i + 1;
                while (next < n && all[next]->level == level)
                        next++;
                r = plan_level(builder, &all[i], next - i, *n_levels + level + 1);
        }
        *n_levels += n_run_levels;
        return r;
}

static int plan_fixed(struct nfw_plan_builder *builder, size_t source) {
        const struct nfw_ir_rule *rule = &builder->ir->chains[builder->direction].rules.items[source];
        const struct nfw_plan_group group = { .verdict = rule->verdict };
        nfw_cleanup(nfw_plan_item_freep) struct nfw_plan_item *item = NULL;
        int r = nfw_plan_item_new(rule, source, &item);

        return r < 0 || !item ? r : nfw_plan_emit_rule(builder, &group, item);
}

static int plan_chain(struct nfw_plan_builder *builder) {
        const struct nfw_ir_chain *from = &builder->ir->chains[builder->direction];
        size_t n_levels = 0;
        int r = 0;

        for (size_t i = 0, next; r == 0 && i < from->rules.n; i = next) {
                next = i + 1;
                if (keeps_its_place(&from->rules.items[i])) {
                        r = plan_fixed(builder, i);
                        continue;
                }
                while (next < from->rules.n && !keeps_its_place(&from->rules.items[next]))
                        next++;
                r = plan_run(builder, i, next, &n_levels);
        }
        return r;
}

static int name_chain(const struct nfw_plan *plan, const char *word, struct nfw_plan_chain *chain) {
        if (asprintf(&chain->name, "%s-%s", plan->policy, word) < 0) {
                chain->name = NULL;
                return -ENOMEM;
        }
        if (asprintf(&chain->comment, "policy %s", plan->policy) < 0) {
                chain->comment = NULL;
                return -ENOMEM;
        }
        return 0;
}

int nfw_plan_new(const struct nfw_ir *ir,
                 const struct nfw_plan_options *options,
                 struct nfw_plan **ret_plan) {
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = calloc(1, sizeof(*plan));
        nfw_cleanup(nfw_plan_builder_deinit) struct nfw_plan_builder builder = { .ir = ir, .plan = plan };

        if (!plan)
                return -ENOMEM;
        plan->policy = strdup(options->policy);
        plan->id = strdup(options->id);
        if (!plan->policy || !plan->id)
                return -ENOMEM;
        plan->table = ir->table;
        plan->nflog_group = options->nflog_group;
        memcpy(plan->parameters, ir->parameters, sizeof(plan->parameters));

        for (size_t i = 0; i < NFW_N_DIRECTIONS; i++) {
                int r = name_chain(plan, chain_words[i], &plan->chains[i]);

                builder.direction = (enum nfw_direction)i;
                if (r == 0)
                        r = plan_chain(&builder);
                if (r < 0)
                        return r;
        }

        *ret_plan = nfw_steal(plan);
        return 0;
}

static void chain_deinit(struct nfw_plan_chain *chain) {
        nfw_vec_foreach (rule, &chain->rules) {
                nfw_vec_deinit(&rule->matches);
                free(rule->comment);
        }
        nfw_vec_deinit(&chain->rules);
        free(chain->name);
        free(chain->comment);
}

struct nfw_plan *nfw_plan_free(struct nfw_plan *plan) {
        if (!plan)
                return NULL;

        for (size_t i = 0; i < NFW_N_DIRECTIONS; i++)
                chain_deinit(&plan->chains[i]);
        nfw_vec_foreach (set, &plan->sets) {
                free(set->name);
                free(set->comment);
                nfw_vec_deinit(&set->elements);
        }
        nfw_vec_deinit(&plan->sets);
        nfw_vec_foreach (learned, &plan->learned)
                nfw_vec_deinit(&learned->patterns);
        nfw_vec_deinit(&plan->learned);
        free(plan->policy);
        free(plan->id);
        free(plan);

        return NULL;
}
