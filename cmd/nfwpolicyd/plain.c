/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What is left of the daemon where the library for the bus and the loop around it is missing: the learner. */

#include "nfwpolicyd/arguments.h"
#include "shared/watch.h"

const bool daemon_can_keep = false;

int daemon_run(const struct cli *cli,
               const struct daemon_arguments *given,
               const struct daemon_arguments *arguments,
               const struct nfw_config *config,
               struct nfw_context *context,
               struct nfw_learner *learner,
               struct nfw_store *store,
               struct nfw_keeper *keeper) {
        const struct watch_source source = watch_learner(learner);
        int r, signal_fd;

        (void)config;
        (void)context;
        (void)store;
        (void)keeper;
        if (given->bus_address || given->group)
                return cli_usage_error(cli, "this nfwpolicyd was built without D-Bus");
        r = watch_catch_signals(cli, &signal_fd);
        if (r)
                return r;
        return watch_run(cli, &source, signal_fd, arguments->verbose ? WATCH_ALL : WATCH_TROUBLE, NULL);
}
