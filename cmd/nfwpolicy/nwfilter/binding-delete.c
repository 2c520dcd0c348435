/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act/nwfilter.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter/nwfilter.h"

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        (void)n_operands;
        return nwfilter_change(cli, arguments, operands[0], act_nwfilter_unbind, "binding on ", "deleted");
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
