/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ir/plan/build.h"

/* The rules of one level, as they stand in the chain, and what a packet must have for any of them to match it. */
struct nfw_plan_stretch {
        size_t n_rules;
        struct nfw_plan_items guards;
};

struct nfw_plan_stretches {
        NFW_VEC(struct nfw_plan_stretch) vec;
};

void nfw_plan_stretches_deinit(struct nfw_plan_stretches *stretches);

/* What an item looks at first. */
enum nfw_plan_guard_kind {
        NFW_PLAN_GUARD_LEARNED = 1,  /* the destination, in values that only the kernel knows */
        NFW_PLAN_GUARD_CONSTANT = 2, /* the destination, in constants */
        NFW_PLAN_GUARD_SERVICE = 4,  /* not the destination: the protocol and port, if anything */
        NFW_PLAN_GUARD_ALL = 7,
};

enum nfw_plan_guard_kind nfw_plan_guard_kind(const struct nfw_plan_item *item);

/* What packets that the item matches have in common, as far as it can be looked up at once. 0 or -ENOMEM. */
int nfw_plan_guards_add(struct nfw_plan_items *guards, const struct nfw_plan_item *item);

/*
 * The block, without a name yet, becomes one of the plan's, and the chain gets rules that lead there, with the
 * verdict JUMP or GOTO. The guards are used up; the block is taken where the answer is 0. 0 or -ENOMEM.
 */
int nfw_plan_put_block(struct nfw_plan_builder *builder,
                       struct nfw_plan_chain *chain,
                       enum nfw_verdict verdict,
                       struct nfw_plan_chain *block,
                       struct nfw_plan_items *guards);

/* Whether so many rules in a row are too many. */
bool nfw_plan_are_many(const struct nfw_plan_builder *builder, size_t n_rules);

/*
 * Moves the rules at the end of the builder's chain, from first on, to blocks unless they are few. The stretches
 * say which of them belong together; their guards are used up. scale
 * makes blocks larger and so fewer, for what few packets come to. 0 or -ENOMEM.
 */
int nfw_plan_make_blocks(struct nfw_plan_builder *builder,
                         size_t first,
                         size_t scale,
                         struct nfw_plan_stretches *stretches);
