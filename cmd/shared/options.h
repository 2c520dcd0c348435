/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Options as tables: where a value goes, what it may be and what --help says about it, in one row each. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "shared/cli.h"

struct string_list {
        const char **items; /* borrowed from argv */
        size_t n_items;
};

enum option_kind {
        OPTION_FLAG,      /* bool */
        OPTION_PICK,      /* int: becomes value; another pick of the same field is an error */
        OPTION_CHOICE,    /* int: index of the argument in choices */
        OPTION_NUMBER,    /* uint32_t from min to max */
        OPTION_STRING,    /* const char * */
        OPTION_STRINGS,   /* struct string_list; may be repeated */
        OPTION_ADDRESSES, /* struct string_list; several may follow one option or be joined by commas */
};

struct option_spec {
        const char *name;
        char letter; /* 0: has none */
        enum option_kind kind;
        size_t offset;        /* of the field in the structure that the group points to */
        const char *argument; /* how --help calls it; NULL: takes none */
        const char *help;
        int value;
        uint32_t min;
        uint32_t max;
        const char *const *choices; /* ends with NULL */
};

/* Rows and the structure that they fill. */
struct option_group {
        const struct option_spec *options;
        size_t n_options;
        void *target;
};

/*
 * Parses argv after its first element. Operands are moved behind the options, unless stop_at_operand is set. A
 * mistake has been told. 0 or an exit status.
 */
int options_parse(const struct cli *cli,
                  const struct option_group *groups,
                  size_t n_groups,
                  bool stop_at_operand,
                  int argc,
                  char **argv,
                  int *ret_first_operand);

/* Frees the lists that parsing filled. */
void options_release(const struct option_group *group);

void options_print(FILE *stream, const struct option_spec *options, size_t n_options);

/* The options that every command has; the target is the struct cli. */
extern const struct option_spec options_global[];
extern const size_t n_options_global;
