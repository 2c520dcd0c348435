/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Learners and monitors are the same to a program: a descriptor, dispatch, events. This is the loop around them. */

#include <jansson.h>

#include "shared/cli.h"

/* Which events are printed; each level has those before it. */
enum watch_level {
        WATCH_TROUBLE, /* lost packets and failed transactions, on stderr */
        WATCH_CHANGES, /* what is learned and what made room */
        WATCH_ALL,     /* also what is ignored and reloads */
};

struct watch_source {
        int fd;
        int (*dispatch)(void *object);
        int (*pop)(void *object, json_t **ret_event); /* 0, NFW_E_EMPTY or a negative errno */
        void *object;
        bool ends_with_reader; /* what is printed is all that it is for */
};

/*
 * Keeps SIGINT and SIGTERM for the loop from here on, so that none gets lost while a command starts up. The
 * descriptor is closed with the process. 0 or an exit status.
 */
int watch_catch_signals(const struct cli *cli, int *ret_signal_fd);

/* Whether the interface is the one asked for; NULL asks for all. */
bool watch_wants(const char *wanted, const char *interface);

/* Prints an event if it is of the level. 0 or an exit status. */
int watch_print(const struct cli *cli, const struct nfw_event *event, enum watch_level level);

/*
 * A guest connects some ten microseconds after it got its answer, so the learner must not wait for a processor. What
 * it does for each packet is bounded. Without the privilege it goes on as it is.
 */
void watch_hurry(void);

/*
 * Prints events until a signal comes, or nobody reads them any more where the source is for nothing else: 0, or an
 * exit status when something failed. port may be NULL: all ports.
 */
int watch_run(const struct cli *cli,
              const struct watch_source *source,
              int signal_fd,
              enum watch_level level,
              const char *port);

/* The sources for the library's objects. A learner is given a high priority where that is allowed. */
struct watch_source watch_learner(struct nfw_learner *learner);
struct watch_source watch_monitor(struct nfw_monitor *monitor);
