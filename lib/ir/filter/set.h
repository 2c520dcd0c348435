/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Where the tuples of a set come from. Variables that share an iterator are walked in parallel and so are columns of
 * one set; what does not depend on each other is in sets of its own, for a packet that is in all of them is in the
 * product.
 */

#include "ir/filter/filter.h"

/* The set has no field for it: only the length of its list counts. */
#define NFW_FILTER_NO_FIELD SIZE_MAX

/* The values are borrowed from the tree; at least one of them is a variable. */
struct nfw_filter_column {
        size_t field; /* index into the set's */
        enum nfw_nwfilter_protocol protocol;
        const struct nfw_nwfilter_value *value;
        const struct nfw_nwfilter_value *second; /* a mask or the end of a range, or NULL */
        bool second_is_mask;
        bool negate; /* any of the variable's values counts, whatever others do */
        /* The rule is one of several, made for this value of the variable: what is walked with it stands still there. */
        bool is_pinned;
        size_t pin;
};

/* The tuples that one port may have of one set. */
#define NFW_FILTER_MAX_TUPLES 65536

void nfw_filter_set_deinit(struct nfw_filter_set *set);

/*
 * The index of a set with these columns, which may serve other rules already; *set is used up, its name is made up
 * here. 0 or -ENOMEM.
 */
int nfw_filter_set_take(struct nfw_filter_ir *ir,
                        const struct nfw_nwfilter_tree *tree,
                        struct nfw_filter_set *set,
                        size_t *ret_index);
