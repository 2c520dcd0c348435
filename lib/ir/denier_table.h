/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The rules of a chain as find.c looks through them. For the files of denier.h only.
 *
 * There is a table for each IP version and one for what is neither. Rules with constant destinations are found by
 * these, others that ask for something learned by that; the rest is gone through, most of it with a look at protocols
 * and ports.
 */

#include "ir/denier.h"

enum denier_family {
        DENIER_OTHER,
        DENIER_IPV4,
        DENIER_IPV6,
        DENIER_N_FAMILIES,
};

/* One match of a rule. */
struct denier_test {
        uint8_t field;
        uint8_t kind; /* enum nfw_operand_kind */
        bool negate;
        uint32_t first; /* ranges: where they begin in the values; else the parameter or learned entry */
        uint32_t n;     /* ranges */
};

struct denier_row {
        uint32_t order; /* its place in the chain */
        uint32_t rule;  /* of those that drop: index into the rules of the denier */
        uint32_t first_test;
        uint16_t n_tests;
        uint16_t first_port, last_port; /* bounds of what the tests let through */
        uint8_t first_protocol, last_protocol;
        bool drops;
};

struct denier_learned {
        uint32_t learned; /* entry of the IR */
        uint32_t row;     /* index into rows_by_learned */
};

/* So many spans in a row have their highest end noted, so that most of them need no look. */
#define DENIER_SPANS_IN_BLOCK 64

struct denier_table {
        NFW_VEC(struct denier_row) rows;
        NFW_VEC(struct denier_row) rows_by_address;
        NFW_VEC(struct denier_row) rows_by_learned;
        NFW_VEC(struct denier_learned) learned; /* sorted */
        NFW_VEC(uint8_t) spans;                 /* first and last address of each, sorted by the first */
        NFW_VEC(uint32_t) rows_of_spans;        /* index into rows_by_address */
        NFW_VEC(uint8_t) block_ends;
};

struct denier_chain {
        NFW_VEC(struct denier_test) tests;
        NFW_VEC(uint8_t) values; /* first and last value of each range, in the size of its field */
        struct denier_table tables[DENIER_N_FAMILIES];
};

struct nfw_denier {
        struct denier_chain chains[NFW_N_DIRECTIONS];
        NFW_VEC(struct nfw_denier_rule) rules;
        NFW_VEC(bool) learned; /* by index into those of the IR */
};

static inline size_t denier_addr_size(enum denier_family family) {
        return family == DENIER_OTHER ? 0 : nfw_addr_size(family == DENIER_IPV4 ? AF_INET : AF_INET6);
}
