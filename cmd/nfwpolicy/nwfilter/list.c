/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act/nwfilter.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter/nwfilter.h"
#include "nfwpolicy/virsh-table.h"
#include "shared/diagnostics.h"

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        static const char *const titles[] = { "UUID", "Name" };
        static const char *const keys[] = { "uuid", "name" };
        CLEANUP_ACT struct act act = { 0 };
        CLEANUP(json) json_t *filters = NULL;
        const struct nwfilter_arguments *args = arguments;
        int r;

        (void)operands;
        (void)n_operands;
        r = nwfilter_open(cli, &args->bus, &args->directories, &act);
        if (r)
                return r;

        r = act_nwfilter_list(&act, &filters);
        if (r != 0)
                return act_finish(&act, r, "nwfilter-list");
        if (cli->json)
                return diagnostics_put_json(
                        cli,
                        json_pack("{s:O, s:o}", "filters", filters, "diagnostics", act_diagnostics(&act)), 2);
        act_print(&act);
        return virsh_table_print_json(cli, titles, keys, 2, filters);
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
