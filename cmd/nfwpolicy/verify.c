/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/commands.h"
#include "shared/cleanup.h"
#include "shared/diagnostics.h"

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        const char *name = n_operands > 0 ? operands[0] : NULL;
        int r;

        (void)arguments;
        r = cli_prepare(cli, &report, &context);
        if (r)
                return r;

        r = nfw_verify(context, name, report);
        if (r == 0)
                cli_say(cli, "%s: the kernel holds what was compiled", name ? name : "all policies");
        return diagnostics_finish(cli, report, r, name ? name : "verify");
}

const struct command command_verify = {
        .name = "verify",
        .summary = "compare the kernel with what was compiled",
        .synopsis = "[NAME]",
        .description =
                "Compares what the kernel holds with what was compiled, for one policy or for all of them,\n"
                "and prints every difference.",
        .example = "  nfwpolicy verify web || nfwpolicy load web.yaml --port vnet0",
        .max_operands = 1,
        .run = run,
};
