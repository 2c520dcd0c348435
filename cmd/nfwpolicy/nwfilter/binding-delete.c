/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act/nwfilter.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter/nwfilter.h"
#include "nfwpolicy/virsh-table.h"

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        const struct nwfilter_arguments *args = arguments;
        int r;

        (void)n_operands;
        r = nwfilter_open(cli, &args->bus, &args->directories, &act);
        if (r)
                return r;

        r = act_nwfilter_unbind(&act, operands[0]);
        if (r == 0)
                virsh_say(cli, "Network filter binding on %s deleted", operands[0]);
        return act_finish(&act, r, operands[0]);
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
