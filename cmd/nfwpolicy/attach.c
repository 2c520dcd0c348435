/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/commands.h"
#include "nfwpolicy/ports.h"
#include "shared/cleanup.h"
#include "shared/diagnostics.h"

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        const struct ports_arguments *args = arguments;
        int r;

        (void)n_operands;
        if (args->ports.n_items == 0)
                return cli_usage_error(cli, "--port is missing");
        r = cli_prepare(cli, &report, &context);
        if (r)
                return r;

        r = nfw_attach(context, operands[0], args->ports.items, args->ports.n_items, report);
        if (r == 0)
                ports_say(cli, &args->ports, "policy %s in force on", operands[0]);
        return diagnostics_finish(cli, report, r, operands[0]);
}

const struct command command_attach = {
        .name = "attach",
        .summary = "put ports under a loaded policy",
        .synopsis = "NAME --port IFACE [--port IFACE...]",
        .description = "Puts ports under a policy that is loaded, all of them in one transaction.",
        .example = "  nfwpolicy attach web --port vnet1 --port vnet2",
        .options = ports_options,
        .n_options = PORTS_N_OPTIONS,
        .arguments_size = sizeof(struct ports_arguments),
        .operand = "the NAME of the policy",
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
