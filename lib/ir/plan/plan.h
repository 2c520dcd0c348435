/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The plan: which sets, chains and rules enforce an IR at the price of a few look-ups. It is what the nft layer
 * sends, prints and compares with the kernel.
 *
 * How it comes about: within one chain, every rule gets a level, one more than the highest level of the earlier
 * rules with the other verdict that can match the same packet. Levels are evaluated in order; within a level
 * the order does not matter, so the rules of a level with the same verdict are folded into set look-ups.
 *
 * Where that leaves many rules in a row, as it does when verdicts alternate and names are not known yet, stretches
 * of them become chains of their own, blocks. A packet is sent there only if its destination is among those of the
 * block, and there may be blocks of blocks: what a packet costs then grows with their logarithm.
 */

#include "ir/ir.h"

#define NFW_PLAN_MAX_FIELDS 6
/* Of a rule: what the kernel takes in one (NFT_RULE_MAXEXPRS) holds at least so many. */
#define NFW_PLAN_MAX_MATCHES    20
#define NFW_PLAN_MAX_BOX_FIELDS 4 /* the planner's own sets */

/*
 * Elements are boxes: n_fields ranges each, one behind the other in elements, no two of them overlapping. A
 * set without interval has single values only.
 */
struct nfw_plan_set {
        char *name; /* unique in the plan; NULL for an anonymous set, which belongs to one rule */
        char *comment;
        enum nfw_field fields[NFW_PLAN_MAX_FIELDS];
        size_t n_fields;
        bool interval;
        NFW_VEC(struct nfw_range) elements;
        size_t learned; /* index into struct nfw_plan.learned; SIZE_MAX for all other sets */
        bool meter;     /* has no fields: the kernel puts ports there, each with a limit of its own */
        bool is_shared; /* the table has it for all of its policies or filters, and it is not theirs */
        /* The following are for filters only. */
        bool per_port;    /* keys begin with the port, and elements are put when one is bound */
        bool has_timeout; /* elements may end */
        bool connections; /* the kernel puts the keys there, each with the number of its connections */
        bool is_rarp;     /* its fields of ARP are those of RARP */
        size_t source;    /* of per_port: index into the sets of struct nfw_filter_ir */
        bool is_masked[NFW_PLAN_MAX_FIELDS]; /* of a field only those bits count that its mask leaves */
        uint8_t masks[NFW_PLAN_MAX_FIELDS][NFW_VALUE_MAX];
};

enum nfw_plan_match_kind {
        NFW_PLAN_RANGE, /* one field, one range: compared in the rule */
        NFW_PLAN_FLAGS, /* one field and a mask */
        NFW_PLAN_SET,   /* the fields are looked up in the set; a learned set's key begins with the port */
        NFW_PLAN_PARAMETER, /* port . field is looked up in the parameter's set */
        /* The following are for filters only. */
        NFW_PLAN_MASKED,      /* one field: those bits that range.last leaves are range.first */
        NFW_PLAN_SAME_OCTET,  /* two fields: the octet of that number is the same */
        NFW_PLAN_CONNECTIONS, /* port . field, which is put into the set, has more than flags connections */
};

struct nfw_plan_match {
        enum nfw_plan_match_kind kind;
        bool negate;
        enum nfw_field fields[NFW_PLAN_MAX_FIELDS];
        size_t n_fields;
        struct nfw_range range;
        uint32_t flags;
        size_t set; /* index into struct nfw_plan.sets */
        enum nfw_parameter parameter;
        unsigned int octet;
};

struct nfw_plan_rule {
        NFW_VEC(struct nfw_plan_match) matches;
        enum nfw_verdict verdict;
        size_t block; /* to jump to: index into struct nfw_plan.blocks */
        enum nfw_mirror mirror;
        size_t meter; /* of what is mirrored as denied or for its address: index into struct nfw_plan.sets */
        bool counter;
        char *comment;      /* the names of the source rules, shortened to what the kernel takes */
        struct nfw_pos pos; /* of the first source rule */
};

struct nfw_plan_chain {
        enum nfw_direction direction;
        char *name;
        char *comment;
        NFW_VEC(struct nfw_plan_rule) rules;
};

/* Addresses of names that match a pattern go into both of the sets, each into the one of its family. */
struct nfw_plan_learned {
        NFW_VEC(struct nfw_domain) patterns;
        size_t set4; /* indices into struct nfw_plan.sets */
        size_t set6;
};

struct nfw_plan {
        char *policy;
        char *id; /* 16 hexadecimal digits, new with every load; also in the mirror's prefix */
        enum nfw_table table;
        uint16_t nflog_group;
        bool parameters[NFW_N_PARAMETERS];
        NFW_VEC(struct nfw_plan_set) sets;
        struct nfw_plan_chain chains[NFW_N_DIRECTIONS];
        NFW_VEC(struct nfw_plan_chain)
        blocks; /* each jumps only to those before it, or to one for what is denied */
        NFW_VEC(struct nfw_plan_learned) learned;
};

struct nfw_plan_options {
        const char *policy;
        const char *id;
        uint16_t nflog_group;
        size_t block_size; /* how many rules in a row are few; 0: what is best for the kernel */
        bool log_denied;   /* tell of what is dropped */
};

/* Copies of what is dropped, in the group beside the one for DNS: however many there are, no reply is lost for them. */
static inline uint16_t nfw_plan_denied_group(uint16_t nflog_group) {
        return nflog_group < UINT16_MAX ? (uint16_t)(nflog_group + 1) : UINT16_MAX - 1;
}

/* How many copies of one port's packets, in one direction, and how much of each. */
#define NFW_DENIED_PER_SECOND 5
#define NFW_DENIED_BURST      10
#define NFW_DENIED_SNAPLEN    128
/* A port that has been quiet for so long is forgotten. */
#define NFW_DENIED_TIMEOUT_MS 10000

/* 0 or a negative errno. Positions are borrowed, everything else is copied. The result depends on its input only. */
int nfw_plan_new(const struct nfw_ir *ir, const struct nfw_plan_options *options, struct nfw_plan **ret_plan);
struct nfw_plan *nfw_plan_free(struct nfw_plan *plan);
NFW_DEFINE_CLEANUP(struct nfw_plan, nfw_plan_free)
