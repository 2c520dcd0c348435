/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act/nwfilter.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter/nwfilter.h"
#include "nfwpolicy/virsh-table.h"
#include "shared/diagnostics.h"

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        static const char *const titles[] = { "Port Dev", "Filter" };
        static const char *const keys[] = { "port", "filter" };
        CLEANUP_ACT struct act act = { 0 };
        CLEANUP(json) json_t *bindings = NULL;
        const struct nwfilter_arguments *args = arguments;
        json_t *binding;
        size_t i;
        int r;

        (void)operands;
        (void)n_operands;
        r = nwfilter_open(cli, &args->bus, &args->directories, &act);
        if (r)
                return r;

        r = act_nwfilter_bindings(&act, &bindings);
        if (r != 0)
                return act_finish(&act, r, "nwfilter-binding-list");
        if (!cli->json) {
                act_print(&act);
                return virsh_table_print_json(cli, titles, keys, 2, bindings);
        }
        /* For that there is nwfilter-binding-dumpxml. */
        json_array_foreach(bindings, i, binding) json_object_del(binding, "xml");
        return diagnostics_put_json(
                cli, json_pack("{s:O, s:o}", "bindings", bindings, "diagnostics", act_diagnostics(&act)), 2);
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
