/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the commands that can ask the daemon have in common. */

#include "shared/options.h"

struct bus_arguments {
        const char *address; /* NULL: the system bus */
        bool is_off;
};

/* Rows for the table of a command whose arguments have a struct bus_arguments with the name bus. */
#define BUS_N_OPTIONS 2
#define BUS_OPTIONS(type_)                                                                                   \
        { .name = "bus-address",                                                                             \
          .kind = OPTION_STRING,                                                                             \
          .offset = offsetof(type_, bus.address),                                                            \
          .argument = "ADDRESS",                                                                             \
          .help = "ask nfwpolicyd on this bus instead of the system's" },                                    \
        {                                                                                                    \
                .name = "no-bus", .offset = offsetof(type_, bus.is_off),                                     \
                .help = "act alone, do not ask nfwpolicyd over D-Bus"                                        \
        }
