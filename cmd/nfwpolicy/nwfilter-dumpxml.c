/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter.h"
#include "nfwpolicy/virsh-table.h"
#include "shared/diagnostics.h"
#include "shared/text.h"

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        CLEANUP(text) char *name = NULL;
        CLEANUP(text) char *text = NULL;
        const struct nwfilter_arguments *args = arguments;
        int r;

        (void)n_operands;
        r = nwfilter_prepare(cli, &args->directories, &report, &context);
        if (r)
                return r;

        name = nwfilter_name_of(context, operands[0]);
        r = name ? nfw_nwfilter_dumpxml(context, name, report, &text) : -ENOMEM;
        if (r != 0)
                return diagnostics_finish(cli, report, r, operands[0]);
        if (cli->json)
                return diagnostics_put_json(cli,
                                            json_pack("{s:o, s:o, s:o}", "name", text_json(name), "xml",
                                                      text_json(text), "diagnostics",
                                                      diagnostics_json(report)),
                                            2);
        diagnostics_print(cli, report);
        virsh_put_text(text);
        putchar('\n');
        return CLI_EXIT_FINE;
}

const struct command command_nwfilter_dumpxml = {
        .name = "nwfilter-dumpxml",
        .summary = "print a network filter as XML",
        .synopsis = "NAME",
        .description = "Prints a network filter, by its name or UUID, as XML that nwfilter-define reads.",
        .example = "  nfwpolicy nwfilter-dumpxml clean-traffic",
        .options = nwfilter_options,
        .n_options = NWFILTER_N_OPTIONS,
        .arguments_size = sizeof(struct nwfilter_arguments),
        .operand = "the NAME of the filter",
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
