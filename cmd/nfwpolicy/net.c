/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/net.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "nfwpolicy/commands.h"
#include "shared/diagnostics.h"
#include "shared/read.h"

struct net_arguments {
        const char *directory;
        const char *policy;
        bool validate;
        bool create_bridge;
};

int net_prepare(const struct cli *cli,
                const char *directory,
                struct nfw_report **ret_report,
                struct nfw_context **ret_context) {
        CLEANUP(text) char *path = NULL;
        int r = cli_prepare(cli, ret_report, ret_context);

        if (r || !directory)
                return r;
        r = cli_absolute_path(directory, &path);
        if (r == 0)
                r = nfw_context_set_network_directory(*ret_context, path);
        return r < 0 ? cli_failure(cli, r, directory) : 0;
}

/* --- net-define ---------------------------------------------------------------------------------------------- */

static const struct option_spec define_options[] = {
        { .name = "policy",
          .kind = OPTION_STRING,
          .offset = offsetof(struct net_arguments, policy),
          .argument = "FILE",
          .help = "put the policy of this file on everything that joins the network" },
        { .name = "validate",
          .kind = OPTION_FLAG,
          .offset = offsetof(struct net_arguments, validate),
          .help = "only say what is wrong with it" },
        NET_DIRECTORY_OPTION(struct net_arguments),
};

static int read_network(const char *path, struct nfw_report *report, struct nfw_network **ret_network) {
        char *data = NULL;
        size_t size;
        int r;

        r = read_text(path, &data, &size);
        if (r == 0)
                r = nfw_network_read_buffer(read_display_name(path), data, size, report, ret_network);
        free(data);
        return r;
}

static int run_define(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        CLEANUP(network) struct nfw_network *network = NULL;
        CLEANUP(policy) struct nfw_policy *policy = NULL;
        const struct net_arguments *args = arguments;
        const char *about = read_display_name(operands[0]);
        int r;

        (void)n_operands;
        r = net_prepare(cli, args->directory, &report, &context);
        if (r)
                return r;
        r = read_network(operands[0], report, &network);
        if (r == 0 && args->policy) {
                about = read_display_name(args->policy);
                r = read_policy(args->policy, report, &policy);
        }
        if (r == 0)
                r = nfw_network_define(context, network, policy, args->validate, report);
        if (r == 0)
                cli_say(cli, args->validate ? "%s: network %s is valid" : "%s: network %s is defined", about,
                        nfw_network_name(network));
        return diagnostics_finish(cli, report, r, about);
}

const struct command command_net_define = {
        .name = "net-define",
        .summary = "define a virtual network",
        .synopsis = "FILE [--policy FILE]",
        .description =
                "Reads libvirt's network XML, or the same in YAML, and keeps it. A definition of that name is\n"
                "replaced; a network that is active changes when it is started again.",
        .example = "  nfwpolicy net-define lab.xml --policy web.yaml\n"
                   "  nfwpolicy net-start lab --create-bridge",
        .options = define_options,
        .n_options = sizeof(define_options) / sizeof(define_options[0]),
        .arguments_size = sizeof(struct net_arguments),
        .operand = "FILE",
        .min_operands = 1,
        .max_operands = 1,
        .run = run_define,
};

/* --- net-start, net-destroy, net-undefine -------------------------------------------------------------------- */

static const struct option_spec start_options[] = {
        { .name = "create-bridge",
          .kind = OPTION_FLAG,
          .offset = offsetof(struct net_arguments, create_bridge),
          .help = "make the bridge, with the host's addresses; it goes with the network" },
        NET_DIRECTORY_OPTION(struct net_arguments),
};

static const struct option_spec directory_options[] = {
        NET_DIRECTORY_OPTION(struct net_arguments),
};

static int run_start(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        const struct net_arguments *args = arguments;
        int r;

        (void)n_operands;
        r = net_prepare(cli, args->directory, &report, &context);
        if (r)
                return r;
        r = nfw_network_start(context, operands[0], args->create_bridge, report);
        if (r == 0)
                cli_say(cli, "network %s is started", operands[0]);
        return diagnostics_finish(cli, report, r, operands[0]);
}

static int run_destroy(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        const struct net_arguments *args = arguments;
        int r;

        (void)n_operands;
        r = net_prepare(cli, args->directory, &report, &context);
        if (r)
                return r;
        r = nfw_network_destroy(context, operands[0], report);
        if (r == 0)
                cli_say(cli, "network %s is destroyed", operands[0]);
        return diagnostics_finish(cli, report, r, operands[0]);
}

static int run_undefine(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        const struct net_arguments *args = arguments;
        int r;

        (void)n_operands;
        r = net_prepare(cli, args->directory, &report, &context);
        if (r)
                return r;
        r = nfw_network_undefine(context, operands[0], report);
        if (r == 0)
                cli_say(cli, "network %s is undefined", operands[0]);
        return diagnostics_finish(cli, report, r, operands[0]);
}

const struct command command_net_start = {
        .name = "net-start",
        .summary = "put a virtual network in force",
        .synopsis = "NAME [--create-bridge]",
        .description =
                "Puts the rules of a network that is defined in place, then its policy. For networks that lead\n"
                "out of the host forwarding is enabled. DHCP and DNS are not served; dnsmasq can do that.",
        .example = "  nfwpolicy net-start lab --create-bridge",
        .options = start_options,
        .n_options = sizeof(start_options) / sizeof(start_options[0]),
        .arguments_size = sizeof(struct net_arguments),
        .operand = "NAME",
        .min_operands = 1,
        .max_operands = 1,
        .run = run_start,
};

const struct command command_net_destroy = {
        .name = "net-destroy",
        .summary = "take a virtual network out of force",
        .synopsis = "NAME",
        .description =
                "Takes the network's rules and policy away, and its bridge where net-start has made it. The\n"
                "definition stays.",
        .example = "  nfwpolicy net-destroy lab",
        .options = directory_options,
        .n_options = sizeof(directory_options) / sizeof(directory_options[0]),
        .arguments_size = sizeof(struct net_arguments),
        .operand = "NAME",
        .min_operands = 1,
        .max_operands = 1,
        .run = run_destroy,
};

const struct command command_net_undefine = {
        .name = "net-undefine",
        .summary = "forget the definition of a virtual network",
        .synopsis = "NAME",
        .description = "Removes a definition. A network that is active goes on until it is destroyed.",
        .example = "  nfwpolicy net-undefine lab",
        .options = directory_options,
        .n_options = sizeof(directory_options) / sizeof(directory_options[0]),
        .arguments_size = sizeof(struct net_arguments),
        .operand = "NAME",
        .min_operands = 1,
        .max_operands = 1,
        .run = run_undefine,
};
