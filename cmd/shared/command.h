/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A command as data: what --help prints and what the parser needs are the same rows. */

#include <stddef.h>

#include "shared/options.h"

#define OPERANDS_ANY ((size_t)-1)

struct command {
        const char *name; /* NULL: the program itself */
        const char *summary;
        const char *synopsis; /* what follows the name, as in "NAME --port IFACE" */
        const char *description;
        const char *example;

        const struct option_spec *options;
        size_t n_options;
        const void *defaults; /* copied into what run() gets as arguments */
        size_t arguments_size;

        bool is_immediate; /* looks at files only, so nobody has to be told that it takes its time */

        const char *operand; /* what a missing one is called */
        size_t min_operands;
        size_t max_operands;

        int (*run)(const struct cli *cli, const void *arguments, char **operands, size_t n_operands);
};

/* The help of one command, with the global options and the exit statuses. */
void command_print_help(FILE *stream, const char *program, const struct command *command);

/* Parses argv after its first element by the command's table and runs it. Returns the exit status. */
int command_run(struct cli *cli, const struct command *command, int argc, char **argv);

/* --version */
void command_print_version(const char *program);

/* Which exit status means what, for every --help. */
extern const char command_exit_statuses[];
