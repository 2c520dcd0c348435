/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act/nwfilter.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter/nwfilter.h"
#include "nfwpolicy/virsh-table.h"
#include "shared/diagnostics.h"
#include "shared/read.h"

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        CLEANUP(nwfilter) struct nfw_nwfilter *filter = NULL;
        CLEANUP(text) char *data = NULL;
        const struct nwfilter_arguments *args = arguments;
        const char *file = read_display_name(operands[0]);
        size_t size = 0;
        int r;

        (void)n_operands;
        r = nwfilter_open(cli, &args->bus, &args->directories, &act);
        if (r)
                return r;

        r = read_text(operands[0], &data, &size);
        if (r == 0)
                r = nfw_nwfilter_read_buffer(file, data ? data : "", size, act.report, &filter);
        if (r != 0)
                return diagnostics_finish(cli, act.report, r, file);
        r = act_nwfilter_define(&act, filter, &(struct nwfilter_source){ file, data }, false);
        if (r == 0)
                virsh_say(cli, "Network filter %s defined from %s", nfw_nwfilter_name(filter), file);
        return act_finish(&act, r, file);
}

const struct command command_nwfilter_define = {
        .name = "nwfilter-define",
        .summary = "define or redefine a network filter from XML",
        .synopsis = "FILE [--validate]",
        .description =
                "Defines a network filter, or another version of one. Where ports use it, directly or through\n"
                "others that refer to it, the new version applies to all of them in one transaction; if it\n"
                "cannot be enforced on one of them, nothing changes. The file - is standard input.",
        .example = "  nfwpolicy nwfilter-define no-out-traffic.xml",
        .options = nwfilter_validate_options,
        .n_options = NWFILTER_N_VALIDATE_OPTIONS,
        .arguments_size = sizeof(struct nwfilter_arguments),
        .operand = "FILE",
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
