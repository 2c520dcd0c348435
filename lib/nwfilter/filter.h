/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The model of libvirt's network filters: what a filter's XML says, checked and typed, before anybody asks how it is
 * enforced. Immutable once it has been read.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/report.h"
#include "base/vec.h"
#include "net/addr.h"
#include "nwfilter/attribute.h"

#define NFW_NWFILTER_NAME_MAX     200
#define NFW_NWFILTER_CHAIN_MAX    12
#define NFW_NWFILTER_COMMENT_MAX  256 /* characters */
#define NFW_NWFILTER_PRIORITY_MAX 1000

enum nfw_nwfilter_action {
        NFW_NWFILTER_DROP,
        NFW_NWFILTER_ACCEPT,
        NFW_NWFILTER_REJECT,
        NFW_NWFILTER_RETURN,
        NFW_NWFILTER_CONTINUE,
};

/* As the guest sees it: out is from the guest. */
enum nfw_nwfilter_direction {
        NFW_NWFILTER_IN,
        NFW_NWFILTER_OUT,
        NFW_NWFILTER_INOUT,
};

/* What chains are for; a filter's chain may have a longer name that begins with one of theirs. */
enum nfw_nwfilter_chain {
        NFW_NWFILTER_CHAIN_ROOT,
        NFW_NWFILTER_CHAIN_MAC,
        NFW_NWFILTER_CHAIN_VLAN,
        NFW_NWFILTER_CHAIN_STP,
        NFW_NWFILTER_CHAIN_ARP,
        NFW_NWFILTER_CHAIN_RARP,
        NFW_NWFILTER_CHAIN_IPV4,
        NFW_NWFILTER_CHAIN_IPV6,
};

/*
 * "$NAME", "$NAME[@1]", "$NAME[2]". Variables that share an iterator are walked in parallel, "$NAME" is iterator 0.
 */
struct nfw_nwfilter_access {
        char *name; /* NULL: no variable */
        bool is_index;
        unsigned int number; /* of the iterator or the element */
};

/* The value of an attribute; which member counts is told by the attribute's type. */
struct nfw_nwfilter_constant {
        uint64_t number; /* numbers of any size, named values, lengths of masks, bits of state and flags */
        uint64_t mask;   /* of TCP flags: those that are looked at */
        uint8_t mac[6];  /* addresses and masks */
        struct nfw_addr addr; /* addresses */
        char *text;           /* comment, set name, set flags ("src,dst"), state as written */
};

struct nfw_nwfilter_value {
        enum nfw_nwfilter_attribute attribute;
        bool negate;    /* its element says match='no' */
        size_t element; /* which of the rule's elements it stands in, from 0 */
        struct nfw_nwfilter_access access;
        struct nfw_nwfilter_constant constant; /* where access.name is NULL */
        char *text;                            /* as written, for writing it again */
        struct nfw_pos pos;
};

struct nfw_nwfilter_rule {
        enum nfw_nwfilter_action action;
        enum nfw_nwfilter_direction direction;
        int priority;
        bool statematch; /* false: statematch='false' */
        enum nfw_nwfilter_protocol protocol;
        size_t n_elements; /* with the protocol's name; others after the first are not part of the rule */
        NFW_VEC(bool) element_negate;
        NFW_VEC(struct nfw_nwfilter_value) values; /* of all its elements */
        struct nfw_pos pos;
};

/*
 * The value that this one stands beside: of a mask its address, of a range's end its start (.of in the attribute's
 * info). It is in the same element, or in another one of the rule where there is only one such value. A filter that was
 * read has it for each of its values that need one. NULL where there is none or more than one.
 */
const struct nfw_nwfilter_value *nfw_nwfilter_rule_of(const struct nfw_nwfilter_rule *rule,
                                                      const struct nfw_nwfilter_value *value);

struct nfw_nwfilter_parameter {
        char *name;
        NFW_VEC(char *) values; /* in order; repeated parameters are a list */
        struct nfw_pos pos;
};

struct nfw_nwfilter_parameters {
        NFW_VEC(struct nfw_nwfilter_parameter) vec; /* by name */
};

struct nfw_nwfilter_reference {
        char *filter;
        struct nfw_nwfilter_parameters parameters;
        struct nfw_pos pos;
};

/* Either a rule or a reference, in the order of the file. */
struct nfw_nwfilter_entry {
        struct nfw_nwfilter_rule *rule;
        struct nfw_nwfilter_reference *reference;
};

struct nfw_nwfilter {
        char *file; /* the positions refer to it */
        char *name;
        char *uuid; /* "" where none is given */
        char *chain_name;
        enum nfw_nwfilter_chain chain;
        int chain_priority;
        bool has_chain_priority; /* it was written, and not what the chain's name implies */
        NFW_VEC(struct nfw_nwfilter_entry) entries;
        struct nfw_pos pos;
};

/* 0; NFW_E_INVALID, and the report says what is wrong and where; or a negative errno. */
int nfw_nwfilter_read(const char *file,
                      const void *data,
                      size_t size,
                      struct nfw_report *report,
                      struct nfw_nwfilter **ret_filter);
NFW_DEFINE_CLEANUP(struct nfw_nwfilter, nfw_nwfilter_free)

/* As libvirt prints it. *ret_text is the caller's. 0 or -ENOMEM. */
int nfw_nwfilter_write(const struct nfw_nwfilter *filter, char **ret_text);

/*
 * Reads a variable's value as the attribute wants it, as if it had been written in its place. 0; NFW_E_INVALID, and
 * *ret_expected says what was expected ("an IPv4 address"); or -ENOMEM.
 */
int nfw_nwfilter_constant_parse(enum nfw_nwfilter_protocol protocol,
                                enum nfw_nwfilter_attribute attribute,
                                const char *text,
                                struct nfw_nwfilter_constant *ret_constant,
                                const char **ret_expected);
void nfw_nwfilter_constant_deinit(struct nfw_nwfilter_constant *constant);

void nfw_nwfilter_value_deinit(struct nfw_nwfilter_value *value);
struct nfw_nwfilter_rule *nfw_nwfilter_rule_free(struct nfw_nwfilter_rule *rule);
NFW_DEFINE_CLEANUP(struct nfw_nwfilter_rule, nfw_nwfilter_rule_free)
struct nfw_nwfilter_reference *nfw_nwfilter_reference_free(struct nfw_nwfilter_reference *reference);
NFW_DEFINE_CLEANUP(struct nfw_nwfilter_reference, nfw_nwfilter_reference_free)

/* A name that filters can have, which is also that of a file: visible, no '/', not '.' at first, 200 octets. */
bool nfw_nwfilter_is_name(const char *name);

/* What chains of that name are for and the priority that the name implies. False where there can be no such chain. */
bool nfw_nwfilter_chain_find(const char *name, enum nfw_nwfilter_chain *ret_chain, int *ret_priority);

const char *nfw_nwfilter_action_name(enum nfw_nwfilter_action action);
const char *nfw_nwfilter_direction_name(enum nfw_nwfilter_direction direction);

/* Adds a value to the parameter of that name, or a parameter. 0 or -ENOMEM. */
int nfw_nwfilter_parameters_add(struct nfw_nwfilter_parameters *parameters,
                                const char *name,
                                const char *value,
                                const struct nfw_pos *pos);
const struct nfw_nwfilter_parameter *nfw_nwfilter_parameters_find(
        const struct nfw_nwfilter_parameters *parameters, const char *name);
void nfw_nwfilter_parameters_deinit(struct nfw_nwfilter_parameters *parameters);
