/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "shared/cli.h"

struct daemon_arguments {
        bool foreground;
        bool no_bus;
        const char *bus_address; /* NULL: the system bus */
        const char *store;       /* where what is loaded is stored; NULL: nowhere */
        const char *policies;    /* a directory of files that are loaded at the start; NULL: none */
        const char *state;       /* where it is noted what is in force; NULL: where it usually is */
        const char *filters;     /* where network filters are defined; NULL: where they usually are */
        const char *builtin;     /* and those that come with nfwpolicy */
        const char *networks;    /* where virtual networks are defined */
        bool verbose;            /* by the configuration, too */
        const char *group;       /* may do everything over the bus; NULL: root only */
};

/* Whether daemon_run() does anything with a keeper. */
extern const bool daemon_can_keep;

/*
 * Runs until a signal comes; SIGINT and SIGTERM are blocked already. given is the command line, and arguments what it
 * comes to with the configuration. An exit status.
 */
int daemon_run(const struct cli *cli,
               const struct daemon_arguments *given,
               const struct daemon_arguments *arguments,
               const struct nfw_config *config,
               struct nfw_context *context,
               struct nfw_learner *learner,
               struct nfw_store *store,
               struct nfw_keeper *keeper);
