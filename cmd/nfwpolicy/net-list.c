/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stddef.h>

#include "nfwpolicy/commands.h"
#include "nfwpolicy/net.h"
#include "shared/diagnostics.h"
#include "shared/table.h"
#include "shared/text.h"

struct net_arguments {
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
        NET_DIRECTORY_OPTION(struct net_arguments),
};

static bool is_wanted(const struct net_arguments *args, const struct nfw_network_list *list, size_t index) {
        bool active = nfw_network_list_is_active(list, index);

        return args->all || active != args->inactive;
}

static int print_list(const struct cli *cli,
                      const struct net_arguments *args,
                      const struct nfw_network_list *list) {
        static const char *const titles[] = { "NAME",       "STATE",  "FORWARD", "BRIDGE",
                                              "PERSISTENT", "POLICY", NULL };
        __attribute__((cleanup(cleanup_table))) struct table *table = table_new(titles);

        for (size_t i = 0; i < nfw_network_list_n(list); i++) {
                const struct nfw_network *network = nfw_network_list_get(list, i);

                if (!is_wanted(args, list, i))
                        continue;
                table_add(table, nfw_network_name(network));
                table_add(table, nfw_network_list_is_active(list, i) ? "active" : "inactive");
                table_add(table, nfw_network_forward(network));
                table_add(table, nfw_network_bridge(network));
                table_add(table, nfw_network_list_is_persistent(list, i) ? "yes" : "no");
                table_add(table, nfw_network_list_has_policy(list, i) ? "yes" : "no");
        }
        return table_print(table, cli->color_out);
}

static json_t *list_json(const struct net_arguments *args, const struct nfw_network_list *list) {
        json_t *array = json_array();

        for (size_t i = 0; array && i < nfw_network_list_n(list); i++) {
                const struct nfw_network *network = nfw_network_list_get(list, i);

                if (!is_wanted(args, list, i))
                        continue;
                if (json_array_append_new(array,
                                          json_pack("{s:o, s:o, s:b, s:b, s:s, s:o, s:b}", "name",
                                                    text_json(nfw_network_name(network)), "uuid",
                                                    text_json_or_null(nfw_network_uuid(network)), "active",
                                                    nfw_network_list_is_active(list, i), "persistent",
                                                    nfw_network_list_is_persistent(list, i), "forward",
                                                    nfw_network_forward(network), "bridge",
                                                    text_json_or_null(nfw_network_bridge(network)), "policy",
                                                    nfw_network_list_has_policy(list, i))) < 0) {
                        json_decref(array);
                        return NULL;
                }
        }
        return array;
}

static int run_list(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        CLEANUP(network_list) struct nfw_network_list *list = NULL;
        const struct net_arguments *args = arguments;
        int r;

        (void)operands;
        (void)n_operands;
        r = net_prepare(cli, args->directory, &report, &context);
        if (r)
                return r;
        r = nfw_network_list_new(context, report, &list);
        if (r < 0)
                return diagnostics_finish(cli, report, r, "networks");
        if (cli->json)
                return diagnostics_put_json(cli,
                                            json_pack("{s:o, s:o}", "networks", list_json(args, list),
                                                      "diagnostics", diagnostics_json(report)),
                                            2);
        diagnostics_print(cli, report);
        r = print_list(cli, args, list);
        return r < 0                           ? cli_failure(cli, r, NULL)
               : nfw_report_has_errors(report) ? CLI_EXIT_NO
                                               : CLI_EXIT_FINE;
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
        NET_DIRECTORY_OPTION(struct net_arguments),
};

static int run_dumpxml(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        CLEANUP(text) char *text = NULL;
        const struct net_arguments *args = arguments;
        int r;

        (void)n_operands;
        r = net_prepare(cli, args->directory, &report, &context);
        if (r)
                return r;
        r = nfw_network_dumpxml(context, operands[0], args->inactive, report, &text);
        if (r != 0)
                return diagnostics_finish(cli, report, r, operands[0]);
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
