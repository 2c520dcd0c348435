/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "nfwpolicy/act/act.h"
#include "nfwpolicy/bus/follow.h"
#include "nfwpolicy/commands.h"
#include "shared/cleanup.h"
#include "shared/diagnostics.h"
#include "shared/table.h"
#include "shared/text.h"
#include "shared/watch.h"

struct names_arguments {
        const char *port;
        bool follow;
        struct bus_arguments bus;
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
        BUS_OPTIONS(struct names_arguments),
};

static json_t *grant_json(const struct picture_grant *grant) {
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:f}", "port", text_json(grant->port), "policy",
                         text_json(grant->policy), "name", text_json(grant->name), "address",
                         text_json(grant->address), "resolver", text_json_or_null(grant->resolver),
                         "seconds_left", (double)grant->expires_ms / 1000);
}

/* One array; or, before events follow, one object a line as they are. */
static int print_json(const struct cli *cli,
                      const struct picture *picture,
                      const struct names_arguments *args) {
        CLEANUP(json) json_t *array = json_array();
        json_t *grant;
        size_t index;

        for (size_t i = 0; i < picture->n_grants; i++) {
                const struct picture_grant *each = &picture->grants[i];

                if (watch_wants(args->port, each->port) && json_array_append_new(array, grant_json(each)) < 0)
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
                      const struct picture *picture,
                      const struct names_arguments *args) {
        static const char *const titles[] = { "PORT", "NAME", "ADDRESS", "LEFT", "RESOLVER", NULL };
        __attribute__((cleanup(cleanup_table))) struct table *table = table_new(titles);
        int r;

        for (size_t i = 0; i < picture->n_grants; i++) {
                const struct picture_grant *grant = &picture->grants[i];
                char left[TEXT_DURATION_SIZE];

                if (!watch_wants(args->port, grant->port))
                        continue;
                table_add(table, grant->port);
                table_add(table, grant->name);
                table_add(table, grant->address);
                table_add(table, text_duration(grant->expires_ms, left));
                table_add(table, grant->resolver);
        }
        r = table_print(table, cli->color_out);
        return r < 0 ? cli_failure(cli, r, NULL) : CLI_EXIT_FINE;
}

static int print_names(const struct cli *cli, struct act *act, const struct names_arguments *args) {
        CLEANUP_PICTURE struct picture picture = { 0 };
        int r;

        r = act_names(act, args->port, &picture);
        if (r != 0)
                return act_finish(act, r, "names");
        act_print(act);
        return cli->json ? print_json(cli, &picture, args) : print_text(cli, &picture, args);
}

/* Begins to listen before the names that are there are printed, so that none falls between the two. */
static int listen_to(struct act *act,
                     const struct names_arguments *args,
                     struct nfw_monitor **ret_monitor,
                     struct follow *follow) {
        if (act->bus)
                return bus_follow(act->bus, args->port, &follow->fd);
        return nfw_monitor_new(act->context, act->report, ret_monitor);
}

static int follow_names(const struct cli *cli, struct act *act, const struct names_arguments *args) {
        CLEANUP(monitor) struct nfw_monitor *monitor = NULL;
        CLEANUP_FOLLOW struct follow follow = { .fd = -1 };
        struct watch_source source;
        int r, signal_fd;

        r = watch_catch_signals(cli, &signal_fd);
        if (r)
                return r;
        r = listen_to(act, args, &monitor, &follow);
        if (r != 0)
                return act_finish(act, r, "names");
        r = print_names(cli, act, args);
        if (r)
                return r;
        fflush(stdout);
        source = monitor ? watch_monitor(monitor) : watch_follow(&follow);
        return watch_run(cli, &source, signal_fd, cli->verbose ? WATCH_ALL : WATCH_CHANGES, args->port);
}

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        const struct names_arguments *args = arguments;
        int r;

        (void)operands;
        (void)n_operands;
        r = (args->follow ? act_open_for_long : act_open)(cli, &args->bus, &act);
        if (r)
                return r;
        return args->follow ? follow_names(cli, &act, args) : print_names(cli, &act, args);
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
