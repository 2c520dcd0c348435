/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A filter with all that it refers to, resolved: the rules in the order in which they are evaluated, and the values that
 * references give to variables. What a port brings along is not part of it, so one tree serves all ports.
 */

#include "nwfilter/filter.h"

/* A rule at one place of the tree. The same filter may be referred to several times, with other parameters. */
struct nfw_nwfilter_instance {
        const struct nfw_nwfilter_rule *rule;
        const struct nfw_nwfilter *filter; /* whose chain the rule goes to */
        size_t scope;                      /* index into struct nfw_nwfilter_tree.scopes */
};

struct nfw_nwfilter_tree {
        const struct nfw_nwfilter *top;
        NFW_VEC(const struct nfw_nwfilter *) filters;    /* all of them, each once, the top first */
        NFW_VEC(struct nfw_nwfilter_instance) instances; /* depth first, as written */
        NFW_VEC(struct nfw_nwfilter_parameters) scopes;  /* of references: what the outer ones say wins */
};

/* Where filters come from. NULL: there is none of that name. */
struct nfw_nwfilter_source {
        const struct nfw_nwfilter *(*find)(void *userdata, const char *name);
        void *userdata;
};

/*
 * 0; NFW_E_INVALID where a filter is missing or refers to itself, and the report says where; or -ENOMEM. The filters
 * are borrowed and must outlive the tree.
 */
int nfw_nwfilter_tree_new(const struct nfw_nwfilter_source *source,
                          const struct nfw_nwfilter *top,
                          struct nfw_report *report,
                          struct nfw_nwfilter_tree **ret_tree);
struct nfw_nwfilter_tree *nfw_nwfilter_tree_free(struct nfw_nwfilter_tree *tree);
NFW_DEFINE_CLEANUP(struct nfw_nwfilter_tree, nfw_nwfilter_tree_free)

/*
 * What a variable holds at that place for a port with these parameters: the port's own, else those of the scope; NULL
 * where it has no value.
 */
const struct nfw_nwfilter_parameter *nfw_nwfilter_tree_lookup(const struct nfw_nwfilter_tree *tree,
                                                              size_t scope,
                                                              const struct nfw_nwfilter_parameters *port,
                                                              const char *name);
