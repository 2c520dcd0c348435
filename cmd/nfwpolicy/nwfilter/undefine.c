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

        r = act_nwfilter_undefine(&act, operands[0]);
        if (r == 0)
                virsh_say(cli, "Network filter %s undefined", operands[0]);
        return act_finish(&act, r, operands[0]);
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
