/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "nfwpolicyd/arguments.h"
#include "nfwpolicyd/policies.h"
#include "nfwpolicyd/settings.h"
#include "shared/cleanup.h"
#include "shared/command.h"
#include "shared/diagnostics.h"

#define FIELD(field_) offsetof(struct daemon_arguments, field_)

static const struct option_spec daemon_options[] = {
        { .name = "foreground",
          .offset = FIELD(foreground),
          .help = "stay in the foreground, which it does anyway" },
        { .name = "no-bus", .offset = FIELD(no_bus), .help = "learn only, without D-Bus" },
        { .name = "bus-address",
          .kind = OPTION_STRING,
          .offset = FIELD(bus_address),
          .argument = "ADDRESS",
          .help = "be on this bus instead of the system's" },
        { .name = "store-directory",
          .kind = OPTION_STRING,
          .offset = FIELD(store),
          .argument = "DIR",
          .help = "store there what is loaded, put it back at the start, and keep it in force" },
        { .name = "policies-directory",
          .kind = OPTION_STRING,
          .offset = FIELD(policies),
          .argument = "DIR",
          .help = "load every *.yaml and *.json there at the start" },
        { .name = "filter-directory",
          .kind = OPTION_STRING,
          .offset = FIELD(filters),
          .argument = "DIR",
          .help = "where network filters are defined (default /etc/nfwpolicy/nwfilter)" },
        { .name = "builtin-directory",
          .kind = OPTION_STRING,
          .offset = FIELD(builtin),
          .argument = "DIR",
          .help = "where the network filters are that come with nfwpolicy" },
        { .name = "network-directory",
          .kind = OPTION_STRING,
          .offset = FIELD(networks),
          .argument = "DIR",
          .help = "where virtual networks are defined (default /etc/nfwpolicy/networks)" },
        { .name = "group",
          .kind = OPTION_STRING,
          .offset = FIELD(group),
          .argument = "NAME",
          .help = "who may do over D-Bus what root may (default: nobody)" },
};

static int say_ready(const struct cli *cli, struct nfw_context *context, struct nfw_report *report) {
        CLEANUP(status) struct nfw_status *status = NULL;
        size_t n_policies, n_ports;
        int r;

        r = nfw_status_new_without_grants(context, report, &status);
        if (r != 0)
                return diagnostics_finish(cli, report, r, "reading what is loaded");
        diagnostics_print(cli, report);
        n_policies = nfw_status_n_loaded(status);
        n_ports = nfw_status_n_bindings(status);
        if (cli->json) {
                r = diagnostics_put_json(cli,
                                         json_pack("{s:s, s:I, s:I}", "event", "ready", "policies",
                                                   (json_int_t)n_policies, "ports", (json_int_t)n_ports),
                                         0);
                fflush(stdout);
                return r;
        }
        cli_say(cli, "nfwpolicyd: learning (%zu %s, %zu %s)", n_policies,
                n_policies == 1 ? "policy" : "policies", n_ports, n_ports == 1 ? "port" : "ports");
        fflush(stdout);
        return CLI_EXIT_FINE;
}

/* From here on they are for the loop, so that none gets lost while it all starts. */
static int keep_signals(const struct cli *cli) {
        sigset_t signals;

        sigemptyset(&signals);
        sigaddset(&signals, SIGINT);
        sigaddset(&signals, SIGTERM);
        return sigprocmask(SIG_BLOCK, &signals, NULL) < 0 ? cli_failure(cli, -errno, "sigprocmask") : 0;
}

static int start_keeping(const struct cli *cli,
                         const struct daemon_arguments *arguments,
                         struct nfw_context *context,
                         struct nfw_report *report,
                         struct nfw_store **ret_store,
                         struct nfw_keeper **ret_keeper) {
        int r;

        if (!arguments->store)
                return 0;
        if (!daemon_can_keep)
                return cli_usage_error(cli,
                                       "this nfwpolicyd was built without libsystemd, which keeping needs");
        r = nfw_store_new(context, arguments->store, report, ret_store);
        if (r == 0)
                r = nfw_keeper_new(context, *ret_store, report, ret_keeper);
        if (r != 0)
                return diagnostics_finish(cli, report, r, arguments->store);
        /* What could not be put back is no reason not to keep the rest. */
        diagnostics_print(cli, report);
        nfw_report_clear(report);
        return 0;
}

