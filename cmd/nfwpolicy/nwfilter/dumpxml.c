/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "nfwpolicy/act/nwfilter.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter/nwfilter.h"
#include "nfwpolicy/virsh-table.h"
#include "shared/diagnostics.h"
#include "shared/text.h"

/* Whether it was asked for by its name or its UUID. */
static json_t *name_json(const char *text) {
        CLEANUP(nwfilter) struct nfw_nwfilter *filter = NULL;

        return nfw_nwfilter_read_buffer("", text, strlen(text), NULL, &filter) == 0
                       ? text_json(nfw_nwfilter_name(filter))
                       : json_null();
}

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        CLEANUP(text) char *text = NULL;
        const struct nwfilter_arguments *args = arguments;
        int r;

        (void)n_operands;
        r = nwfilter_open(cli, &args->bus, &args->directories, &act);
        if (r)
                return r;

        r = act_nwfilter_dump(&act, operands[0], &text);
        if (r != 0)
                return act_finish(&act, r, operands[0]);
        if (cli->json)
                return diagnostics_put_json(cli,
                                            json_pack("{s:o, s:o, s:o}", "name", name_json(text), "xml",
                                                      text_json(text), "diagnostics", act_diagnostics(&act)),
                                            2);
        act_print(&act);
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
