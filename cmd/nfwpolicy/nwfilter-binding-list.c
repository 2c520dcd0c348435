/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter.h"
#include "nfwpolicy/virsh-table.h"
#include "shared/diagnostics.h"
#include "shared/text.h"

static json_t *parameters_json(const struct nfw_nwfilter_binding *binding) {
        json_t *parameters = json_array();

        for (size_t i = 0; i < nfw_nwfilter_binding_n_parameters(binding); i++)
                json_array_append_new(parameters,
                                      json_pack("{s:o, s:o}", "name",
                                                text_json(nfw_nwfilter_binding_parameter_name(binding, i)),
                                                "value",
                                                text_json(nfw_nwfilter_binding_parameter_value(binding, i))));
        return parameters;
}

static json_t *addresses_json(const struct nfw_nwfilter_binding_list *list, size_t index) {
        json_t *addresses = json_array();

        for (size_t i = 0; i < nfw_nwfilter_binding_list_n_addresses(list, index); i++) {
                uint64_t expires_ms = nfw_nwfilter_binding_list_address_expires_ms(list, index, i);

                json_array_append_new(
                        addresses,
                        json_pack("{s:s, s:s, s:o}", "address",
                                  nfw_nwfilter_binding_list_address(list, index, i), "origin",
                                  nfw_nwfilter_binding_list_address_origin(list, index, i), "seconds_left",
                                  expires_ms ? json_real((double)expires_ms / 1000) : json_null()));
        }
        return addresses;
}

static json_t *list_json(const struct nfw_nwfilter_binding_list *list, const struct nfw_report *report) {
        json_t *bindings = json_array();

        for (size_t i = 0; i < nfw_nwfilter_binding_list_n(list); i++) {
                const struct nfw_nwfilter_binding *binding = nfw_nwfilter_binding_list_item(list, i);

                json_array_append_new(
                        bindings,
                        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "port",
                                  text_json(nfw_nwfilter_binding_port(binding)), "filter",
                                  text_json(nfw_nwfilter_binding_filter(binding)), "mac",
                                  text_json_or_null(nfw_nwfilter_binding_mac(binding)), "owner",
                                  text_json_or_null(nfw_nwfilter_binding_owner_name(binding)), "owner_uuid",
                                  text_json_or_null(nfw_nwfilter_binding_owner_uuid(binding)), "parameters",
                                  parameters_json(binding), "compat", nfw_nwfilter_binding_compat(binding),
                                  "learning", text_json_or_null(nfw_nwfilter_binding_list_learning(list, i)),
                                  "addresses", addresses_json(list, i)));
        }
        return json_pack("{s:o, s:o}", "bindings", bindings, "diagnostics", diagnostics_json(report));
}

static int print_list(const struct cli *cli, const struct nfw_nwfilter_binding_list *list) {
        static const char *const titles[] = { "Port Dev", "Filter" };
        size_t n = nfw_nwfilter_binding_list_n(list);
        const char **cells;

        cells = calloc(n ? 2 * n : 1, sizeof(*cells));
        if (!cells)
                return cli_failure(cli, -ENOMEM, NULL);
        for (size_t i = 0; i < n; i++) {
                const struct nfw_nwfilter_binding *binding = nfw_nwfilter_binding_list_item(list, i);

                cells[2 * i] = nfw_nwfilter_binding_port(binding);
                cells[2 * i + 1] = nfw_nwfilter_binding_filter(binding);
        }
        virsh_table_print(cli, titles, 2, cells, n);
        free(cells);
        return CLI_EXIT_FINE;
}

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        CLEANUP(nwfilter_binding_list) struct nfw_nwfilter_binding_list *list = NULL;
        const struct nwfilter_arguments *args = arguments;
        int r;

        (void)operands;
        (void)n_operands;
        r = nwfilter_prepare(cli, &args->directories, &report, &context);
        if (r)
                return r;

        r = nfw_nwfilter_binding_list_new(context, report, &list);
        if (r != 0)
                return diagnostics_finish(cli, report, r, "nwfilter-binding-list");
        if (cli->json)
                return diagnostics_put_json(cli, list_json(list, report), 2);
        diagnostics_print(cli, report);
        return print_list(cli, list);
}

const struct command command_nwfilter_binding_list = {
        .name = "nwfilter-binding-list",
        .summary = "list the ports under network filters",
        .synopsis = "",
        .description = "Prints the ports that are under network filters, and which.",
        .example = "  nfwpolicy nwfilter-binding-list --json | jq -r '.bindings[].port'",
        .options = nwfilter_options,
        .n_options = NWFILTER_N_OPTIONS,
        .arguments_size = sizeof(struct nwfilter_arguments),
        .run = run,
};
