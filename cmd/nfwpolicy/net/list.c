/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "nfwpolicy/act/net.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/net/net.h"
#include "shared/diagnostics.h"
#include "shared/table.h"
#include "shared/text.h"

struct net_arguments {
        struct bus_arguments bus;
        const char *directory;
        bool all;
        bool inactive;
};

/* --- net-list ------------------------------------------------------------------------------------------------ */

static const struct option_spec list_options[] = {
        { .name = "all",
          .kind = OPTION_FLAG,
          .offset = offsetof(struct net_arguments, all),
          .help = "also those that are not active" },
        { .name = "inactive",
          .kind = OPTION_FLAG,
          .offset = offsetof(struct net_arguments, inactive),
          .help = "those that are not active only" },
        NET_OPTIONS(struct net_arguments),
};

static bool is_true(const json_t *network, const char *key) {
        return json_is_true(json_object_get(network, key));
}

static const char *text_of(const json_t *network, const char *key) {
        const char *text = json_string_value(json_object_get(network, key));

        return text ? text : "";
}

/* Takes out what is not asked for. */
static void choose(const struct net_arguments *args, json_t *networks) {
        for (size_t i = json_array_size(networks); i-- > 0;)
                if (!args->all && is_true(json_array_get(networks, i), "active") == args->inactive)
                        json_array_remove(networks, i);
}

static int print_list(const struct cli *cli, const json_t *networks) {
        static const char *const titles[] = { "NAME",       "STATE",  "FORWARD", "BRIDGE",
                                              "PERSISTENT", "POLICY", NULL };
        __attribute__((cleanup(cleanup_table))) struct table *table = table_new(titles);
        const json_t *network;
        size_t i;

        json_array_foreach(networks, i, network) {
                table_add(table, text_of(network, "name"));
                table_add(table, is_true(network, "active") ? "active" : "inactive");
                table_add(table, text_of(network, "forward"));
                table_add(table, text_of(network, "bridge"));
                table_add(table, is_true(network, "persistent") ? "yes" : "no");
                table_add(table, is_true(network, "policy") ? "yes" : "no");
        }
        return table_print(table, cli->color_out);
}

static int run_list(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        CLEANUP(json) json_t *networks = NULL;
        const struct net_arguments *args = arguments;
        int r;

        (void)operands;
        (void)n_operands;
        r = net_open(cli, &args->bus, args->directory, &act);
        if (r)
                return r;
        r = act_network_list(&act, &networks);
        if (r != 0)
                return act_finish(&act, r, "networks");
        choose(args, networks);
        if (cli->json)
                return diagnostics_put_json(
                        cli,
                        json_pack("{s:O, s:o}", "networks", networks, "diagnostics", act_diagnostics(&act)),
                        2);
        act_print(&act);
        r = print_list(cli, networks);
        return r < 0 ? cli_failure(cli, r, NULL) : act_has_errors(&act) ? CLI_EXIT_NO : CLI_EXIT_FINE;
}

const struct command command_net_list = {
        .name = "net-list",
        .summary = "list virtual networks",
        .synopsis = "[--all]",
        .description = "Lists the networks that are active, or all that are defined.",
        .example = "  nfwpolicy net-list --all",
        .options = list_options,
        .n_options = sizeof(list_options) / sizeof(list_options[0]),
        .arguments_size = sizeof(struct net_arguments),
        .run = run_list,
};

/* --- net-dumpxml --------------------------------------------------------------------------------------------- */

static const struct option_spec dumpxml_options[] = {
        { .name = "inactive",
          .kind = OPTION_FLAG,
          .offset = offsetof(struct net_arguments, inactive),
          .help = "what is defined, also where something else is in force" },
        NET_OPTIONS(struct net_arguments),
};

static int run_dumpxml(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        CLEANUP(text) char *text = NULL;
        const struct net_arguments *args = arguments;
        int r;

        (void)n_operands;
        r = net_open(cli, &args->bus, args->directory, &act);
        if (r)
                return r;
        r = act_network_dump(&act, operands[0], args->inactive, &text);
        if (r != 0)
                return act_finish(&act, r, operands[0]);
        if (cli->json)
                return diagnostics_put_json(cli, json_pack("{s:o}", "xml", text_json(text)), 2);
        fputs(text, stdout);
        return CLI_EXIT_FINE;
}

const struct command command_net_dumpxml = {
        .name = "net-dumpxml",
        .summary = "print a virtual network as XML",
        .synopsis = "NAME",
        .description = "Prints a network as libvirt's XML: as it is in force, or as it is defined.",
        .example = "  nfwpolicy net-dumpxml lab",
        .options = dumpxml_options,
        .n_options = sizeof(dumpxml_options) / sizeof(dumpxml_options[0]),
        .arguments_size = sizeof(struct net_arguments),
        .operand = "NAME",
        .min_operands = 1,
        .max_operands = 1,
        .run = run_dumpxml,
};
