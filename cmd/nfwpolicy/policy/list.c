/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/policy/list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "nfwpolicy/act/act.h"
#include "nfwpolicy/commands.h"
#include "shared/diagnostics.h"
#include "shared/table.h"
#include "shared/text.h"

enum list_what {
        LIST_ALL,
        LIST_POLICIES,
        LIST_PORTS,
};

struct list_arguments {
        int what; /* enum list_what */
        struct bus_arguments bus;
};

static const struct option_spec list_options[] = {
        { .name = "brief",
          .kind = OPTION_PICK,
          .offset = offsetof(struct list_arguments, what),
          .value = LIST_POLICIES,
          .help = "the names of the policies only, one a line" },
        { .name = "ports",
          .kind = OPTION_PICK,
          .offset = offsetof(struct list_arguments, what),
          .value = LIST_PORTS,
          .help = "the ports that are under policies only, one a line" },
        BUS_OPTIONS(struct list_arguments),
};

static int print_policies(const struct cli *cli, const struct picture *picture) {
        static const char *const titles[] = { "POLICY", "RULES", "PORTS", "DOMAINS", "FILE", NULL };
        __attribute__((cleanup(cleanup_table))) struct table *table = table_new(titles);

        for (size_t i = 0; i < picture->n_policies; i++) {
                const struct picture_policy *policy = &picture->policies[i];
                /* without its record there is no telling what was in it */
                bool known = *policy->file != '\0';

                table_add(table, policy->name);
                if (known)
                        table_addf(table, "%zu", policy->n_rules);
                else
                        table_add(table, "?");
                table_addf(table, "%zu", policy->n_ports);
                table_add(table, !known ? "?" : policy->has_domains ? "yes" : "no");
                table_add(table, policy->file);
        }
        return table_print(table, cli->color_out);
}

static void add_resolvers(struct table *table, const struct picture_port *port) {
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        if (stream) {
                for (char **resolver = port->resolvers; *resolver; resolver++)
                        fprintf(stream, "%s%s", resolver == port->resolvers ? "" : " ", *resolver);
                fclose(stream);
        }
        table_add(table, text);
        free(text);
}

static bool trusts_any(const struct picture *picture, const char *policy) {
        for (size_t i = 0; i < picture->n_policies; i++)
                if (strcmp(picture->policies[i].name, policy) == 0)
                        return picture->policies[i].any_resolver;
        return false;
}

static int print_ports(const struct cli *cli, const struct picture *picture) {
        static const char *const titles[] = { "PORT",  "POLICY",    "TABLE",     "PERSISTENT",
                                              "NAMES", "ADDRESSES", "RESOLVERS", NULL };
        __attribute__((cleanup(cleanup_table))) struct table *table = table_new(titles);

        for (size_t i = 0; i < picture->n_ports; i++) {
                const struct picture_port *port = &picture->ports[i];

                table_add(table, port->name);
                table_add(table, port->policy);
                table_add(table, port->table);
                table_add(table, port->is_persistent ? "yes" : "no");
                table_addf(table, "%zu", port->n_names);
                table_addf(table, "%zu", port->n_addresses);
                if (trusts_any(picture, port->policy))
                        table_add(table, "any");
                else
                        add_resolvers(table, port);
        }
        return table_print(table, cli->color_out);
}

static int print_bound(const struct cli *cli, const struct picture *picture) {
        static const char *const titles[] = { "PORT", "FILTER", NULL };
        __attribute__((cleanup(cleanup_table))) struct table *table = table_new(titles);

        for (size_t i = 0; i < picture->n_bound; i++) {
                table_add(table, picture->bound[i].port);
                table_add(table, picture->bound[i].filter);
        }
        return table_print(table, cli->color_out);
}

static int print_networks(const struct cli *cli, const struct picture *picture) {
        static const char *const titles[] = { "NETWORK", "FORWARD", "BRIDGE", "POLICY", NULL };
        __attribute__((cleanup(cleanup_table))) struct table *table = table_new(titles);

        for (size_t i = 0; i < picture->n_networks; i++) {
                table_add(table, picture->networks[i].name);
                table_add(table, picture->networks[i].forward);
                table_add(table, picture->networks[i].bridge);
                table_add(table, picture->networks[i].has_policy ? "yes" : "no");
        }
        return table_print(table, cli->color_out);
}

