/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The small world that network filters and frames are drawn from, so that they meet: few addresses, few numbers. Filters
 * are drawn as XML, from the grammar's own tables, so whatever it has comes up.
 */

#include <stdbool.h>
#include <stddef.h>

#include "../shared/random.h"
#include "nwfilter/attribute.h"

#define WORLD_MAX_FILTERS 6
#define WORLD_MAX_LIST    5
#define WORLD_TEXT_MAX    48

enum world_kind {
        WORLD_MAC,
        WORLD_MAC_MASK,
        WORLD_IP4,
        WORLD_IP4_END,
        WORLD_IP4_MASK,
        WORLD_IP6,
        WORLD_IP6_END,
        WORLD_IP6_MASK,
        WORLD_PORT, /* any number of 16 bits or more */
        WORLD_PORT_END,
        WORLD_NUMBER, /* that fits into eight bits, or six */
        WORLD_NUMBER_END,
        WORLD_ETHER_TYPE,
        WORLD_VLAN,
        WORLD_PROTOCOL,
        WORLD_OPCODE,
        WORLD_TCP_FLAGS,
        WORLD_BOOLEAN,
        WORLD_STATE,
        WORLD_SET,
        WORLD_SET_FLAGS,
        WORLD_COMMENT,
        WORLD_N_KINDS,
};

/* The tested port's values are the first ones, another port's, which must not matter, the second ones. */
struct world_variable {
        const char *name;
        enum world_kind kind;
        bool is_list;
        bool by_port; /* else the top filter's references give it */
        size_t n;
        char values[2][WORLD_MAX_LIST][WORLD_TEXT_MAX];
};

#define WORLD_N_VARIABLES 30

struct world {
        struct random random;
        struct world_variable variables[WORLD_N_VARIABLES];
        size_t list_length;
        size_t n_filters; /* "f0" is the top of the tree */
};

/* Draws the variables and the number of filters. */
void world_draw(struct world *world);
/* The XML of the filter of that number; the caller frees it. NULL when out of memory. */
char *world_filter(struct world *world, size_t index);
/* A value of that kind. */
void world_value(struct random *random, enum world_kind kind, char text[static WORLD_TEXT_MAX]);
