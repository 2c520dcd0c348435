/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include <systemd/sd-daemon.h>

#include "nfwpolicyd/objects/changes.h"
#include "nfwpolicyd/settings.h"
#include "shared/cleanup.h"
#include "shared/diagnostics.h"
#include "shared/progress.h"
#include "shared/watch.h"
#include "shared/world.h"

void daemon_say(const struct daemon *daemon, const char *format, ...) {
        CLEANUP(text) char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);
        cli_say(daemon->cli, "%s", text ? text : format);
        fflush(stdout);
}

/* --- the service manager ------------------------------------------------------------------------------------ */

void daemon_ready(struct daemon *daemon) {
        if (daemon->is_ready)
                return;
        daemon->is_ready = true;
        daemon->silence_timer = sd_event_source_disable_unref(daemon->silence_timer);
        (void)sd_notify(false, "READY=1");
}

/* Whoever asked may not be who looks after it. */
static void tell_reload(const struct daemon *daemon,
                        int result,
                        const struct nfw_report *report,
                        const char *group) {
        diagnostics_print(daemon->cli, report);
        if (group)
                cli_error(daemon->cli, "there is no group `%s`", group);
        else if (result < 0)
                cli_failure(daemon->cli, result, "nfwpolicyd.conf");
        if (result != 0)
                cli_error(daemon->cli, "it goes on with the configuration that it has");
}

int daemon_reload(struct daemon *daemon, struct nfw_report *report, char **ret_group) {
        struct timespec now;
        int r, s;

        clock_gettime(CLOCK_MONOTONIC, &now);
        (void)sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%llu",
                         (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000);
        r = settings_reload(daemon, report, ret_group);
        tell_reload(daemon, r, report, *ret_group);
        s = refresh_now(daemon);
        (void)sd_notify(false, r != 0 ? "READY=1\nSTATUS=nfwpolicyd.conf is wrong and not in force"
                               : daemon->has_bad_file ? "READY=1\nSTATUS="
                                                      : "READY=1");
        daemon->has_bad_file = r != 0;
        return r != 0 ? r : s;
}

static int take_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        CLEANUP(report) struct nfw_report *report = NULL;
        CLEANUP(text) char *group = NULL;

        (void)source;
        (void)info;
        if (nfw_report_new(&report) == 0)
                (void)daemon_reload(userdata, report, &group);
        return 0;
}

static int catch_signals(struct daemon *daemon) {
        sigset_t signals;
        int r;

        sigemptyset(&signals);
        sigaddset(&signals, SIGHUP);
        if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
                return -errno;
        /* Without a handler of our own the loop ends with status 0. */
        r = sd_event_add_signal(daemon->event, NULL, SIGINT, NULL, NULL);
        if (r >= 0)
                r = sd_event_add_signal(daemon->event, NULL, SIGTERM, NULL, NULL);
        if (r >= 0)
                r = sd_event_add_signal(daemon->event, NULL, SIGHUP, take_hangup, daemon);
        return r;
}

/* --- the learner -------------------------------------------------------------------------------------------- */

static void take_event(struct daemon *daemon, const struct nfw_event *event) {
        enum nfw_event_type type = nfw_event_get_type(event);

        /* What is wrong with standard output does not stop the learner; it is told at the end. */
        (void)watch_print(daemon->cli, event, daemon->verbose ? WATCH_ALL : WATCH_TROUBLE);
        if (type == NFW_EVENT_LEARNED)
                changes_tell_learned(daemon, event);
        else if (type == NFW_EVENT_ADDRESS || type == NFW_EVENT_ADDRESS_GONE)
                changes_tell_address(daemon, event);
        else if (type == NFW_EVENT_DENIED)
                changes_tell_denied(daemon, event);
        else if (type == NFW_EVENT_EDITED)
                changes_tell_edited(daemon, event);
        else if (type == NFW_EVENT_RELOADED)
                refresh_soon(daemon);
}

static void take_events(struct daemon *daemon) {
        for (;;) {
                CLEANUP(event) struct nfw_event *event = NULL;

                if (nfw_learner_pop_event(daemon->learner, &event) != 0)
                        break;
                take_event(daemon, event);
        }
        /* Whoever reads a pipe wants a line when it happens. */
        fflush(stdout);
}

static int take_learner(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct daemon *daemon = userdata;
        int r;

        (void)source;
        (void)fd;
        (void)events;
        r = nfw_learner_dispatch(daemon->learner);
        take_events(daemon);
        if (r < 0) {
                cli_failure(daemon->cli, r, "following the kernel");
                return sd_event_exit(daemon->event, CLI_EXIT_TROUBLE);
        }
        return 0;
}

static int follow_learner(struct daemon *daemon) {
        sd_event_source *source = NULL;
        int r;

        watch_hurry();
        r = sd_event_add_io(daemon->event, &source, nfw_learner_get_fd(daemon->learner), EPOLLIN,
                            take_learner, daemon);
        if (r >= 0)
                r = sd_event_source_set_priority(source, PRIORITY_LEARNER);
        if (r >= 0)
                r = sd_event_source_set_floating(source, true);
        sd_event_source_unref(source);
        return r;
}

/* --- the loop ----------------------------------------------------------------------------------------------- */

static int start(struct daemon *daemon) {
        int r;

        daemon->settings = world_settings(daemon->config);
        if (!daemon->settings)
                return -ENOMEM;
        r = sd_event_new(&daemon->event);
        if (r >= 0)
                r = catch_signals(daemon);
        if (r >= 0)
                r = follow_learner(daemon);
        if (r >= 0)
                r = keep_follow(daemon);
        if (r >= 0)
                r = sd_event_set_watchdog(daemon->event, true);
        if (r < 0)
                return r;
        places_follow(daemon);
        take_events(daemon);
        r = refresh_now(daemon);
        if (r < 0)
                return r;
        if (daemon->arguments->no_bus) {
                daemon_ready(daemon);
                return 0;
        }
        return bus_connect(daemon);
}

static void stop(struct daemon *daemon) {
        (void)sd_notify(false, "STOPPING=1");
        bus_disconnect(daemon);
        sd_event_source_unref(daemon->refresh_timer);
        sd_event_source_unref(daemon->reconnect_timer);
        sd_event_source_unref(daemon->silence_timer);
        followers_deinit(&daemon->followers);
        places_deinit(&daemon->places);
        sd_event_unref(daemon->event);
        model_deinit(&daemon->model);
        json_decref(daemon->settings);
}

const bool daemon_can_keep = true;

int daemon_run(const struct cli *cli,
               const struct daemon_arguments *given,
               const struct daemon_arguments *arguments,
               const struct nfw_config *config,
               struct nfw_context *context,
               struct nfw_learner *learner,
               struct nfw_store *store,
               struct nfw_keeper *keeper) {
        struct daemon daemon = {
                .cli = cli,
                .given = given,
                .arguments = arguments,
                .config = config,
                .verbose = arguments->verbose,
                .context = context,
                .learner = learner,
                .store = store,
                .keeper = keeper,
        };
        int r;

        progress_pause(cli->progress);
        r = access_init(&daemon.access, arguments->group);
        if (r == -ENOENT)
                return cli_error(cli, "there is no group `%s`", arguments->group);
        if (r >= 0)
                r = start(&daemon);
        if (r >= 0)
                r = sd_event_loop(daemon.event);
        stop(&daemon);
        return r < 0 ? cli_failure(cli, r, "the event loop") : r;
}
