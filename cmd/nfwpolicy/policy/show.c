/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "nfwpolicy/act/act.h"
#include "nfwpolicy/commands.h"
#include "shared/cleanup.h"
#include "shared/diagnostics.h"
#include "shared/text.h"

/* 0 in the arguments is "not given", so the picks count from 1. */
#define PICK(format_) ((int)(format_) + 1)

struct show_arguments {
        struct bus_arguments bus;
        int format;
};

static const struct option_spec show_options[] = {
        { .name = "ir",
          .kind = OPTION_PICK,
          .offset = offsetof(struct show_arguments, format),
          .value = PICK(NFW_FORMAT_IR),
          .help = "the rules as they are evaluated, with source positions (default)" },
        { .name = "nft",
          .kind = OPTION_PICK,
          .offset = offsetof(struct show_arguments, format),
          .value = PICK(NFW_FORMAT_NFT),
          .help = "what was compiled, in the syntax of nft -f" },
        { .name = "kernel",
          .kind = OPTION_PICK,
          .offset = offsetof(struct show_arguments, format),
          .value = PICK(NFW_FORMAT_KERNEL),
          .help = "what the kernel holds now" },
        BUS_OPTIONS(struct show_arguments),
};

/* Lines are kept, everything else that could drive a terminal is not. */
static void print_text(char *text) {
        char *rest = text;

        for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
                for (char *part = strsep(&line, "\t"); part; part = strsep(&line, "\t")) {
                        text_put(stdout, part);
                        if (line)
                                putchar('\t');
                }
                if (rest)
                        putchar('\n');
        }
}

static int run(const struct cli *cli, const void *arguments, char **operands, size_t n_operands) {
        CLEANUP_ACT struct act act = { 0 };
        CLEANUP(text) char *text = NULL;
        const struct show_arguments *args = arguments;
        enum nfw_format format = args->format ? (enum nfw_format)(args->format - 1) : NFW_FORMAT_IR;
        int r;

        (void)n_operands;
        r = act_open(cli, &args->bus, &act);
        if (r)
                return r;

        r = act_show(&act, operands[0], format, &text);
        if (r != 0)
                return act_finish(&act, r, operands[0]);
        if (cli->json)
                return diagnostics_put_json(cli,
                                            json_pack("{s:o, s:s, s:o, s:o}", "policy",
                                                      text_json(operands[0]), "format",
                                                      picture_format_names[format], "text", text_json(text),
                                                      "diagnostics", act_diagnostics(&act)),
                                            2);
        act_print(&act);
        print_text(text);
        return CLI_EXIT_FINE;
}

const struct command command_show = {
        .name = "show",
        .summary = "print a loaded policy: its rules, as nft syntax, or from the kernel",
        .synopsis = "NAME [--ir|--nft|--kernel]",
        .description = "Prints a loaded policy.",
        .example = "  nfwpolicy show web --nft | nft -c -f -",
        .options = show_options,
        .n_options = sizeof(show_options) / sizeof(show_options[0]),
        .arguments_size = sizeof(struct show_arguments),
        .operand = "the NAME of the policy",
        .min_operands = 1,
        .max_operands = 1,
        .run = run,
};
