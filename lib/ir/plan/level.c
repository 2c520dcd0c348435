/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/plan/level.h"

#include <errno.h>
#include <stdlib.h>

#include "ir/plan/bounds.h"

/* So many representatives are passed over at once where their bounds allow it. */
#define BLOCK_SIZE 32

/* Items of one verdict that match the same packets as far as the planner knows; the highest level stands for all. */
struct representative {
        const struct nfw_plan_item *item; /* NULL as long as none of them has a level */
        struct nfw_plan_bounds bounds;
        size_t level;
};

/* The highest level, and the bounds, of neighbours in the order of their values. */
struct block {
        bool used;
        struct nfw_plan_bounds bounds;
        size_t level;
};

/* The items of one verdict. */
struct side {
        struct representative *all;
        struct block *blocks;
        size_t n;
};

struct levels {
        struct nfw_plan_item **items;
        size_t n_items;
        size_t *slots; /* for each item, its representative's place among those of its verdict */
        struct side accepting, dropping;
};

/* Operands do not count, but for the IP version that they imply: nothing is known of their values. */
static int signature_compare(const struct nfw_plan_item *a, const struct nfw_plan_item *b) {
        unsigned int a_families = nfw_plan_item_families(a), b_families = nfw_plan_item_families(b);

        if (a->verdict != b->verdict)
                return a->verdict < b->verdict ? -1 : 1;
        if (a->fields != b->fields)
                return a->fields < b->fields ? -1 : 1;
        if (a_families != b_families)
                return a_families < b_families ? -1 : 1;

        for (size_t i = 0; i < NFW_N_POLICY_FIELDS; i++) {
                int c = (a->fields & 1U << i) ? nfw_ranges_compare(&a->ranges[i], &b->ranges[i]) : 0;

                if (c != 0)
                        return c;
        }
        return 0;
}

static int place_compare(const void *a, const void *b, void *userdata) {
        struct nfw_plan_item *const *items = userdata;
        size_t x = *(const size_t *)a, y = *(const size_t *)b;
        int c = signature_compare(items[x], items[y]);

        return c ? c : (x > y) - (x < y);
}

static struct side *side_of(struct levels *levels, const struct nfw_plan_item *item) {
        return item->verdict == NFW_VERDICT_ACCEPT ? &levels->accepting : &levels->dropping;
}

/* Gives items that are alike one slot, and puts what has similar values into neighbouring slots. */
static int assign_slots(struct levels *levels) {
        nfw_cleanup(nfw_freep) size_t *places = calloc(levels->n_items, sizeof(*places));

        if (!places)
                return -ENOMEM;
        for (size_t i = 0; i < levels->n_items; i++)
                places[i] = i;
        qsort_r(places, levels->n_items, sizeof(*places), place_compare, levels->items);

        for (size_t i = 0; i < levels->n_items; i++) {
                const struct nfw_plan_item *item = levels->items[places[i]];
                struct side *side = side_of(levels, item);

                if (i == 0 || signature_compare(levels->items[places[i - 1]], item) != 0)
                        side->n++;
                levels->slots[places[i]] = side->n - 1;
        }
        return 0;
}

static int side_init(struct side *side) {
        side->all = calloc(side->n + 1, sizeof(*side->all));
        side->blocks = calloc(side->n / BLOCK_SIZE + 1, sizeof(*side->blocks));
        return side->all && side->blocks ? 0 : -ENOMEM;
}

static void side_deinit(struct side *side) {
        free(side->all);
        free(side->blocks);
}

static void levels_deinit(struct levels *levels) {
        free(levels->slots);
        side_deinit(&levels->accepting);
        side_deinit(&levels->dropping);
}

static int levels_init(struct levels *levels, struct nfw_plan_item **items, size_t n_items) {
        int r;

        levels->items = items;
        levels->n_items = n_items;
        levels->slots = calloc(n_items, sizeof(*levels->slots));
        r = levels->slots ? assign_slots(levels) : -ENOMEM;
        if (r == 0)
                r = side_init(&levels->accepting);
        if (r == 0)
                r = side_init(&levels->dropping);
        return r;
}

