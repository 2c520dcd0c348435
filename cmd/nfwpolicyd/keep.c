/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "nfwpolicyd/daemon.h"
#include "nfwpolicyd/objects/changes.h"
#include "shared/cleanup.h"
#include "shared/watch.h"

/*
 * Before the learner: where somebody has taken ports out of the kernel, they are there again before the learner looks,
 * and it goes on with what it has learned for them.
 */
#define PRIORITY_KEEPER (PRIORITY_LEARNER - 1)

static int take_keeper(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct daemon *daemon = userdata;
        int r;

        (void)source;
        (void)fd;
        (void)events;
        r = nfw_keeper_dispatch(daemon->keeper);
        for (;;) {
                CLEANUP(event) struct nfw_event *event = NULL;

                if (nfw_keeper_pop_event(daemon->keeper, &event) != 0)
                        break;
                (void)watch_print(daemon->cli, event, daemon->verbose ? WATCH_ALL : WATCH_TROUBLE);
                if (nfw_event_get_type(event) == NFW_EVENT_EDITED)
                        changes_tell_edited(daemon, event);
        }
        fflush(stdout);
        if (r < 0) {
                cli_failure(daemon->cli, r, "keeping what is loaded in force");
                return sd_event_exit(daemon->event, CLI_EXIT_TROUBLE);
        }
        return 0;
}

void keep_changed(struct daemon *daemon) {
        int r;

        refresh_soon(daemon);
        if (!daemon->store)
                return;
        r = nfw_store_save(daemon->store, NULL);
        if (r < 0)
                cli_error(daemon->cli, "storing what is loaded: %s", strerror(-r));
}

int keep_follow(struct daemon *daemon) {
        sd_event_source *source = NULL;
        int r;

        if (!daemon->keeper)
                return 0;
        r = sd_event_add_io(daemon->event, &source, nfw_keeper_get_fd(daemon->keeper), EPOLLIN, take_keeper,
                            daemon);
        if (r >= 0)
                r = sd_event_source_set_priority(source, PRIORITY_KEEPER);
        if (r >= 0)
                r = sd_event_source_set_floating(source, true);
        sd_event_source_unref(source);
        return r;
}
