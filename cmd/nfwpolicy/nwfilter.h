/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the nwfilter commands have in common. */

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

/* type_ has a member `directories`. */
#define NWFILTER_N_OPTIONS 2
#define NWFILTER_OPTIONS(type_)                                                                              \
        { .name = "filter-directory",                                                                        \
          .kind = OPTION_STRING,                                                                             \
          .offset = offsetof(type_, directories.filters),                                                    \
          .argument = "DIR",                                                                                 \
          .help = "where filters are defined (default /etc/nfwpolicy/nwfilter)" },                           \
        {                                                                                                    \
                .name = "builtin-directory", .kind = OPTION_STRING,                                          \
                .offset = offsetof(type_, directories.builtin), .argument = "DIR",                           \
                .help = "where the filters are that come with nfwpolicy"                                     \
        }

struct nwfilter_arguments {
        struct nwfilter_directories directories;
        bool validate; /* for virsh's sake: what is read is always checked */
};

extern const struct option_spec nwfilter_options[NWFILTER_N_OPTIONS];
#define NWFILTER_N_VALIDATE_OPTIONS (NWFILTER_N_OPTIONS + 1)
extern const struct option_spec nwfilter_validate_options[NWFILTER_N_VALIDATE_OPTIONS];

/* As cli_prepare(), for the filters in these directories. */
int nwfilter_prepare(const struct cli *cli,
                     const struct nwfilter_directories *directories,
                     struct nfw_report **ret_report,
                     struct nfw_context **ret_context);

/*
 * The name of the filter that is meant by its name or its UUID: a copy, which is what was written where no filter has
 * that UUID. NULL without memory.
 */
char *nwfilter_name_of(struct nfw_context *context, const char *name_or_uuid);