/* The caller keeps the paths, which are the arguments' from here on. */
static int set_directories(const struct cli *cli,
                           struct nfw_context *context,
                           struct daemon_arguments *args,
                           char **ret_state,
                           char **ret_filters,
                           char **ret_builtin,
                           char **ret_networks) {
        const struct {
                const char **argument;
                char **ret_path;
        } places[] = {
                { &args->state, ret_state },
                { &args->filters, ret_filters },
                { &args->builtin, ret_builtin },
                { &args->networks, ret_networks },
        };

        int r;

        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
                r = cli_absolute_path(*places[i].argument, places[i].ret_path);
                if (r < 0)
                        return cli_failure(cli, r, *places[i].argument);
                *places[i].argument = *places[i].ret_path;
        }
        r = nfw_context_set_nwfilter_directories(context, args->filters, args->builtin);
        if (r == 0 && args->networks)
                r = nfw_context_set_network_directory(context, args->networks);
        return r < 0 ? cli_failure(cli, r, "the directories") : CLI_EXIT_FINE;
}

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(config) struct nfw_config *config = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        CLEANUP(learner) struct nfw_learner *learner = NULL;
        CLEANUP(store) struct nfw_store *store = NULL;
        CLEANUP(keeper) struct nfw_keeper *keeper = NULL;
        CLEANUP(text) char *state = NULL;
        CLEANUP(text) char *filters = NULL;
        CLEANUP(text) char *builtin = NULL;
        CLEANUP(text) char *networks = NULL;
        struct daemon_arguments args;
        int r;

        (void)operands;
        (void)n_operands;
        r = cli_prepare_config(cli, &report, &context, &config);
        if (r)
                return r;
        args = settings_resolve(cli, arguments, config);
        r = set_directories(cli, context, &args, &state, &filters, &builtin, &networks);
        if (r)
                return r;
        r = keep_signals(cli);
        if (r)
                return r;

        r = nfw_learner_new(context, report, &learner);
        if (r != 0)
                return diagnostics_finish(cli, report, r, "the learner");
        r = start_keeping(cli, &args, context, report, &store, &keeper);
        if (r)
                return r;
        if (args.policies) {
                r = policies_load(cli, context, args.policies);
                if (r)
                        return r;
        }
        r = say_ready(cli, context, report);
        if (r)
                return r;

        r = daemon_run(cli, arguments, &args, config, context, learner, store, keeper);
        if (r == CLI_EXIT_FINE)
                cli_say(cli, "nfwpolicyd: stopped; the rules stay in force, and nothing is learned any more");
        return r;
}

static const struct command command_daemon = {
        .summary = "learns addresses from DNS replies for every policy that is loaded, and serves D-Bus",
        .synopsis =
                "[--config FILE] [--foreground] [--verbose] [--no-bus | --bus-address ADDRESS] [--group NAME]\n"
                "           [--store-directory DIR] [--policies-directory DIR]\n"
                "           [--filter-directory DIR] [--builtin-directory DIR] [--network-directory DIR]",
        .description =
                "Learns addresses from the DNS replies that ports under policies with domain rules receive, for\n"
                "everything that is loaded now or later, and offers org.nfwpolicy1 on the system bus if there is\n"
                "one. Runs until it gets SIGINT or SIGTERM; the rules stay in force then, and what was learned\n"
                "runs out by itself.",
        .example = "  nfwpolicyd --verbose",
        .options = daemon_options,
        .n_options = sizeof(daemon_options) / sizeof(daemon_options[0]),
        .arguments_size = sizeof(struct daemon_arguments),
        .run = run,
};

int main(int argc, char **argv) {
        struct cli cli = { .program = "nfwpolicyd" };

        cli_guard_streams();
        /* Guests depend on it more than whoever reads its messages. */
        signal(SIGPIPE, SIG_IGN);
        return command_run(&cli, &command_daemon, argc, argv);
}
