/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the command line does not say is said by nfwpolicyd.conf. */

#include <nfwpolicy/nfwpolicy.h>

#include "nfwpolicyd/arguments.h"

/* The command line with the gaps filled; it refers to the configuration. */
struct daemon_arguments settings_resolve(const struct cli *cli,
                                         const struct daemon_arguments *arguments,
                                         const struct nfw_config *config);

struct daemon;

/*
 * Reads the configuration again. What can change while the daemon runs changes, and what cannot is told; where anything
 * is wrong, all stays as it was. 0; a condition, with the report; -ENOENT where *ret_group is no group's name, which the
 * caller frees; or another negative errno.
 */
int settings_reload(struct daemon *daemon, struct nfw_report *report, char **ret_group);
