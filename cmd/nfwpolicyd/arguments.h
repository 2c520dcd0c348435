/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "shared/cli.h"

struct daemon_arguments {
        bool foreground;
        bool no_bus;
        const char *bus_address; /* NULL: the system bus */
        const char *group;       /* may do everything over the bus; NULL: root only */
};

/* Runs until a signal comes; SIGINT and SIGTERM are blocked already. An exit status. */
int daemon_run(const struct cli *cli,
               const struct daemon_arguments *arguments,
               struct nfw_context *context,
               struct nfw_learner *learner);
