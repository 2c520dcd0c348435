/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/commands.h"
#include "shared/cleanup.h"
#include "shared/diagnostics.h"

struct unload_arguments {
        bool force;
};

static const struct option_spec unload_options[] = {
        { .name = "force",
          .letter = 'f',
          .offset = offsetof(struct unload_arguments, force),
          .help = "also when ports use it: nothing filters them any more" },
};

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(context) struct nfw_context *context = NULL;
        const struct unload_arguments *args = arguments;
        int r;

        (void)n_operands;
        r = cli_prepare(cli, &report, &context);
        if (r)
                return r;

        r = nfw_unload(context, operands[0], args->force, report);
        if (r == 0)
                cli_say(cli, "policy %s is unloaded", operands[0]);
        return diagnostics_finish(cli, report, r, operands[0]);
}

const struct command command_unload = {
        .name = "unload",
        .summary = "remove a policy from the kernel",
        .synopsis = "NAME [--force]",
        .description = "Removes a policy from the kernel. Refused while ports are under it, unless forced.",
        .example = "  nfwpolicy unload web",
        .options = unload_options,
        .n_options = sizeof(unload_options) / sizeof(unload_options[0]),
        .arguments_size = sizeof(struct unload_arguments),
        .operand = "the NAME of the policy",
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
