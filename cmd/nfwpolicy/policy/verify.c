/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/act/act.h"
#include "nfwpolicy/commands.h"
#include "nfwpolicy/nwfilter/nwfilter.h"

struct verify_arguments {
        struct bus_arguments bus;
        struct nwfilter_directories directories;
};

static const struct option_spec verify_options[] = {
        NWFILTER_OPTIONS(struct verify_arguments),
};

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        const struct verify_arguments *args = arguments;
        const char *name = n_operands > 0 ? operands[0] : NULL;
        int r;

        r = nwfilter_open(cli, &args->bus, &args->directories, &act);
        if (r)
                return r;

        r = act_verify(&act, name);
        if (r == 0)
                cli_say(cli, "%s: the kernel holds what was compiled", name ? name : "all policies");
        return act_finish(&act, r, name ? name : "verify");
}

const struct command command_verify = {
        .name = "verify",
        .summary = "compare the kernel with what was compiled",
        .synopsis = "[NAME]",
        .description =
                "Compares what the kernel holds with what was compiled, for one policy or for all of them\n"
                "and for network filters, and prints every difference.",
        .example = "  nfwpolicy verify web || nfwpolicy load web.yaml --port vnet0",
        .options = verify_options,
        .n_options = sizeof(verify_options) / sizeof(verify_options[0]),
        .arguments_size = sizeof(struct verify_arguments),
        .max_operands = 1,
        .run = run,
};
