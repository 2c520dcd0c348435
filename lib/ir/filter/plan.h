/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A filter as a plan, so that it is sent, printed and compared as policies are. All its chains are blocks, in the order
 * of struct nfw_filter_ir; the first sets are those of struct nfw_filter_ir, too, and have no elements: see
 * struct nfw_plan_set.source. Nothing is folded: the order of the rules is the filter's.
 */

#include "ir/filter/filter.h"
#include "ir/plan/plan.h"

/* What the names of a filter's sets and chains begin with, up to here, is its own name. */
#define NFW_FILTER_SEPARATOR '/'
/* What named sets are called: "set/NAME". */
#define NFW_FILTER_NAMED_SETS "set"

struct nfw_filter_plan_options {
        const char *name; /* in the kernel */
        const char *id;
        bool has_reject; /* the kernel can reject on bridges, for what comes from guests */
};

/*
 * 0; -EOPNOTSUPP where the kernel cannot look at a field so, and *ret_pos (may be NULL) is that of the rule; or another
 * negative errno. Positions are borrowed.
 */
int nfw_filter_plan_new(const struct nfw_filter_ir *ir,
                        const struct nfw_nwfilter_tree *tree,
                        const struct nfw_filter_plan_options *options,
                        struct nfw_pos *ret_pos,
                        struct nfw_plan **ret_plan);
