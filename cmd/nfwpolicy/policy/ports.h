/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the commands that take --port and nothing else have in common. */

#include "nfwpolicy/bus/options.h"

struct ports_arguments {
        struct string_list ports;
        bool is_persistent; /* attach only */
        struct bus_arguments bus;
};

#define PORTS_N_OPTIONS (1 + BUS_N_OPTIONS)
extern const struct option_spec ports_options[PORTS_N_OPTIONS];
#define ATTACH_N_OPTIONS (1 + PORTS_N_OPTIONS)
extern const struct option_spec attach_options[ATTACH_N_OPTIONS];

/* As cli_say(), with the ports behind the text. */
__attribute__((format(printf, 3, 4))) void ports_say(const struct cli *cli,
                                                     const struct string_list *ports,
                                                     const char *format,
                                                     ...);
