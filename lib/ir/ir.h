/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The one model in the middle: chains of rules as values. Front ends lower to it, the evaluator runs it, the
 * planner turns it into sets and look-ups. Each rule is a conjunction of matches.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/report.h"
#include "base/vec.h"
#include "ir/field.h"
#include "ir/range.h"
#include "net/domain.h"

/* Values that differ from port to port; in the kernel they are elements of sets that start with the port. */
enum nfw_parameter {
        NFW_PARAMETER_RESOLVERS, /* the name servers that this port's guest may ask and whose answers count */
        NFW_PARAMETER_LOCAL,     /* the host's own addresses on the port's link */
        NFW_PARAMETER_SUBNETS,   /* the networks of those addresses */
        NFW_N_PARAMETERS,
};

enum nfw_operand_kind {
        NFW_OPERAND_RANGES,    /* the field's value is in the ranges */
        NFW_OPERAND_FLAGS,     /* the field and the flags have a bit in common */
        NFW_OPERAND_PARAMETER, /* (port, value) is among the port's parameter values */
        NFW_OPERAND_LEARNED,   /* (port, value) was learned for the patterns of that learned set */
        /* The following are for filters only. */
        NFW_OPERAND_MASKED,     /* those bits of the field that the mask leaves are the flags */
        NFW_OPERAND_SAME_OCTET, /* the octet of that number is the same in the other field */
        NFW_OPERAND_TUPLE,      /* (port, fields of the set) is in that set of the filter */
        NFW_OPERAND_NAMED_SET,  /* (fields of the set) is in that named set of the filter */
        NFW_OPERAND_ABOVE,      /* the sender (the field) has more than flags connections open */
};

struct nfw_match {
        enum nfw_field field;
        bool negate;
        enum nfw_operand_kind kind;
        struct nfw_ranges ranges;
        uint32_t flags;
        uint32_t mask;
        enum nfw_field other;
        unsigned int octet;
        enum nfw_parameter parameter;
        size_t learned; /* index into struct nfw_ir.learned */
        size_t set;     /* index into the sets or named sets of struct nfw_filter_ir */
};

enum nfw_verdict {
        NFW_VERDICT_CONTINUE, /* go on with the next rule: for rules with an effect only */
        NFW_VERDICT_ACCEPT,
        NFW_VERDICT_DROP,
        NFW_VERDICT_JUMP,   /* to a block and, where that decides nothing, back: in plans and filters only */
        NFW_VERDICT_GOTO,   /* to a block that has all that is left to ask: in plans only */
        NFW_VERDICT_RETURN, /* to the chain that jumped here: in filters only */
        NFW_VERDICT_REJECT, /* drop and say so to the sender: in filters only */
};

/* Which copy of the packet a rule hands to the learner. */
enum nfw_mirror {
        NFW_MIRROR_NONE,
        NFW_MIRROR_QUERY,
        NFW_MIRROR_REPLY,
        NFW_MIRROR_DENIED, /* its beginning, and not too often: in plans only */
        NFW_MIRROR_ADDRESS, /* what may tell an address of the guest, not too often: see ir/filter/learning.h */
};

struct nfw_ir_rule {
        NFW_VEC(struct nfw_match) matches;
        enum nfw_verdict verdict;
        enum nfw_mirror mirror;
        size_t chain;       /* to jump to: index into struct nfw_filter_ir.chains */
        char *name;         /* the source rule's, or what an implicit rule is for */
        struct nfw_pos pos; /* 0:0 for implicit rules */
        bool fixed;         /* keeps its place: the planner neither folds it nor moves anything across it */
};

struct nfw_ir_chain {
        NFW_VEC(struct nfw_ir_rule) rules;
};

void nfw_ir_rule_deinit(struct nfw_ir_rule *rule);
void nfw_ir_chain_deinit(struct nfw_ir_chain *chain);

/* The patterns of one rule; names that match any of them put their addresses there. */
struct nfw_ir_learned {
        NFW_VEC(struct nfw_domain) patterns;
};

enum nfw_direction {
        NFW_EGRESS,  /* from the guest */
        NFW_INGRESS, /* to the guest */
        NFW_N_DIRECTIONS,
};

/* The kernel's table, that is, where the packets are seen. */
enum nfw_table {
        NFW_TABLE_INET,
        NFW_TABLE_BRIDGE,
        NFW_N_TABLES,
};

struct nfw_ir {
        enum nfw_table table;
        struct nfw_ir_chain chains[NFW_N_DIRECTIONS];
        NFW_VEC(struct nfw_ir_learned) learned;
        bool parameters[NFW_N_PARAMETERS]; /* those that any rule refers to */
};

/* 0 or -ENOMEM. */
int nfw_ir_new(enum nfw_table table, struct nfw_ir **ret_ir);
struct nfw_ir *nfw_ir_free(struct nfw_ir *ir);
NFW_DEFINE_CLEANUP(struct nfw_ir, nfw_ir_free)
