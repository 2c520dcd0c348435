/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the nwfilter commands have in common. */

#include "nfwpolicy/act/act.h"
#include "nfwpolicy/bus/options.h"
#include "shared/cleanup.h"
#include "shared/command.h"

DEFINE_CLEANUP(nwfilter)
DEFINE_CLEANUP(nwfilter_list)
DEFINE_CLEANUP(nwfilter_binding)
DEFINE_CLEANUP(nwfilter_binding_list)

struct nwfilter_directories {
        const char *filters;
        const char *builtin;
};

/* type_ has members `directories` and `bus`. */
#define NWFILTER_N_OPTIONS (2 + BUS_N_OPTIONS)
#define NWFILTER_OPTIONS(type_)                                                                              \
        BUS_OPTIONS(type_),                                                                                  \
                { .name = "filter-directory",                                                                \
                  .kind = OPTION_STRING,                                                                     \
                  .offset = offsetof(type_, directories.filters),                                            \
                  .argument = "DIR",                                                                         \
                  .help = "where filters are defined (default /etc/nfwpolicy/nwfilter)" },                   \
        {                                                                                                    \
                .name = "builtin-directory", .kind = OPTION_STRING,                                          \
                .offset = offsetof(type_, directories.builtin), .argument = "DIR",                           \
                .help = "where the filters are that come with nfwpolicy"                                     \
        }

struct nwfilter_arguments {
        struct bus_arguments bus;
        struct nwfilter_directories directories;
        bool validate; /* for virsh's sake: what is read is always checked */
};

extern const struct option_spec nwfilter_options[NWFILTER_N_OPTIONS];
#define NWFILTER_N_VALIDATE_OPTIONS (NWFILTER_N_OPTIONS + 1)
extern const struct option_spec nwfilter_validate_options[NWFILTER_N_VALIDATE_OPTIONS];

/* As act_open(), for the filters in these directories: whoever names one acts by himself. */
int nwfilter_open(const struct cli *cli,
                  const struct bus_arguments *bus,
                  const struct nwfilter_directories *directories,
                  struct act *ret_act);

/* A change that takes a name only, and says "Network filter ABOUT NAME DONE" as virsh does. An exit status. */
int nwfilter_change(const struct cli *cli,
                    const struct nwfilter_arguments *arguments,
                    const char *name,
                    int (*change)(struct act *act, const char *name),
                    const char *about,
                    const char *done);
