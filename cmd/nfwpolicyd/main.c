/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <stdio.h>

#include "shared/cleanup.h"
#include "shared/command.h"
#include "shared/diagnostics.h"
#include "shared/watch.h"

struct daemon_arguments {
        bool foreground;
};

static const struct option_spec daemon_options[] = {
        { .name = "foreground",
          .offset = offsetof(struct daemon_arguments, foreground),
          .help = "stay in the foreground, which it does anyway" },
};

static int say_ready(const struct cli *cli, struct nfw_context *context, struct nfw_report *report) {
        CLEANUP(status) struct nfw_status *status = NULL;
        size_t n_policies, n_ports;
        int r;

        r = nfw_status_new(context, report, &status);
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

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        CLEANUP(learner) struct nfw_learner *learner = NULL;
        struct watch_source source;
        int r, signal_fd;

        (void)arguments;
        (void)operands;
        (void)n_operands;
        r = cli_prepare(cli, &report, &context);
        if (r)
                return r;
        r = watch_catch_signals(cli, &signal_fd);
        if (r)
                return r;

        r = nfw_learner_new(context, report, &learner);
        if (r != 0)
                return diagnostics_finish(cli, report, r, "the learner");
        r = say_ready(cli, context, report);
        if (r)
                return r;

        source = watch_learner(learner);
        r = watch_run(cli, &source, signal_fd, cli->verbose ? WATCH_ALL : WATCH_TROUBLE, NULL);
        if (r == CLI_EXIT_FINE)
                cli_say(cli, "nfwpolicyd: stopped; the rules stay in force, and nothing is learned any more");
        return r;
}

static const struct command command_daemon = {
        .summary = "learns addresses from DNS replies for every policy that is loaded",
        .synopsis = "[--foreground] [--verbose]",
        .description =
                "Learns addresses from the DNS replies that ports under policies with domain rules receive, for\n"
                "everything that is loaded now or later. Runs until it gets SIGINT or SIGTERM; the rules stay in\n"
                "force then, and what was learned runs out by itself.",
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
