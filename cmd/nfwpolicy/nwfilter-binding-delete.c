/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter.h"
#include "nfwpolicy/virsh-table.h"
#include "shared/diagnostics.h"

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        const struct nwfilter_arguments *args = arguments;
        const char *const ports[] = { operands[0] };
        int r;

        (void)n_operands;
        r = nwfilter_prepare(cli, &args->directories, &report, &context);
        if (r)
                return r;

        r = nfw_nwfilter_unbind(context, ports, 1, report);
        if (r == 0)
                virsh_say(cli, "Network filter binding on %s deleted", operands[0]);
        return diagnostics_finish(cli, report, r, operands[0]);
}

const struct command command_nwfilter_binding_delete = {
        .name = "nwfilter-binding-delete",
        .summary = "take a port from under its network filter",
        .synopsis = "PORT",
        .description = "Takes a port from under its network filter. A policy that it has stays.",
        .example = "  nfwpolicy nwfilter-binding-delete vnet0",
        .options = nwfilter_options,
        .n_options = NWFILTER_N_OPTIONS,
        .arguments_size = sizeof(struct nwfilter_arguments),
        .operand = "the PORT",
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
