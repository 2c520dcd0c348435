/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the commands for virtual networks share. */

#include "shared/cleanup.h"
#include "shared/cli.h"

#define NET_DIRECTORY_OPTION(type_)                                                                          \
        {                                                                                                    \
                .name = "network-directory", .kind = OPTION_STRING, .offset = offsetof(type_, directory),    \
                .argument = "DIR", .help = "where networks are defined (default: /etc/nfwpolicy/networks)"   \
        }

/* As cli_prepare(); directory may be NULL. */
int net_prepare(const struct cli *cli,
                const char *directory,
                struct nfw_report **ret_report,
                struct nfw_context **ret_context);
