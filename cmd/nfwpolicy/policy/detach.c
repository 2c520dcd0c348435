/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act/act.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/policy/ports.h"

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        const struct ports_arguments *args = arguments;
        int r;

        (void)operands;
        (void)n_operands;
        if (args->ports.n_items == 0)
                return cli_usage_error(cli, "--port is missing");
        r = act_open(cli, &args->bus, &act);
        if (r)
                return r;

        r = act_detach(&act, &args->ports);
        if (r == 0)
                ports_say(cli, &args->ports, "no policy any more on");
        return act_finish(&act, r, args->ports.items[0]);
}

const struct command command_detach = {
        .name = "detach",
        .summary = "take ports from under their policy: nothing filters them any more",
        .synopsis = "--port IFACE [--port IFACE...]",
        .description =
                "Takes ports from under their policies, all of them in one transaction. Nothing filters\n"
                "these ports any more; the policies stay loaded.",
        .example = "  nfwpolicy detach --port vnet1",
        .options = ports_options,
        .n_options = PORTS_N_OPTIONS,
        .arguments_size = sizeof(struct ports_arguments),
        .run = run,
};
