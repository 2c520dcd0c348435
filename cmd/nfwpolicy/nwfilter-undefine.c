/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter.h"
#include "nfwpolicy/virsh-table.h"
#include "shared/diagnostics.h"

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        CLEANUP(text) char *name = NULL;
        const struct nwfilter_arguments *args = arguments;
        int r;

        (void)n_operands;
        r = nwfilter_prepare(cli, &args->directories, &report, &context);
        if (r)
                return r;

        name = nwfilter_name_of(context, operands[0]);
        r = name ? nfw_nwfilter_undefine(context, name, report) : -ENOMEM;
        if (r == 0)
                virsh_say(cli, "Network filter %s undefined", operands[0]);
        return diagnostics_finish(cli, report, r, operands[0]);
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
