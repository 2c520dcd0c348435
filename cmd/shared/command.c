/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shared/progress.h"

const char command_exit_statuses[] =
        "Exit status:\n"
        "  0  fine\n"
        "  1  the answer is no: invalid, refused, different, not found, in use\n"
        "  2  wrong usage, input or output failed, or CAP_NET_ADMIN is missing\n";

void command_print_version(const char *program) {
        printf("%s " NFW_VERSION "\n", program);
}

void command_print_help(FILE *stream, const char *program, const struct command *command) {
        fprintf(stream, "Usage: %s%s%s%s%s\n\n%s\n", program, command->name ? " " : "",
                command->name ? command->name : "", *command->synopsis ? " " : "", command->synopsis,
                command->description);
        if (command->n_options > 0) {
                fputs("\nOptions:\n", stream);
                options_print(stream, command->options, command->n_options);
        }
        fputs("\nGlobal options:\n", stream);
        options_print(stream, options_global, n_options_global);
        fprintf(stream, "\nExample:\n%s\n\n%s", command->example, command_exit_statuses);
}

static int run_parsed(struct cli *cli,
                      const struct command *command,
                      const void *arguments,
                      char **operands,
                      size_t n_operands) {
        int r;

        cli_resolve_colors(cli);
        if (cli->help) {
                command_print_help(stdout, cli->program, command);
                return CLI_EXIT_FINE;
        }
        if (cli->version) {
                command_print_version(cli->program);
                return CLI_EXIT_FINE;
        }
        if (n_operands < command->min_operands)
                return cli_usage_error(cli, "%s is missing", command->operand);
        if (n_operands > command->max_operands)
                return cli_usage_error(cli, "`%s` is one argument too many", operands[command->max_operands]);

        if (!command->is_immediate)
                cli->progress = progress_start(cli);
        r = command->run(cli, arguments, operands, n_operands);
        cli->progress = progress_stop(cli->progress);
        return r;
}

int command_run(struct cli *cli, const struct command *command, int argc, char **argv) {
        struct option_group groups[2];
        void *arguments;
        int r, first = 0;

        arguments = calloc(1, command->arguments_size ? command->arguments_size : 1);
        if (!arguments)
                return cli_failure(cli, -ENOMEM, NULL);
        if (command->defaults)
                memcpy(arguments, command->defaults, command->arguments_size);

        cli->command = command->name;
        groups[0] = (struct option_group){ command->options, command->n_options, arguments };
        groups[1] = (struct option_group){ options_global, n_options_global, cli };
        r = options_parse(cli, groups, 2, false, argc, argv, &first);
        if (r == 0)
                r = run_parsed(cli, command, arguments, argv + first, (size_t)(argc - first));

        options_release(&groups[0]);
        free(arguments);
        return cli_close_stdout(cli, r);
}
