/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the commands for virtual networks share. */

#include "nfwpolicy/act/act.h"
#include "nfwpolicy/bus/options.h"
#include "shared/cleanup.h"

/* type_ has members `directory` and `bus`. */
#define NET_N_OPTIONS (1 + BUS_N_OPTIONS)
#define NET_OPTIONS(type_)                                                                                   \
        BUS_OPTIONS(type_), {                                                                                \
                .name = "network-directory", .kind = OPTION_STRING, .offset = offsetof(type_, directory),    \
                .argument = "DIR", .help = "where networks are defined (default: /etc/nfwpolicy/networks)"   \
        }

/* As act_open(); whoever names a directory, which may be NULL, acts by himself. */
int net_open(const struct cli *cli,
             const struct bus_arguments *bus,
             const char *directory,
             struct act *ret_act);
