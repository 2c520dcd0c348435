/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nfwpolicyd/calls/manager.h"
#include "nfwpolicyd/daemon.h"
#include "nfwpolicyd/objects/objects.h"

#define SYSTEM_BUS_ADDRESS "unix:path=/run/dbus/system_bus_socket"

/* A bus that ends every connection at once must not keep us busy. */
#define RECONNECT_USEC 1000000
/* Units that wait for us do not wait for a bus that says nothing. */
#define SILENCE_USEC 20000000

static const char *bus_address(const struct daemon *daemon) {
        const char *address = daemon->arguments->bus_address;

        if (!address)
                address = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");
        return address && *address ? address : SYSTEM_BUS_ADDRESS;
}

void bus_disconnect(struct daemon *daemon) {
        if (!daemon->bus)
                return;
        access_deinit(&daemon->access);
        daemon->has_name = false;
        (void)sd_bus_detach_event(daemon->bus);
        daemon->bus = sd_bus_flush_close_unref(daemon->bus);
}

/* Goes on as a learner; or ends where a bus was asked for that has not worked yet. */
static int do_without(struct daemon *daemon, const char *what, const char *why) {
        bool needed = daemon->arguments->bus_address && !daemon->is_ready;

        if (needed) {
                cli_error(daemon->cli, "%s: %s", what, why);
                return sd_event_exit(daemon->event, CLI_EXIT_TROUBLE);
        }
        daemon_say(daemon, "nfwpolicyd: %s: %s; it goes on without D-Bus", what, why);
        daemon_ready(daemon);
        return 0;
}

static int take_name(sd_bus_message *answer, void *userdata, sd_bus_error *error) {
        const sd_bus_error *refused = sd_bus_message_get_error(answer);
        struct daemon *daemon = userdata;
        uint32_t result = 0;

        (void)error;
        if (refused)
                return do_without(daemon, "the name " BUS_NAME " on the bus", refused->message);
        if (sd_bus_message_read(answer, "u", &result) < 0 || result != 1)
                return do_without(daemon, "the name " BUS_NAME " on the bus", "another process has it");
        daemon->has_name = true;
        daemon_say(daemon, "nfwpolicyd: " BUS_NAME " is on the bus");
        daemon_ready(daemon);
        return 0;
}

static int reconnect(sd_event_source *source, uint64_t usec, void *userdata) {
        struct daemon *daemon = userdata;

        (void)source;
        (void)usec;
        daemon->reconnect_timer = sd_event_source_unref(daemon->reconnect_timer);
        return bus_connect(daemon);
}

static int take_disconnect(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        struct daemon *daemon = userdata;

        (void)message;
        (void)error;
        if (daemon->is_ready)
                daemon_say(daemon, "nfwpolicyd: the bus has gone; it goes on without D-Bus until it is back");
        else
                (void)do_without(daemon, bus_address(daemon), "it ended the connection");
        bus_disconnect(daemon);
        return sd_event_add_time_relative(daemon->event, &daemon->reconnect_timer, CLOCK_MONOTONIC,
                                          RECONNECT_USEC, 0, reconnect, daemon);
}

static int take_silence(sd_event_source *source, uint64_t usec, void *userdata) {
        struct daemon *daemon = userdata;

        (void)source;
        (void)usec;
        daemon_say(daemon,
                   "nfwpolicyd: the bus has not answered yet; it goes on without D-Bus until it does");
        daemon_ready(daemon);
        return 0;
}

static int offer(struct daemon *daemon, sd_bus *bus) {
        int r;

        r = sd_bus_add_filter(bus, NULL, access_filter, daemon);
        if (r >= 0)
                r = manager_add(daemon, bus);
        if (r >= 0)
                r = objects_add(daemon, bus);
        if (r >= 0)
                r = sd_bus_match_signal_async(bus, NULL, "org.freedesktop.DBus.Local",
                                              "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local",
                                              "Disconnected", take_disconnect, NULL, daemon);
        return r;
}

/* Where nobody listens, waiting is done by watching for the socket. */
static int start(struct daemon *daemon, bool waits, sd_bus **ret_bus) {
        sd_bus *bus = NULL;
        int r;

        r = sd_bus_new(&bus);
        if (r >= 0)
                r = sd_bus_set_description(bus, "system");
        if (r >= 0)
                r = sd_bus_set_address(bus, bus_address(daemon));
        if (r >= 0)
                r = sd_bus_set_bus_client(bus, true);
        if (r >= 0)
                r = sd_bus_set_watch_bind(bus, waits);
        if (r >= 0)
                r = offer(daemon, bus);
        if (r >= 0)
                r = sd_bus_start(bus);
        if (r < 0) {
                sd_bus_close_unref(bus);
                return r;
        }
        *ret_bus = bus;
        return 0;
}

int bus_connect(struct daemon *daemon) {
        bool is_first = !daemon->is_ready;
        sd_bus *bus = NULL;
        int r;

        r = start(daemon, !is_first, &bus);
        if (r < 0 && is_first) {
                r = do_without(daemon, bus_address(daemon), strerror(-r));
                if (!daemon->is_ready)
                        return r;
                r = start(daemon, true, &bus);
        }
        /* Then there is not even a place to watch. */
        if (r < 0)
                return 0;

        daemon->bus = bus;
        r = sd_bus_attach_event(bus, daemon->event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = sd_bus_request_name_async(bus, NULL, BUS_NAME, 0, take_name, daemon);
        if (r >= 0 && !daemon->is_ready && !daemon->silence_timer)
                r = sd_event_add_time_relative(daemon->event, &daemon->silence_timer, CLOCK_MONOTONIC,
                                               SILENCE_USEC, 0, take_silence, daemon);
        return r;
}
