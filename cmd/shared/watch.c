/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/event.h"
#include "shared/progress.h"

static int dispatch_learner(void *object) {
        return nfw_learner_dispatch(object);
}

static int make_json(const struct nfw_event *event, json_t **ret_event) {
        *ret_event = event_json(event);
        return *ret_event ? 0 : -ENOMEM;
}

static int pop_learner(void *object, json_t **ret_event) {
        CLEANUP(event) struct nfw_event *event = NULL;
        int r;

        r = nfw_learner_pop_event(object, &event);
        return r != 0 ? r : make_json(event, ret_event);
}

static int dispatch_monitor(void *object) {
        return nfw_monitor_dispatch(object);
}

static int pop_monitor(void *object, json_t **ret_event) {
        CLEANUP(event) struct nfw_event *event = NULL;
        int r;

        r = nfw_monitor_pop_event(object, &event);
        return r != 0 ? r : make_json(event, ret_event);
}

void watch_hurry(void) {
        (void)setpriority(PRIO_PROCESS, 0, -20);
}

struct watch_source watch_learner(struct nfw_learner *learner) {
        watch_hurry();
        return (struct watch_source){ nfw_learner_get_fd(learner), dispatch_learner, pop_learner, learner,
                                      false };
}

struct watch_source watch_monitor(struct nfw_monitor *monitor) {
        return (struct watch_source){ nfw_monitor_get_fd(monitor), dispatch_monitor, pop_monitor, monitor,
                                      true };
}

int watch_catch_signals(const struct cli *cli, int *ret_signal_fd) {
        sigset_t signals;
        int fd;

        sigemptyset(&signals);
        sigaddset(&signals, SIGINT);
        sigaddset(&signals, SIGTERM);
        if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
                return cli_failure(cli, -errno, "sigprocmask");
        fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
        if (fd < 0)
                return cli_failure(cli, -errno, "signalfd");
        *ret_signal_fd = fd;
        return CLI_EXIT_FINE;
}

bool watch_wants(const char *wanted, const char *interface) {
        return !wanted || (interface && strcmp(wanted, interface) == 0);
}

static enum watch_level level_of(enum nfw_event_type type) {
        switch (type) {
        case NFW_EVENT_LOST:
        case NFW_EVENT_ERROR:
        case NFW_EVENT_EDITED:
                return WATCH_TROUBLE;
        case NFW_EVENT_LEARNED:
        case NFW_EVENT_EVICTED:
        case NFW_EVENT_DENIED:
        case NFW_EVENT_ADDRESS:
        case NFW_EVENT_ADDRESS_GONE:
                return WATCH_CHANGES;
        case NFW_EVENT_IGNORED:
        case NFW_EVENT_RELOADED:
                break;
        }
        return WATCH_ALL;
}

static int print(const struct cli *cli, json_t *event, enum nfw_event_type type, enum watch_level level) {
        if (level_of(type) > level)
                return CLI_EXIT_FINE;
        return event_print(cli, event, level_of(type) == WATCH_TROUBLE ? stderr : stdout);
}

int watch_print(const struct cli *cli, const struct nfw_event *event, enum watch_level level) {
        CLEANUP(json) json_t *json = NULL;

        if (level_of(nfw_event_get_type(event)) > level)
                return CLI_EXIT_FINE;
        json = event_json(event);
        return print(cli, json, nfw_event_get_type(event), level);
}

static int print_events(const struct cli *cli,
                        const struct watch_source *source,
                        enum watch_level level,
                        const char *port) {
        int r;

        for (;;) {
                CLEANUP(json) json_t *event = NULL;
                enum nfw_event_type type;

                r = source->pop(source->object, &event);
                if (r != 0)
                        break;
                if (!event_type_of(event, &type) ||
                    !watch_wants(port, json_string_value(json_object_get(event, "port"))))
                        continue;
                r = print(cli, event, type, level);
                if (r)
                        return r;
        }
        /* whoever reads a pipe wants a line when it happens */
        fflush(stdout);
        if (source->ends_with_reader && ferror(stdout))
                return CLI_EXIT_TROUBLE;
        return r < 0 ? cli_failure(cli, r, "reading events") : CLI_EXIT_FINE;
}

int watch_run(const struct cli *cli,
              const struct watch_source *source,
              int signal_fd,
              enum watch_level level,
              const char *port) {
        struct pollfd fds[] = {
                { .fd = source->fd, .events = POLLIN },
                { .fd = signal_fd, .events = POLLIN },
                /* without events it only says that the other end of a pipe is gone */
                { .fd = source->ends_with_reader ? STDOUT_FILENO : -1 },
        };
        struct signalfd_siginfo info;

        progress_pause(cli->progress);
        for (;;) {
                int r = print_events(cli, source, level, port);

                if (r)
                        return r;
                if (poll(fds, 3, -1) < 0) {
                        if (errno == EINTR)
                                continue;
                        return cli_failure(cli, -errno, "poll");
                }
                if (fds[1].revents && read(signal_fd, &info, sizeof(info)) == sizeof(info))
                        return CLI_EXIT_FINE;
                if (fds[2].revents)
                        return CLI_EXIT_FINE;
                if (fds[0].revents) {
                        r = source->dispatch(source->object);
                        if (r < 0)
                                return cli_failure(cli, r, "following the kernel");
                }
        }
}
