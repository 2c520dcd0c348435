/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "nfwpolicy/commands.h"
#include "shared/cleanup.h"
#include "shared/diagnostics.h"
#include "shared/table.h"
#include "shared/text.h"

struct list_arguments {
        bool brief;
};

static const struct option_spec list_options[] = {
        { .name = "brief",
          .offset = offsetof(struct list_arguments, brief),
          .help = "the names of the policies only, one a line" },
};

static int print_policies(const struct cli *cli, const struct nfw_status *status) {
        static const char *const titles[] = { "POLICY", "RULES", "PORTS", "DOMAINS", "FILE", NULL };
        __attribute__((cleanup(cleanup_table))) struct table *table = table_new(titles);

        for (size_t i = 0; i < nfw_status_n_loaded(status); i++) {
                const struct nfw_loaded *loaded = nfw_status_loaded(status, i);
                /* without its record there is no telling what was in it */
                bool known = *nfw_loaded_file(loaded) != '\0';

                table_add(table, nfw_loaded_name(loaded));
                if (known)
                        table_addf(table, "%zu", nfw_loaded_n_rules(loaded));
                else
                        table_add(table, "?");
                table_addf(table, "%zu", list_count_ports(status, nfw_loaded_name(loaded)));
                table_add(table, !known ? "?" : nfw_loaded_has_domains(loaded) ? "yes" : "no");
                table_add(table, nfw_loaded_file(loaded));
        }
        return table_print(table, cli->color_out);
}

static void add_resolvers(struct table *table, const struct nfw_binding *binding) {
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        if (stream) {
                for (size_t i = 0; i < nfw_binding_n_resolvers(binding); i++)
                        fprintf(stream, "%s%s", i == 0 ? "" : " ", nfw_binding_resolver(binding, i));
                fclose(stream);
        }
        table_add(table, text);
        free(text);
}

static const struct nfw_loaded *find_loaded(const struct nfw_status *status, const char *name) {
        for (size_t i = 0; i < nfw_status_n_loaded(status); i++)
                if (strcmp(nfw_loaded_name(nfw_status_loaded(status, i)), name) == 0)
                        return nfw_status_loaded(status, i);
        return NULL;
}

static int print_ports(const struct cli *cli, const struct nfw_status *status) {
        static const char *const titles[] = { "PORT",      "POLICY",    "TABLE", "NAMES",
                                              "ADDRESSES", "RESOLVERS", NULL };
        __attribute__((cleanup(cleanup_table))) struct table *table = table_new(titles);
        struct list_learned *learned = list_count_learned(status);

        if (!learned)
                return -ENOMEM;
        for (size_t i = 0; i < nfw_status_n_bindings(status); i++) {
                const struct nfw_binding *binding = nfw_status_binding(status, i);
                const struct nfw_loaded *loaded = find_loaded(status, nfw_binding_policy(binding));

                table_add(table, nfw_binding_port(binding));
                table_add(table, nfw_binding_policy(binding));
                table_add(table, nfw_binding_table(binding));
                table_addf(table, "%zu", learned[i].n_names);
                table_addf(table, "%zu", learned[i].n_addresses);
                if (loaded && nfw_loaded_any_resolver(loaded))
                        table_add(table, "any");
                else
                        add_resolvers(table, binding);
        }
        free(learned);
        return table_print(table, cli->color_out);
}

static int print_ignored(const struct cli *cli, const struct nfw_status *status) {
        static const char *const titles[] = { "PORT", "IGNORED REPLIES", "FROM", NULL };
        __attribute__((cleanup(cleanup_table))) struct table *table = table_new(titles);

        for (size_t i = 0; i < nfw_status_n_ignored(status); i++) {
                const struct nfw_ignored *ignored = nfw_status_ignored(status, i);

                table_add(table, nfw_ignored_port(ignored));
                table_addf(table, "%" PRIu64, nfw_ignored_n_replies(ignored));
                table_add(table, nfw_ignored_resolver(ignored));
        }
        return table_print(table, cli->color_out);
}

static bool any_has_domains(const struct nfw_status *status) {
        for (size_t i = 0; i < nfw_status_n_loaded(status); i++)
                if (nfw_loaded_has_domains(nfw_status_loaded(status, i)))
                        return true;
        return false;
}

static void print_learner(const struct nfw_status *status) {
        if (!nfw_status_learner_running(status)) {
                puts(any_has_domains(status)
                             ? "learner: not running, so names that guests look up open nothing (see nfwpolicyd)"
                             : "learner: not running");
                return;
        }
        fputs("learner: running", stdout);
        for (int i = 0; i < NFW_N_COUNTERS; i++)
                printf("%s %s %" PRIu64, i == 0 ? ";" : ",", nfw_counter_name(i),
                       nfw_status_counter(status, i));
        putchar('\n');
}

static int print_text(const struct cli *cli, const struct nfw_status *status) {
        int r = 0;

        if (nfw_status_n_loaded(status) == 0)
                puts("no policies are loaded");
        else
                r = print_policies(cli, status);
        if (r == 0 && nfw_status_n_bindings(status) > 0) {
                putchar('\n');
                r = print_ports(cli, status);
        }
        if (r == 0 && nfw_status_n_ignored(status) > 0) {
                putchar('\n');
                r = print_ignored(cli, status);
        }
        putchar('\n');
        print_learner(status);
        return r < 0 ? cli_failure(cli, r, NULL) : CLI_EXIT_FINE;
}

static void print_brief(const struct nfw_status *status) {
        for (size_t i = 0; i < nfw_status_n_loaded(status); i++) {
                text_put(stdout, nfw_loaded_name(nfw_status_loaded(status, i)));
                putchar('\n');
        }
}

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        CLEANUP(status) struct nfw_status *status = NULL;
        const struct list_arguments *args = arguments;
        int r;

        (void)operands;
        (void)n_operands;
        r = cli_prepare(cli, &report, &context);
        if (r)
                return r;

        r = nfw_status_new(context, report, &status);
        if (r != 0)
                return diagnostics_finish(cli, report, r, "list");
        if (cli->json)
                return diagnostics_put_json(cli, list_json(status, report), 2);
        diagnostics_print(cli, report);
        if (args->brief) {
                print_brief(status);
                return CLI_EXIT_FINE;
        }
        return print_text(cli, status);
}

const struct command command_list = {
        .name = "list",
        .summary = "policies, ports and how much is learned",
        .synopsis = "[--brief]",
        .description =
                "Prints the policies that are loaded, the ports under them, how many names and addresses each\n"
                "port has learned, replies that were ignored because their sender is not trusted, and what\n"
                "the learner counted.",
        .example = "  nfwpolicy list --json | jq -r '.ports[].port'",
        .options = list_options,
        .n_options = sizeof(list_options) / sizeof(list_options[0]),
        .arguments_size = sizeof(struct list_arguments),
        .run = run,
};
