/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "nfwpolicy/commands.h"
#include "shared/suggest.h"

static const struct command *const commands[] = {
        &command_check, &command_load,  &command_attach, &command_detach, &command_unload,
        &command_list,  &command_names, &command_show,   &command_verify, &command_status,
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *stream) {
        fputs("Usage: nfwpolicy [OPTION...] COMMAND [ARGUMENT...]\n"
              "\n"
              "Loads network policies onto the ports of virtual machines, containers and sandboxes:\n"
              "nftables rules in the kernel, with addresses learned from DNS replies.\n"
              "\n"
              "Commands:\n",
              stream);
        for (size_t i = 0; i < N_COMMANDS; i++)
                fprintf(stream, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
        fputs("  help     print the help of a command\n"
              "\n"
              "Global options:\n",
              stream);
        options_print(stream, options_global, n_options_global);
        fprintf(stream,
                "\n"
                "Example:\n"
                "  nfwpolicy check web.yaml\n"
                "  nfwpolicy load web.yaml --port vnet0 --foreground\n"
                "\n"
                "%s",
                command_exit_statuses);
}

static const struct command *find_command(const struct cli *cli, const char *name, int *ret_status) {
        const char *names[N_COMMANDS + 1];
        const char *nearest;

        for (size_t i = 0; i < N_COMMANDS; i++) {
                if (strcmp(commands[i]->name, name) == 0)
                        return commands[i];
                names[i] = commands[i]->name;
        }
        names[N_COMMANDS] = "help";
        nearest = suggest(name, names, N_COMMANDS + 1);
        if (nearest)
                *ret_status = cli_usage_error(cli, "unknown command `%s`, did you mean `%s`?", name, nearest);
        else
                *ret_status = cli_usage_error(cli, "unknown command `%s`", name);
        return NULL;
}

static int run_help(const struct cli *cli, const char *name) {
        const struct command *command;
        int status;

        if (!name) {
                print_help(stdout);
                return CLI_EXIT_FINE;
        }
        command = find_command(cli, name, &status);
        if (!command)
                return status;
        command_print_help(stdout, cli->program, command);
        return CLI_EXIT_FINE;
}

int main(int argc, char **argv) {
        struct cli cli = { .program = "nfwpolicy" };
        const struct option_group group = { options_global, n_options_global, &cli };
        const struct command *command;
        int r, first;

        cli_guard_streams();

        r = options_parse(&cli, &group, 1, true, argc, argv, &first);
        if (r)
                return r;
        if (cli.help)
                return cli_close_stdout(&cli, run_help(&cli, first < argc ? argv[first] : NULL));
        if (cli.version) {
                command_print_version(cli.program);
                return cli_close_stdout(&cli, CLI_EXIT_FINE);
        }
        if (first == argc) {
                print_help(stderr);
                return CLI_EXIT_TROUBLE;
        }
        if (strcmp(argv[first], "help") == 0)
                return cli_close_stdout(&cli, run_help(&cli, argv[first + 1]));

        command = find_command(&cli, argv[first], &r);
        if (!command)
                return r;
        return command_run(&cli, command, argc - first, argv + first);
}
