/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/net/net.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "nfwpolicy/act/net.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/virsh-table.h"
#include "shared/diagnostics.h"
#include "shared/read.h"

struct net_arguments {
        struct bus_arguments bus;
        const char *directory;
        const char *policy;
        bool validate;
        bool create_bridge;
};

int net_open(const struct cli *cli, const struct bus_arguments *bus, const char *directory, struct act *act) {
        CLEANUP(text) char *path = NULL;
        int r;

        if (!directory)
                return act_open(cli, bus, act);
        r = act_open_alone(cli, act);
        if (r)
                return r;
        r = cli_absolute_path(directory, &path);
        if (r == 0)
                r = nfw_context_set_network_directory(act->context, path);
        return r < 0 ? cli_failure(cli, r, directory) : CLI_EXIT_FINE;
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
        NET_OPTIONS(struct net_arguments),
};

/* A file that is read here, so it is the caller's permission that counts. */
struct input {
        const char *file;
        char *text;
        size_t size;
};

static void input_deinit(struct input *input) {
        free(input->text);
}

#define CLEANUP_INPUT __attribute__((cleanup(input_deinit)))

static int input_read(struct input *input, const char *path) {
        input->file = read_display_name(path);
        return read_text(path, &input->text, &input->size);
}

static const char *input_text(const struct input *input) {
        return input->text ? input->text : "";
}

static int run_define(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        CLEANUP_INPUT struct input input = { 0 };
        CLEANUP_INPUT struct input other = { 0 };
        CLEANUP(network) struct nfw_network *network = NULL;
        CLEANUP(policy) struct nfw_policy *policy = NULL;
        const struct net_arguments *args = arguments;
        const char *about = read_display_name(operands[0]);
        int r;

        (void)n_operands;
        r = net_open(cli, &args->bus, args->directory, &act);
        if (r)
                return r;
        r = input_read(&input, operands[0]);
        if (r == 0)
                r = nfw_network_read_buffer(input.file, input_text(&input), input.size, act.report, &network);
        if (r == 0 && args->policy) {
                about = read_display_name(args->policy);
                r = input_read(&other, args->policy);
                if (r == 0)
                        r = nfw_policy_read_buffer(other.file, input_text(&other), other.size, act.report,
                                                   &policy);
        }
        if (r != 0)
                return diagnostics_finish(cli, act.report, r, about);
        r = act_network_define(&act, network, policy,
                               &(struct network_source){ input_text(&input), input.file,
                                                         policy ? input_text(&other) : NULL, other.file },
                               args->validate);
        if (r == 0 && args->validate)
                cli_say(cli, "%s: network %s is valid", about, nfw_network_name(network));
        else if (r == 0)
                virsh_say(cli, "Network %s defined from %s", nfw_network_name(network), about);
        return act_finish(&act, r, about);
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
        NET_OPTIONS(struct net_arguments),
};

static const struct option_spec directory_options[] = {
        NET_OPTIONS(struct net_arguments),
};

static int run_start(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        const struct net_arguments *args = arguments;
        int r;

        (void)n_operands;
        r = net_open(cli, &args->bus, args->directory, &act);
        if (r)
                return r;
        r = act_network_start(&act, operands[0], args->create_bridge);
        if (r == 0)
                virsh_say(cli, "Network %s started", operands[0]);
        return act_finish(&act, r, operands[0]);
}

static int change(const struct cli *cli,
                  const struct net_arguments *args,
                  const char *name,
                  int (*act_on)(struct act *act, const char *name),
                  const char *done) {
        CLEANUP_ACT struct act act = { 0 };
        int r;

        r = net_open(cli, &args->bus, args->directory, &act);
        if (r)
                return r;
        r = act_on(&act, name);
        if (r == 0)
                virsh_say(cli, "Network %s %s", name, done);
        return act_finish(&act, r, name);
}

static int run_destroy(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        (void)n_operands;
        return change(cli, arguments, operands[0], act_network_destroy, "destroyed");
}

static int run_undefine(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        (void)n_operands;
        return change(cli, arguments, operands[0], act_network_undefine, "has been undefined");
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
