/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "nfwpolicy/commands.h"
#include "shared/suggest.h"

static const struct command *const policy_commands[] = {
        &command_check, &command_load,  &command_attach, &command_detach, &command_unload,
        &command_list,  &command_names, &command_show,   &command_verify, &command_status,
};

static const struct command *const network_commands[] = {
        &command_net_define,   &command_net_start, &command_net_destroy,
        &command_net_undefine, &command_net_list,  &command_net_dumpxml,
};

static const struct command *const nwfilter_commands[] = {
        &command_nwfilter_list,
        &command_nwfilter_define,
        &command_nwfilter_undefine,
        &command_nwfilter_dumpxml,
        &command_nwfilter_edit,
        &command_nwfilter_import,
        &command_nwfilter_binding_create,
        &command_nwfilter_binding_list,
        &command_nwfilter_binding_dumpxml,
        &command_nwfilter_binding_delete,
        &command_set,
};

/* As --help shows them. */
static const struct {
        const char *title;
        const struct command *const *commands;
        size_t n;
} sections[] = {
        { "Commands", policy_commands, sizeof(policy_commands) / sizeof(policy_commands[0]) },
        { "Network filters, with virsh's words", nwfilter_commands,
          sizeof(nwfilter_commands) / sizeof(nwfilter_commands[0]) },
        { "Virtual networks", network_commands, sizeof(network_commands) / sizeof(network_commands[0]) },
};

#define N_SECTIONS   (sizeof(sections) / sizeof(sections[0]))
#define MAX_COMMANDS 64

static void print_section(FILE *stream, size_t section) {
        int width = 0;

        for (size_t i = 0; i < sections[section].n; i++) {
                int length = (int)strlen(sections[section].commands[i]->name);

                width = length > width ? length : width;
        }
        fprintf(stream, "\n%s:\n", sections[section].title);
        for (size_t i = 0; i < sections[section].n; i++)
                fprintf(stream, "  %-*s  %s\n", width, sections[section].commands[i]->name,
                        sections[section].commands[i]->summary);
}

static void print_help(FILE *stream) {
        fputs("Usage: nfwpolicy [OPTION...] COMMAND [ARGUMENT...]\n"
              "\n"
              "Loads network policies onto the ports of virtual machines, containers and sandboxes:\n"
              "nftables rules in the kernel, with addresses learned from DNS replies.\n",
              stream);
        for (size_t i = 0; i < N_SECTIONS; i++)
                print_section(stream, i);
        fputs("\n"
              "nfwpolicy help COMMAND prints the help of a command.\n"
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
        const char *names[MAX_COMMANDS];
        const char *nearest;
        size_t n = 0;

        for (size_t i = 0; i < N_SECTIONS; i++)
                for (size_t j = 0; j < sections[i].n && n + 1 < MAX_COMMANDS; j++) {
                        if (strcmp(sections[i].commands[j]->name, name) == 0)
                                return sections[i].commands[j];
                        names[n++] = sections[i].commands[j]->name;
                }
        names[n++] = "help";
        nearest = suggest(name, names, n);
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
