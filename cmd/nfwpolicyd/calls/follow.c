/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/calls/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "nfwpolicyd/bus/errors.h"
#include "nfwpolicyd/daemon.h"
#include "shared/cleanup.h"
#include "shared/event.h"
#include "shared/watch.h"

#define MAX_FOLLOWERS 64

/* As the library says it where the kernel has thrown something away. */
#define LOST                                                                                                 \
        "{\"event\":\"lost\",\"port\":null,\"name\":null,\"address\":null,\"resolver\":null,"                \
        "\"seconds_left\":0.0,\"text\":\"what was learned meanwhile is not told: nobody read it\"}\n"

struct follower {
        LIST_ENTRY(follower) entries;
        struct daemon *daemon;
        sd_event_source *source; /* tells that nobody reads any more */
        char *port;              /* "": all */
        int fd;
        bool is_behind; /* its pipe was full */
};

static void follower_free(struct follower *follower) {
        LIST_REMOVE(follower, entries);
        follower->daemon->followers.n--;
        sd_event_source_disable_unref(follower->source);
        (void)close(follower->fd);
        free(follower->port);
        free(follower);
}

static void stop_if_alone(struct followers *followers) {
        if (followers->n > 0)
                return;
        followers->source = sd_event_source_disable_unref(followers->source);
        followers->monitor = nfw_monitor_free(followers->monitor);
}

void followers_deinit(struct followers *followers) {
        struct follower *follower;

        while ((follower = LIST_FIRST(&followers->list)))
                follower_free(follower);
        stop_if_alone(followers);
}

/* Whole lines or nothing: a pipe takes up to PIPE_BUF at once or not at all. */
static bool put(const struct follower *follower, const char *line, size_t size) {
        return size <= PIPE_BUF && write(follower->fd, line, size) == (ssize_t)size;
}

static void tell(struct follower *follower, const char *line, size_t size) {
        if (follower->is_behind && !put(follower, LOST, strlen(LOST)))
                return;
        follower->is_behind = !put(follower, line, size);
}

static int tell_all(struct followers *followers, const struct nfw_event *event) {
        CLEANUP(json) json_t *json = event_json(event);
        CLEANUP(text) char *line = json ? json_dumps(json, JSON_REAL_PRECISION(12)) : NULL;
        const char *port = nfw_event_port(event);
        struct follower *follower;
        size_t size;

        if (!line)
                return -ENOMEM;
        size = strlen(line);
        line[size++] = '\n';
        LIST_FOREACH(follower, &followers->list, entries)
        if (!port || !*follower->port || strcmp(follower->port, port) == 0)
                tell(follower, line, size);
        return 0;
}

static int take_monitor(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct daemon *daemon = userdata;
        int r;

        (void)source;
        (void)fd;
        (void)events;
        r = nfw_monitor_dispatch(daemon->followers.monitor);
        while (r >= 0) {
                CLEANUP(event) struct nfw_event *event = NULL;

                r = nfw_monitor_pop_event(daemon->followers.monitor, &event);
                if (r > 0)
                        break;
                if (r == 0)
                        r = tell_all(&daemon->followers, event);
        }
        if (r < 0) {
                cli_failure(daemon->cli, r, "following what is learned for others");
                followers_deinit(&daemon->followers);
        }
        return 0;
}

static int take_end(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct follower *follower = userdata;
        struct followers *followers = &follower->daemon->followers;

        (void)source;
        (void)fd;
        (void)events;
        follower_free(follower);
        stop_if_alone(followers);
        return 0;
}

static int start_monitor(struct daemon *daemon) {
        struct followers *followers = &daemon->followers;
        int r;

        if (followers->monitor)
                return 0;
        r = nfw_monitor_new(daemon->context, NULL, &followers->monitor);
        if (r == 0)
                r = sd_event_add_io(daemon->event, &followers->source, nfw_monitor_get_fd(followers->monitor),
                                    EPOLLIN, take_monitor, daemon);
        return r < 0 ? r : 0;
}

/* *ret_fd is the end to read from, which is the caller's. */
static int add_follower(struct daemon *daemon, const char *port, int *ret_fd) {
        struct follower *follower;
        int fds[2], r;

        follower = calloc(1, sizeof(*follower));
        if (!follower)
                return -ENOMEM;
        follower->port = strdup(port);
        r = !follower->port ? -ENOMEM : pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0 ? -errno : 0;
        if (r < 0) {
                free(follower->port);
                free(follower);
                return r;
        }
        follower->daemon = daemon;
        follower->fd = fds[1];
        LIST_INSERT_HEAD(&daemon->followers.list, follower, entries);
        daemon->followers.n++;
        r = sd_event_add_io(daemon->event, &follower->source, follower->fd, 0, take_end, follower);
        if (r < 0) {
                follower_free(follower);
                (void)close(fds[0]);
                return r;
        }
        *ret_fd = fds[0];
        return 0;
}

int follow_call(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        struct daemon *daemon = userdata;
        const char *port;
        int r, fd;

        (void)error;
        r = sd_bus_message_read(call, "s", &port);
        if (r < 0)
                return r;
        if (daemon->followers.n >= MAX_FOLLOWERS)
                return error_refuse(call, NFW_E_REFUSED, "bus/too-many", NULL,
                                    "%d callers follow what is learned already", MAX_FOLLOWERS);
        r = start_monitor(daemon);
        if (r == 0)
                r = add_follower(daemon, port, &fd);
        if (r < 0) {
                stop_if_alone(&daemon->followers);
                return error_reply(call, r, NULL, "following what is learned");
        }
        r = sd_bus_reply_method_return(call, "h", fd);
        (void)close(fd);
        return r;
}
