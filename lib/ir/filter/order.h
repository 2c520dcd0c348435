/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* In which order rules and chains are asked. */

#include "ir/filter/lowering.h"

/* A rule that has something to say in one layer and direction. */
struct nfw_filter_entry {
        const struct nfw_nwfilter_instance *instance;
        struct nfw_filter_place place;
};

struct nfw_filter_entries {
        NFW_VEC(struct nfw_filter_entry) vec;
};

/* From the root chain to another. */
struct nfw_filter_jump {
        const char *name; /* the chain's in the filter */
        enum nfw_nwfilter_chain kind;
        int priority;
        size_t chain; /* index into struct nfw_filter_ir.chains */
};

struct nfw_filter_jumps {
        NFW_VEC(struct nfw_filter_jump) vec;
};

/* Chain by chain, the root chain last, by priority in each. 0 or -ENOMEM. */
int nfw_filter_entries_link(const struct nfw_nwfilter_tree *tree,
                            enum nfw_direction direction,
                            struct nfw_filter_entries *ret_entries);
/* Those of filters in the root chain first. 0 or -ENOMEM. */
int nfw_filter_entries_network(const struct nfw_nwfilter_tree *tree,
                               enum nfw_direction direction,
                               struct nfw_filter_entries *ret_entries);
/* By priority, then by name. */
void nfw_filter_jumps_sort(struct nfw_filter_jumps *jumps);

/* All names of variables. 0 or -ENOMEM. */
int nfw_filter_variables_collect(const struct nfw_nwfilter_tree *tree, struct nfw_filter_ir *ir);
