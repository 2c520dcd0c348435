/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter.h"
#include "nfwpolicy/virsh-table.h"
#include "shared/diagnostics.h"
#include "shared/text.h"

static json_t *list_json(const struct nfw_nwfilter_list *list, const struct nfw_report *report) {
        json_t *filters = json_array();

        for (size_t i = 0; i < nfw_nwfilter_list_n(list); i++)
                json_array_append_new(filters, json_pack("{s:o, s:o, s:b}", "uuid",
                                                         text_json_or_null(nfw_nwfilter_list_uuid(list, i)),
                                                         "name", text_json(nfw_nwfilter_list_name(list, i)),
                                                         "builtin", nfw_nwfilter_list_is_builtin(list, i)));
        return json_pack("{s:o, s:o}", "filters", filters, "diagnostics", diagnostics_json(report));
}

static int print_list(const struct cli *cli, const struct nfw_nwfilter_list *list) {
        static const char *const titles[] = { "UUID", "Name" };
        size_t n = nfw_nwfilter_list_n(list);
        const char **cells;

        cells = calloc(n ? 2 * n : 1, sizeof(*cells));
        if (!cells)
                return cli_failure(cli, -ENOMEM, NULL);
        for (size_t i = 0; i < n; i++) {
                cells[2 * i] = nfw_nwfilter_list_uuid(list, i);
                cells[2 * i + 1] = nfw_nwfilter_list_name(list, i);
        }
        virsh_table_print(cli, titles, 2, cells, n);
        free(cells);
        return CLI_EXIT_FINE;
}

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        CLEANUP(nwfilter_list) struct nfw_nwfilter_list *list = NULL;
        const struct nwfilter_arguments *args = arguments;
        int r;

        (void)operands;
        (void)n_operands;
        r = nwfilter_prepare(cli, &args->directories, &report, &context);
        if (r)
                return r;

        r = nfw_nwfilter_list_new(context, report, &list);
        if (r != 0)
                return diagnostics_finish(cli, report, r, "nwfilter-list");
        if (cli->json)
                return diagnostics_put_json(cli, list_json(list, report), 2);
        diagnostics_print(cli, report);
        return print_list(cli, list);
}

const struct command command_nwfilter_list = {
        .name = "nwfilter-list",
        .summary = "list network filters",
        .synopsis = "",
        .description =
                "Prints the UUIDs and names of all network filters: those that were defined and those that\n"
                "come with nfwpolicy.",
        .example = "  nfwpolicy nwfilter-list --json | jq -r '.filters[].name'",
        .options = nwfilter_options,
        .n_options = NWFILTER_N_OPTIONS,
        .arguments_size = sizeof(struct nwfilter_arguments),
        .run = run,
};
