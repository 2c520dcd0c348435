/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "nfwpolicyd/daemon.h"
#include "nfwpolicyd/objects/changes.h"
#include "shared/cleanup.h"

/*
 * Looking at everything takes its time where there is much. So a row of changes is looked at once, and however many
 * there are, most of the time is left for other things.
 */
#define MIN_DELAY_USEC 20000
#define DELAY_RATIO    4

static uint64_t now_usec(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

DEFINE_CLEANUP(nwfilter_list)
DEFINE_CLEANUP(nwfilter_binding_list)

static int look(struct daemon *daemon) {
        CLEANUP(status) struct nfw_status *status = NULL;
        CLEANUP(nwfilter_list) struct nfw_nwfilter_list *filters = NULL;
        CLEANUP(nwfilter_binding_list) struct nfw_nwfilter_binding_list *bindings = NULL;
        CLEANUP(network_list) struct nfw_network_list *networks = NULL;
        struct model model;
        int r;

        r = nfw_status_new_without_grants(daemon->context, NULL, &status);
        if (r == 0)
                r = nfw_nwfilter_list_new(daemon->context, NULL, &filters);
        if (r == 0)
                r = nfw_nwfilter_binding_list_new(daemon->context, NULL, &bindings);
        if (r == 0)
                r = nfw_network_list_new(daemon->context, NULL, &networks);
        if (r != 0)
                return r < 0 ? r : -EIO;
        r = model_make(&(struct model_source){ status, filters, bindings, networks }, &model);
        if (r < 0)
                return r;
        changes_apply(daemon, &model);
        return 0;
}

int refresh_now(struct daemon *daemon) {
        uint64_t begin = now_usec();
        int r;

        r = look(daemon);
        if (r < 0) {
                cli_error(daemon->cli, "reading what is loaded: %s", strerror(-r));
                return r;
        }
        daemon->refresh_usec = now_usec() - begin;
        daemon->is_outdated = false;
        if (daemon->refresh_timer)
                (void)sd_event_source_set_enabled(daemon->refresh_timer, SD_EVENT_OFF);
        return 0;
}

int refresh_if_outdated(struct daemon *daemon) {
        return daemon->is_outdated ? refresh_now(daemon) : 0;
}

static int take_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source;
        (void)usec;
        (void)refresh_if_outdated(userdata);
        return 0;
}

static bool is_armed(const struct daemon *daemon) {
        int enabled = SD_EVENT_OFF;

        if (daemon->refresh_timer)
                (void)sd_event_source_get_enabled(daemon->refresh_timer, &enabled);
        return enabled != SD_EVENT_OFF;
}

void refresh_soon(struct daemon *daemon) {
        uint64_t delay = DELAY_RATIO * daemon->refresh_usec;
        int r;

        if (delay < MIN_DELAY_USEC)
                delay = MIN_DELAY_USEC;
        /* A timer that runs is not put off, or a row of changes without end would never be looked at. */
        if (daemon->is_outdated && is_armed(daemon))
                return;
        daemon->is_outdated = true;
        if (!daemon->refresh_timer) {
                r = sd_event_add_time_relative(daemon->event, &daemon->refresh_timer, CLOCK_MONOTONIC, delay,
                                               1000, take_timer, daemon);
        } else {
                r = sd_event_source_set_time_relative(daemon->refresh_timer, delay);
                if (r >= 0)
                        r = sd_event_source_set_enabled(daemon->refresh_timer, SD_EVENT_ONESHOT);
        }
        if (r < 0)
                (void)refresh_now(daemon);
}
