/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A tree of network filters as rules. Two layers must both let a packet pass: the link layer, with chains that jump to
 * others, and the network layer, which knows connections. It serves all ports: what differs from one to the other is
 * in sets whose elements begin with the port.
 */

#include "ir/ir.h"
#include "nwfilter/tree.h"

enum nfw_filter_layer {
        NFW_FILTER_LINK,
        NFW_FILTER_NETWORK,
        NFW_N_FILTER_LAYERS,
};

#define NFW_FILTER_MAX_FIELDS 6

/* One part of a key: the field, or the bits of it that the mask leaves. */
struct nfw_filter_field {
        enum nfw_field field;
        bool is_masked;
        uint8_t mask[NFW_VALUE_MAX];
};

/* Which variables and constants a field's values come from: see set.h. */
struct nfw_filter_column;

/* Tuples of values, for each port its own. */
struct nfw_filter_set {
        char *name; /* unique in the filter: "ip-saddr-IP"; the same for the same columns, whatever the rules */
        struct nfw_filter_field fields[NFW_FILTER_MAX_FIELDS];
        size_t n_fields;
        bool interval; /* elements may be ranges */
        size_t scope;  /* of the tree, where variables get values that the port does not give */
        NFW_VEC(struct nfw_filter_column) columns;
};

/* A set that the administrator fills (ipset); all filters share it. */
struct nfw_filter_named_set {
        char *name;
        enum nfw_field fields[3]; /* an address of that IP version and, in turn, a port */
        size_t n_fields;
};

struct nfw_filter_chain {
        char *name; /* "link-egress", "arp-mac-egress", "network-ingress"; unique in the filter */
        enum nfw_filter_layer layer;
        enum nfw_direction direction;
        struct nfw_ir_chain rules; /* each of them fixed; a jump's chain stands before the one that jumps */
};

#define NFW_FILTER_NO_CHAIN SIZE_MAX

struct nfw_filter_ir {
        char *name;           /* of the top filter */
        bool compat;          /* as libvirt does it, see docs/nwfilter.rst */
        bool needs_conntrack; /* some rule looks at connections */
        bool needs_reject;    /* some rule rejects */
        NFW_VEC(struct nfw_filter_chain) chains;
        size_t entry[NFW_N_FILTER_LAYERS][NFW_N_DIRECTIONS]; /* NFW_FILTER_NO_CHAIN: everything passes */
        NFW_VEC(struct nfw_filter_set) sets;                 /* NFW_OPERAND_TUPLE */
        NFW_VEC(struct nfw_filter_named_set) named_sets;     /* NFW_OPERAND_NAMED_SET */
        NFW_VEC(char *) variables;                           /* all names that some rule refers to */
        NFW_VEC(char *) missing;                             /* those that only a port can give */
        NFW_VEC(char *) compiled;                            /* those whose values are part of the rules */
};

struct nfw_filter_options {
        bool compat;
        /* Values of variables that are no values of packets (names of sets, limits): part of what is compiled. */
        const struct nfw_nwfilter_parameters *port;
};

/*
 * 0; NFW_E_INVALID where the tree cannot be enforced, and the report says which attribute and why; or -ENOMEM. The tree
 * must outlive the result.
 */
int nfw_filter_lower(const struct nfw_nwfilter_tree *tree,
                     const struct nfw_filter_options *options,
                     struct nfw_report *report,
                     struct nfw_filter_ir **ret_ir);
struct nfw_filter_ir *nfw_filter_ir_free(struct nfw_filter_ir *ir);
NFW_DEFINE_CLEANUP(struct nfw_filter_ir, nfw_filter_ir_free)

/* The variables that can be learned. */
#define NFW_FILTER_IP   "IP"
#define NFW_FILTER_IPV6 "IPV6"

/* Tuples of a set, n_fields ranges each, one behind the other. */
struct nfw_filter_tuples {
        NFW_VEC(struct nfw_range) vec;
};

/*
 * A port's elements of a set, without duplicates. 0; NFW_E_INVALID where a variable is missing, an index is out of
 * range, lists walked in parallel differ in length or a value is none for its attribute; or -ENOMEM. learned_ip: IP and
 * IPV6 may be missing, then no elements come of them.
 */
int nfw_filter_set_tuples(const struct nfw_filter_ir *ir,
                          const struct nfw_nwfilter_tree *tree,
                          const struct nfw_filter_set *set,
                          const struct nfw_nwfilter_parameters *port,
                          bool learned_ip,
                          struct nfw_report *report,
                          struct nfw_filter_tuples *ret_tuples);
/*
 * Whether elements come of what is learned of the guest: IP (AF_INET) or IPV6 is referred to, and neither the port nor
 * the filter says what it is. port may be NULL.
 */
bool nfw_filter_set_learns(const struct nfw_nwfilter_tree *tree,
                           const struct nfw_filter_set *set,
                           const struct nfw_nwfilter_parameters *port,
                           uint8_t family);
void nfw_filter_tuples_deinit(struct nfw_filter_tuples *tuples);

/* The filter as text, for `show --ir`. *ret_text is the caller's. */
int nfw_filter_ir_text(const struct nfw_filter_ir *ir, char **ret_text);
