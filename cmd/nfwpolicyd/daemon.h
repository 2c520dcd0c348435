/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The daemon and its parts. One thread, one sd-event loop; a guest that waits for its DNS reply comes before
 * everybody who asks over the bus.
 *
 *   daemon.c          the loop: the learner, signals, the service manager
 *   keep.c            what others do to the rules and links is put right
 *   settings.c        what the configuration says; reload.c says it again
 *
 *   bus/bus.c         the connection to the bus and the name on it
 *   bus/access.c      who may call what; credentials.c who is calling
 *   bus/errors.c      reports as D-Bus values and D-Bus errors
 *   bus/answer.c      what many methods answer with
 *
 *   calls/manager.c   org.nfwpolicy1.Manager; load.c and status.c have its largest methods
 *   calls/filters.c, sets.c, networks.c   its methods for them; begin.c is what all begin with
 *   calls/properties.c   and its properties
 *   calls/follow.c    pipes for who follows what is learned
 *
 *   objects/objects.c an object for each policy, port, filter and network
 *   objects/model.c   what the objects are made of
 *   objects/refresh.c when it is looked what is in force now
 *   objects/changes.c from one model to the next: signals
 *   objects/places.c  what others define is noticed
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "nfwpolicyd/arguments.h"
#include "nfwpolicyd/bus/access.h"
#include "nfwpolicyd/calls/follow.h"
#include "nfwpolicyd/objects/model.h"
#include "nfwpolicyd/objects/objects.h"
#include "nfwpolicyd/objects/places.h"

struct daemon {
        const struct cli *cli;
        const struct daemon_arguments *given;     /* on the command line */
        const struct daemon_arguments *arguments; /* with the configuration */
        const struct nfw_config *config;          /* of the start */
        json_t *settings;                         /* as world_settings(), now */
        bool verbose;
        bool has_bad_file; /* since it was told to reload */
        struct nfw_context *context;
        struct nfw_learner *learner;
        struct nfw_store *store; /* NULL: nothing is stored, and there is no keeper */
        struct nfw_keeper *keeper;

        sd_event *event;
        sd_event_source *refresh_timer;
        sd_event_source *reconnect_timer;
        sd_event_source *silence_timer; /* until it is ready */
        sd_bus *bus;                    /* NULL: there is none now */
        bool has_name;
        bool is_ready; /* the service manager has been told */

        struct access access;
        struct objects objects;
        struct places places;
        struct followers followers;
        struct model model;
        bool is_outdated;      /* something has changed since the model was made */
        uint64_t refresh_usec; /* how long the last refresh took */
};

/* A line on standard output, at once. */
__attribute__((format(printf, 2, 3))) void daemon_say(const struct daemon *daemon, const char *format, ...);

/* bus/bus.c: 0, or a negative errno where an address was given and nobody answers there. */
int bus_connect(struct daemon *daemon);
void bus_disconnect(struct daemon *daemon);

/* daemon.c: tells the service manager, once the name is there or is known not to come. */
void daemon_ready(struct daemon *daemon);
/*
 * Reads the configuration again and looks again at everything, as the service manager and org.nfwpolicy1.Manager.Reload
 * want it. What is wrong has been told as well. As settings_reload().
 */
int daemon_reload(struct daemon *daemon, struct nfw_report *report, char **ret_group);

#define PRIORITY_LEARNER (SD_EVENT_PRIORITY_NORMAL - 10)

/* keep.c: 0 or a negative errno. */
int keep_follow(struct daemon *daemon);
/* After a change of our own: it is stored before the caller is told that it is done. */
void keep_changed(struct daemon *daemon);

/* objects/refresh.c */
void refresh_soon(struct daemon *daemon);
int refresh_now(struct daemon *daemon);
int refresh_if_outdated(struct daemon *daemon);

/* Where things are on the bus. */
#define BUS_NAME         "org.nfwpolicy1"
#define BUS_PATH         "/org/nfwpolicy1"
#define BUS_PATH_POLICY  "/org/nfwpolicy1/policy"
#define BUS_PATH_PORT    "/org/nfwpolicy1/port"
#define BUS_PATH_FILTER  "/org/nfwpolicy1/filter"
#define BUS_PATH_NETWORK "/org/nfwpolicy1/network"
#define BUS_MANAGER      "org.nfwpolicy1.Manager"
#define BUS_POLICY       "org.nfwpolicy1.Policy"
#define BUS_PORT         "org.nfwpolicy1.Port"
#define BUS_FILTER       "org.nfwpolicy1.Filter"
#define BUS_NETWORK      "org.nfwpolicy1.Network"

/* The systemd library's objects, released when a function ends. */
static inline void cleanup_message(sd_bus_message **message) {
        sd_bus_message_unref(*message);
}

#define CLEANUP_MESSAGE __attribute__((cleanup(cleanup_message)))
