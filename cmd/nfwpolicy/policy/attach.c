/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act/act.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/policy/ports.h"

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        const struct ports_arguments *args = arguments;
        int r;

        (void)n_operands;
        if (args->ports.n_items == 0)
                return cli_usage_error(cli, "--port is missing");
        r = act_open(cli, &args->bus, &act);
        if (r)
                return r;

        r = act_attach(&act, operands[0], &args->ports, args->is_persistent);
        if (r == 0)
                ports_say(cli, &args->ports, "policy %s in force on", operands[0]);
        return act_finish(&act, r, operands[0]);
}

const struct command command_attach = {
        .name = "attach",
        .summary = "put ports under a loaded policy",
        .synopsis = "NAME --port IFACE [--port IFACE...] [--persistent]",
        .description = "Puts ports under a policy that is loaded, all of them in one transaction. With "
                       "--persistent\na binding waits for its interface, and stays when that goes away.",
        .example = "  nfwpolicy attach web --port vnet1 --port vnet2",
        .options = attach_options,
        .n_options = ATTACH_N_OPTIONS,
        .arguments_size = sizeof(struct ports_arguments),
        .operand = "the NAME of the policy",
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
