/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act/nwfilter.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter/nwfilter.h"

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        (void)n_operands;
        return nwfilter_change(cli, arguments, operands[0], act_nwfilter_undefine, "", "undefined");
}

const struct command command_nwfilter_undefine = {
        .name = "nwfilter-undefine",
        .summary = "delete a network filter",
        .synopsis = "NAME",
        .description = "Deletes a network filter, by its name or UUID. Refused while a port uses it.",
        .example = "  nfwpolicy nwfilter-undefine no-out-traffic",
        .options = nwfilter_options,
        .n_options = NWFILTER_N_OPTIONS,
        .arguments_size = sizeof(struct nwfilter_arguments),
        .operand = "the NAME of the filter",
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