static size_t level_above_block(const struct side *side,
                                size_t block,
                                const struct nfw_plan_item *item,
                                const struct nfw_plan_bounds *bounds,
                                size_t level) {
        size_t first = block * BLOCK_SIZE;

        for (size_t i = NFW_MIN(first + BLOCK_SIZE, side->n); i-- > first;) {
                const struct representative *other = &side->all[i];

                if (other->item && other->level >= level && nfw_plan_bounds_overlap(&other->bounds, bounds) &&
                    nfw_plan_item_may_overlap(other->item, item))
                        level = other->level + 1;
        }
        return level;
}

/* One more than the highest level of those that may overlap the item, 0 where there are none. */
static size_t level_above(const struct side *side, const struct nfw_plan_item *item) {
        struct nfw_plan_bounds bounds = nfw_plan_item_bounds(item);
        size_t level = 0;

        for (size_t i = side->n / BLOCK_SIZE + 1; i-- > 0;) {
                const struct block *block = &side->blocks[i];

                if (block->used && block->level >= level && nfw_plan_bounds_overlap(&block->bounds, &bounds))
                        level = level_above_block(side, i, item, &bounds, level);
        }
        return level;
}

/* Makes later items respect this one, whose level is set. */
static void represent(struct side *side, size_t slot, const struct nfw_plan_item *item) {
        struct representative *it = &side->all[slot];
        struct block *block = &side->blocks[slot / BLOCK_SIZE];

        if (!it->item) {
                it->item = item;
                it->bounds = nfw_plan_item_bounds(item);
                if (block->used)
                        nfw_plan_bounds_extend(&block->bounds, &it->bounds);
                else
                        block->bounds = it->bounds;
                block->used = true;
        }
        it->level = NFW_MAX(it->level, item->level);
        block->level = NFW_MAX(block->level, item->level);
}

/* Parts of one rule that wait for the same names: on one level they share a pair of sets. */
static bool are_siblings(const struct nfw_plan_item *a, const struct nfw_plan_item *b) {
        return a->verdict == b->verdict && nfw_plan_item_has_learned_axis(a) &&
               nfw_plan_item_has_learned_axis(b) &&
               nfw_plan_item_learned(a)->vec.items[0] == nfw_plan_item_learned(b)->vec.items[0];
}

/* The siblings [first, end) have one verdict, so that they do not hinder each other. */
static void assign_level(struct levels *levels, size_t first, size_t end) {
        struct side *mine = side_of(levels, levels->items[first]);
        const struct side *others = mine == &levels->accepting ? &levels->dropping : &levels->accepting;
        size_t level = 0;

        for (size_t i = first; i < end; i++) {
                size_t above = level_above(others, levels->items[i]);

                level = NFW_MAX(level, above);
        }
        for (size_t i = first; i < end; i++) {
                levels->items[i]->level = level;
                represent(mine, levels->slots[i], levels->items[i]);
        }
}

static bool have_one_verdict(struct nfw_plan_item *const *items, size_t n_items) {
        for (size_t i = 1; i < n_items; i++) {
                if (items[i]->verdict != items[0]->verdict)
                        return false;
        }
        return true;
}

int nfw_plan_assign_levels(struct nfw_plan_item **items, size_t n_items, size_t *ret_n_levels) {
        nfw_cleanup(levels_deinit) struct levels levels = { 0 };
        size_t n_levels = 0;
        int r;

        /* Items are new, on level 0. */
        if (have_one_verdict(items, n_items)) {
                *ret_n_levels = n_items > 0;
                return 0;
        }
        r = levels_init(&levels, items, n_items);
        if (r < 0)
                return r;

        for (size_t i = 0, next; i < n_items; i = next) {
                next = i + 1;
                while (next < n_items && are_siblings(items[i], items[next]))
                        next++;
                assign_level(&levels, i, next);
                n_levels = NFW_MAX(n_levels, items[i]->level + 1);
        }

        *ret_n_levels = n_levels;
        return 0;
}
