/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nfwpolicy/commands.h"
#include "shared/cleanup.h"
#include "shared/diagnostics.h"
#include "shared/suggest.h"
#include "shared/table.h"
#include "shared/text.h"
#include "shared/watch.h"

struct names_arguments {
        const char *port;
        bool follow;
};

static const struct option_spec names_options[] = {
        { .name = "port",
          .letter = 'p',
          .kind = OPTION_STRING,
          .offset = offsetof(struct names_arguments, port),
          .argument = "IFACE",
          .help = "only what this port has learned" },
        { .name = "follow",
          .letter = 'f',
          .offset = offsetof(struct names_arguments, follow),
          .help = "go on with what is learned from now on, until interrupted" },
};

static json_t *grant_json(const struct nfw_grant *grant) {
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:f}", "port", text_json(nfw_grant_port(grant)), "policy",
                         text_json(nfw_grant_policy(grant)), "name", text_json(nfw_grant_name(grant)),
                         "address", text_json(nfw_grant_address(grant)), "resolver",
                         text_json_or_null(nfw_grant_resolver(grant)), "seconds_left",
                         (double)nfw_grant_expires_ms(grant) / 1000);
}

/* One array; or, before events follow, one object a line as they are. */
static int print_json(const struct cli *cli,
                      const struct nfw_status *status,
                      const struct names_arguments *args) {
        CLEANUP(json) json_t *array = json_array();
        json_t *grant;
        size_t index;

        for (size_t i = 0; i < nfw_status_n_grants(status); i++) {
                const struct nfw_grant *each = nfw_status_grant(status, i);

                if (watch_wants(args->port, nfw_grant_port(each)) &&
                    json_array_append_new(array, grant_json(each)) < 0)
                        return cli_failure(cli, -ENOMEM, NULL);
        }
        if (!args->follow)
                return diagnostics_put_json(cli, json_incref(array), 2);
        json_array_foreach(array, index, grant) {
                json_object_set_new(grant, "event", json_string("present"));
                diagnostics_put_json(cli, json_incref(grant), 0);
        }
        return CLI_EXIT_FINE;
}

static int print_text(const struct cli *cli,
                      const struct nfw_status *status,
                      const struct names_arguments *args) {
        static const char *const titles[] = { "PORT", "NAME", "ADDRESS", "LEFT", "RESOLVER", NULL };
        __attribute__((cleanup(cleanup_table))) struct table *table = table_new(titles);
        int r;

        for (size_t i = 0; i < nfw_status_n_grants(status); i++) {
                const struct nfw_grant *grant = nfw_status_grant(status, i);
                char left[TEXT_DURATION_SIZE];

                if (!watch_wants(args->port, nfw_grant_port(grant)))
                        continue;
                table_add(table, nfw_grant_port(grant));
                table_add(table, nfw_grant_name(grant));
                table_add(table, nfw_grant_address(grant));
                table_add(table, text_duration(nfw_grant_expires_ms(grant), left));
                table_add(table, nfw_grant_resolver(grant));
        }
        r = table_print(table, cli->color_out);
        return r < 0 ? cli_failure(cli, r, NULL) : CLI_EXIT_FINE;
}

static int refuse_port(const struct cli *cli, const char *port, const char *nearest) {
        CLEANUP(text) char *text = NULL;
        CLEANUP(text) char *hint = NULL;

        if (asprintf(&text, "no policy is on port `%s`", port) < 0)
                text = NULL;
        if (nearest && asprintf(&hint, "did you mean `%s`?", nearest) < 0)
                hint = NULL;
        if (!text)
                return cli_failure(cli, -ENOMEM, NULL);
        return diagnostics_refuse(cli, NFW_E_NOT_FOUND, "port/not-bound", text,
                                  hint ? hint : "`nfwpolicy list` shows what is loaded");
}

/* A typo in --port must not look like a port that has learned nothing. */
static int check_port(const struct cli *cli, const struct nfw_status *status, const char *port) {
        size_t n_ports = nfw_status_n_bindings(status);
        const char **ports;
        bool found = false;
        int r = CLI_EXIT_FINE;

        if (!port)
                return CLI_EXIT_FINE;
        ports = calloc(n_ports + 1, sizeof(*ports));
        if (!ports)
                return cli_failure(cli, -ENOMEM, NULL);
        for (size_t i = 0; i < n_ports; i++) {
                ports[i] = nfw_binding_port(nfw_status_binding(status, i));
                found |= strcmp(ports[i], port) == 0;
        }
        if (!found)
                r = refuse_port(cli, port, suggest(port, ports, n_ports));
        free(ports);
        return r;
}

static int print_status(const struct cli *cli,
                        struct nfw_context *context,
                        const struct names_arguments *args,
                        struct nfw_report *report) {
        CLEANUP(status) struct nfw_status *status = NULL;
        int r;

        r = nfw_status_new(context, report, &status);
        if (r != 0)
                return diagnostics_finish(cli, report, r, "names");
        diagnostics_print(cli, report);
        r = check_port(cli, status, args->port);
        if (r)
                return r;
        return cli->json ? print_json(cli, status, args) : print_text(cli, status, args);
}

static int follow(const struct cli *cli,
                  struct nfw_context *context,
                  const struct names_arguments *args,
                  struct nfw_report *report) {
        CLEANUP(monitor) struct nfw_monitor *monitor = NULL;
        struct watch_source source;
        int r, signal_fd;

        r = watch_catch_signals(cli, &signal_fd);
        if (r)
                return r;
        /* before the names that are there, so that none falls between the two */
        r = nfw_monitor_new(context, report, &monitor);
        if (r != 0)
                return diagnostics_finish(cli, report, r, "names");
        r = print_status(cli, context, args, report);
        if (r)
                return r;
        fflush(stdout);
        source = watch_monitor(monitor);
        return watch_run(cli, &source, signal_fd, cli->verbose ? WATCH_ALL : WATCH_CHANGES, args->port);
}

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        const struct names_arguments *args = arguments;
        int r;

        (void)operands;
        (void)n_operands;
        r = cli_prepare(cli, &report, &context);
        if (r)
                return r;
        return args->follow ? follow(cli, context, args, report) : print_status(cli, context, args, report);
}

const struct command command_names = {
        .name = "names",
        .summary = "names and addresses that ports have learned from DNS",
        .synopsis = "[--port IFACE] [--follow]",
        .description =
                "Prints the names and addresses that ports may reach because they looked them up, how long\n"
                "they still may, and which resolver said so. With --json that is one array; with --follow\n"
                "and --json one object a line.",
        .example = "  nfwpolicy names --port vnet0 --follow",
        .options = names_options,
        .n_options = sizeof(names_options) / sizeof(names_options[0]),
        .arguments_size = sizeof(struct names_arguments),
        .run = run,
};
