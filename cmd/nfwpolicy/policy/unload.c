/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act/act.h"
#include "nfwpolicy/commands.h"

struct unload_arguments {
        struct bus_arguments bus;
        bool force;
};

static const struct option_spec unload_options[] = {
        { .name = "force",
          .letter = 'f',
          .offset = offsetof(struct unload_arguments, force),
          .help = "also when ports use it: nothing filters them any more" },
        BUS_OPTIONS(struct unload_arguments),
};

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        const struct unload_arguments *args = arguments;
        int r;

        (void)n_operands;
        r = act_open(cli, &args->bus, &act);
        if (r)
                return r;

        r = act_unload(&act, operands[0], args->force);
        if (r == 0)
                cli_say(cli, "policy %s is unloaded", operands[0]);
        return act_finish(&act, r, operands[0]);
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