static int print_ignored(const struct cli *cli, const struct picture *picture) {
        static const char *const titles[] = { "PORT", "IGNORED REPLIES", "FROM", NULL };
        __attribute__((cleanup(cleanup_table))) struct table *table = table_new(titles);

        for (size_t i = 0; i < picture->n_ignored; i++) {
                table_add(table, picture->ignored[i].port);
                table_addf(table, "%" PRIu64, picture->ignored[i].n_replies);
                table_add(table, picture->ignored[i].resolver);
        }
        return table_print(table, cli->color_out);
}

static bool any_has_domains(const struct picture *picture) {
        for (size_t i = 0; i < picture->n_policies; i++)
                if (picture->policies[i].has_domains)
                        return true;
        return false;
}

static void print_learner(const struct picture *picture) {
        if (!picture->learner_running) {
                puts(any_has_domains(picture)
                             ? "learner: not running, so names that guests look up open nothing (see nfwpolicyd)"
                             : "learner: not running");
                return;
        }
        fputs("learner: running", stdout);
        for (int i = 0; i < NFW_N_COUNTERS; i++)
                printf("%s %s %" PRIu64, i == 0 ? ";" : ",", nfw_counter_name((enum nfw_counter)i),
                       picture->counters[i]);
        putchar('\n');
}

static int print_text(const struct cli *cli, const struct picture *picture) {
        const struct {
                size_t n;
                int (*print)(const struct cli *cli, const struct picture *picture);
        } tables[] = {
                { picture->n_ports, print_ports },
                { picture->n_bound, print_bound },
                { picture->n_networks, print_networks },
                { picture->n_ignored, print_ignored },
        };

        int r = 0;

        if (picture->n_policies == 0)
                puts("no policies are loaded");
        else
                r = print_policies(cli, picture);
        for (size_t i = 0; r == 0 && i < sizeof(tables) / sizeof(tables[0]); i++) {
                if (tables[i].n == 0)
                        continue;
                putchar('\n');
                r = tables[i].print(cli, picture);
        }
        putchar('\n');
        print_learner(picture);
        return r < 0 ? cli_failure(cli, r, NULL) : CLI_EXIT_FINE;
}

static void print_name(const char *name) {
        text_put(stdout, name);
        putchar('\n');
}

static void print_brief(const struct picture *picture) {
        for (size_t i = 0; i < picture->n_policies; i++)
                print_name(picture->policies[i].name);
}

static void print_port_names(const struct picture *picture) {
        for (size_t i = 0; i < picture->n_ports; i++)
                print_name(picture->ports[i].name);
}

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        CLEANUP_PICTURE struct picture picture = { 0 };
        const struct list_arguments *args = arguments;
        int r;

        (void)operands;
        (void)n_operands;
        r = act_open(cli, &args->bus, &act);
        if (r)
                return r;
        r = act_look(&act, &picture);
        if (r != 0)
                return act_finish(&act, r, "list");
        if (cli->json)
                return diagnostics_put_json(cli, list_json(&picture, act_diagnostics(&act)), 2);
        act_print(&act);
        if (args->what == LIST_ALL)
                return print_text(cli, &picture);
        if (args->what == LIST_POLICIES)
                print_brief(&picture);
        else
                print_port_names(&picture);
        return CLI_EXIT_FINE;
}

const struct command command_list = {
        .name = "list",
        .summary = "policies, filters, networks, ports and how much is learned",
        .synopsis = "[--brief | --ports]",
        .description =
                "Prints the policies that are loaded, the ports under them, how many names and addresses each\n"
                "port has learned, the ports under network filters, virtual networks that are active, replies\n"
                "that were ignored because their sender is not trusted, and what the learner counted.",
        .example = "  nfwpolicy list --json | jq -r '.ports[].port'",
        .options = list_options,
        .n_options = sizeof(list_options) / sizeof(list_options[0]),
        .arguments_size = sizeof(struct list_arguments),
        .run = run,
};
