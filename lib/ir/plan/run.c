/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/plan/run.h"

#include <errno.h>
#include <stdlib.h>

#include "ir/plan/block.h"
#include "ir/plan/fold.h"
#include "ir/plan/level.h"

/* From here on it is sets that loading a policy takes its time for. */
#define MANY_LEVELS 64

/* Blocks of what is asked for destinations that are both learned and constants: there are few of these. */
#define SCALE_OF_WHOLE 4

/* The source rules [first, end). */
struct run {
        size_t first;
        size_t end;
};

bool nfw_plan_keeps_its_place(const struct nfw_ir_rule *rule) {
        return rule->fixed || rule->verdict == NFW_VERDICT_CONTINUE || rule->mirror != NFW_MIRROR_NONE;
}

/* The items of these kinds. */
static int collect_items(const struct nfw_plan_builder *builder,
                         const struct run *run,
                         unsigned int kinds,
                         struct nfw_plan_items *items) {
        const struct nfw_ir_chain *chain = &builder->ir->chains[builder->direction];

        for (size_t i = run->first; i < run->end; i++) {
                struct nfw_plan_item *item;
                int r = nfw_plan_item_new(&chain->rules.items[i], i, &item);

                if (r < 0)
                        return r;
                if (!item)
                        continue;
                if (!(nfw_plan_guard_kind(item) & kinds)) {
                        nfw_plan_item_free(item);
                        continue;
                }
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

static int add_guards(struct nfw_plan_items *guards, const struct nfw_plan_items *items) {
        nfw_vec_foreach (item, &items->vec) {
                int r = nfw_plan_guards_add(guards, *item);

                if (r < 0)
                        return r;
        }
        return 0;
}

/*
 * The items of one level: those with the first one's verdict come first, although it makes no difference. guards
 * may be NULL.
 */
static int plan_level(struct nfw_plan_builder *builder,
                      struct nfw_plan_item **items,
                      size_t n_items,
                      size_t number,
                      struct nfw_plan_items *guards) {
        enum nfw_verdict first = items[0]->verdict;

        enum nfw_verdict verdicts[] = { first,
                                        first == NFW_VERDICT_ACCEPT ? NFW_VERDICT_DROP : NFW_VERDICT_ACCEPT };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(verdicts); i++) {
                nfw_cleanup(nfw_plan_items_deinit) struct nfw_plan_items members = { 0 };
                const struct nfw_plan_group group = { .verdict = verdicts[i], .number = number };
                int r = take_group(items, n_items, verdicts[i], &members);

                if (r == 0)
                        r = nfw_plan_fold(&members);
                if (r == 0 && guards)
                        r = add_guards(guards, &members);
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

/* Items in the order of their levels become rules. */
static int plan_levels(struct nfw_plan_builder *builder,
                       struct nfw_plan_item **items,
                       size_t n_items,
                       struct nfw_plan_stretches *stretches) {
        int r = 0;

        for (size_t i = 0, next; r == 0 && i < n_items; i = next) {
                struct nfw_plan_stretch stretch = { .n_rules = builder->chain->rules.n };
                size_t level = items[i]->level;

                next = i + 1;
                while (next < n_items && items[next]->level == level)
                        next++;
                r = plan_level(builder, &items[i], next - i, builder->n_levels + level + 1,
                               stretches ? &stretch.guards : NULL);
                stretch.n_rules = builder->chain->rules.n - stretch.n_rules;
                if (r == 0 && stretches)
                        r = nfw_vec_push(&stretches->vec, stretch);
                if (r < 0)
                        nfw_plan_items_deinit(&stretch.guards);
        }
        return r;
}

/* Appends the rules for the items of these kinds; says which of the kinds there are. */
static int plan_kinds(struct nfw_plan_builder *builder,
                      const struct run *run,
                      unsigned int kinds,
                      struct nfw_plan_stretches *stretches,
                      unsigned int *ret_kinds) {
        nfw_cleanup(nfw_plan_items_deinit) struct nfw_plan_items items = { 0 };
        size_t n_levels = 0;
        int r = collect_items(builder, run, kinds, &items);

        *ret_kinds = 0;
        if (r < 0 || items.vec.n == 0)
                return r;
        nfw_vec_foreach (item, &items.vec)
                *ret_kinds |= nfw_plan_guard_kind(*item);

        r = nfw_plan_assign_levels(items.vec.items, items.vec.n, &n_levels);
        if (r < 0)
                return r;
        qsort(items.vec.items, items.vec.n, sizeof(*items.vec.items), by_level);
        builder->is_long = n_levels > MANY_LEVELS;

        r = plan_levels(builder, items.vec.items, items.vec.n, n_levels > 1 ? stretches : NULL);
        builder->n_levels += n_levels;
        return r;
}

/* What comes behind the run, to its end. */
static int plan_rest(struct nfw_plan_builder *builder, const struct run *run) {
        int r = 0;

        for (size_t i = run->end; r == 0 && i < builder->ir->chains[builder->direction].rules.n; i++)
                r = nfw_plan_fixed(builder, i);
        return r;
}

static bool is_last_run(const struct nfw_plan_builder *builder, const struct run *run) {
        const struct nfw_ir_chain *chain = &builder->ir->chains[builder->direction];

        for (size_t i = run->end; i < chain->rules.n; i++) {
                if (!nfw_plan_keeps_its_place(&chain->rules.items[i]))
                        return false;
        }
        return true;
}

/* Appends to the part what there is for destinations of these kinds. */
static int plan_part(struct nfw_plan_builder *builder,
                     const struct run *run,
                     unsigned int kinds,
                     bool with_rest,
                     struct nfw_plan_chain *part) {
        nfw_cleanup(nfw_plan_stretches_deinit) struct nfw_plan_stretches stretches = { 0 };
        struct nfw_plan_chain *before = builder->chain;
        size_t first = part->rules.n;
        int r;

        builder->chain = part;
        r = plan_kinds(builder, run, kinds, &stretches, &kinds);
        if (r == 0 && stretches.vec.n > 0)
                r = nfw_plan_make_blocks(builder, first, 1, &stretches);
        if (r == 0 && with_rest)
                r = plan_rest(builder, run);
        builder->chain = before;
        return r;
}

/* The part becomes a block of the plan, which the chain leads to by what the run's items of the kind look at. */
static int put_part(struct nfw_plan_builder *builder,
                    const struct run *run,
                    enum nfw_plan_guard_kind kind,
                    struct nfw_plan_chain *part,
                    struct nfw_plan_chain *chain) {
        nfw_cleanup(nfw_plan_items_deinit) struct nfw_plan_items items = { 0 };
        nfw_cleanup(nfw_plan_items_deinit) struct nfw_plan_items guards = { 0 };
        int r = collect_items(builder, run, kind, &items);

        if (r == 0)
                r = add_guards(&guards, &items);
        return r < 0 ? r : nfw_plan_put_block(builder, chain, NFW_VERDICT_GOTO, part, &guards);
}

/*
 * Most destinations are either learned or among the constants of some rule, and the rules that know neither are
 * asked for all. So there are parts for each, and one with all rules, *whole, for what is both.
 */
static int split(struct nfw_plan_builder *builder,
                 const struct run *run,
                 unsigned int kinds,
                 struct nfw_plan_chain *whole) {
        nfw_cleanup(nfw_plan_chain_deinit) struct nfw_plan_chain learned = { 0 }, constant = { 0 };
        struct nfw_plan_chain *chain = builder->chain;
        int r;

        if (kinds & NFW_PLAN_GUARD_LEARNED && kinds & NFW_PLAN_GUARD_CONSTANT) {
                r = put_part(builder, run, NFW_PLAN_GUARD_CONSTANT, whole, &learned);
                if (r == 0)
                        r = plan_part(builder, run, NFW_PLAN_GUARD_LEARNED | NFW_PLAN_GUARD_SERVICE, true,
                                      &learned);
                if (r == 0)
                        r = put_part(builder, run, NFW_PLAN_GUARD_LEARNED, &learned, chain);
                if (r == 0)
                        r = plan_part(builder, run, NFW_PLAN_GUARD_CONSTANT | NFW_PLAN_GUARD_SERVICE, true,
                                      &constant);
                if (r == 0)
                        r = put_part(builder, run, NFW_PLAN_GUARD_CONSTANT, &constant, chain);
        } else {
                r = put_part(builder, run, kinds & ~NFW_PLAN_GUARD_SERVICE, whole, chain);
        }
        return r < 0 ? r : plan_part(builder, run, NFW_PLAN_GUARD_SERVICE, false, chain);
}

/* The rules of the chain from first on become those of another one. */
static int move_rules(struct nfw_plan_chain *chain, size_t first, struct nfw_plan_chain *to) {
        int r = nfw_vec_reserve(&to->rules, chain->rules.n - first);

        if (r < 0)
                return r;
        for (size_t i = first; i < chain->rules.n; i++)
                to->rules.items[to->rules.n++] = chain->rules.items[i];
        chain->rules.n = first;
        return 0;
}

int nfw_plan_run(struct nfw_plan_builder *builder, size_t first, size_t end) {
        nfw_cleanup(nfw_plan_stretches_deinit) struct nfw_plan_stretches stretches = { 0 };
        nfw_cleanup(nfw_plan_chain_deinit) struct nfw_plan_chain whole = { 0 };
        const struct run run = { .first = first, .end = end };
        struct nfw_plan_chain *chain = builder->chain;
        size_t first_rule = chain->rules.n;
        unsigned int kinds;
        int r;

        r = plan_kinds(builder, &run, NFW_PLAN_GUARD_ALL, &stretches, &kinds);
        if (r < 0 || stretches.vec.n == 0 || !nfw_plan_are_many(builder, chain->rules.n - first_rule))
                return r;
        if (kinds == NFW_PLAN_GUARD_SERVICE || !is_last_run(builder, &run))
                return nfw_plan_make_blocks(builder, first_rule, 1, &stretches);

        r = move_rules(chain, first_rule, &whole);
        builder->chain = &whole;
        if (r == 0)
                r = nfw_plan_make_blocks(builder, 0,
                                         kinds & NFW_PLAN_GUARD_LEARNED && kinds & NFW_PLAN_GUARD_CONSTANT
                                                 ? SCALE_OF_WHOLE
                                                 : 1,
                                         &stretches);
        if (r == 0)
                r = plan_rest(builder, &run);
        builder->chain = chain;
        return r < 0 ? r : split(builder, &run, kinds, &whole);
}
