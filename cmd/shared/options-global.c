/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/options.h"

/* In the order of enum cli_color. */
static const char *const color_choices[] = { "auto", "always", "never", NULL };

#define FIELD(field_) offsetof(struct cli, field_)

const struct option_spec options_global[] = {
        { .name = "help", .letter = 'h', .offset = FIELD(help), .help = "print this help" },
        { .name = "version", .letter = 'V', .offset = FIELD(version), .help = "print the version" },
        { .name = "json", .offset = FIELD(json), .help = "print JSON for programs" },
        { .name = "quiet", .letter = 'q', .offset = FIELD(quiet), .help = "print warnings and errors only" },
        { .name = "verbose",
          .letter = 'v',
          .offset = FIELD(verbose),
          .help = "print every event of the learner" },
        { .name = "color",
          .kind = OPTION_CHOICE,
          .offset = FIELD(color),
          .argument = "WHEN",
          .choices = color_choices,
          .help = "auto (default: on a terminal), always or never" },
        { .name = "config",
          .kind = OPTION_STRING,
          .offset = FIELD(config),
          .argument = "FILE",
          .help = "read it instead of " NFW_CONFIG_FILE },
        { .name = "state-directory",
          .kind = OPTION_STRING,
          .offset = FIELD(state_directory),
          .argument = "DIR",
          .help = "where loaded policies are kept (default " NFW_STATE_DIRECTORY ")" },
};

const size_t n_options_global = sizeof(options_global) / sizeof(options_global[0]);
