/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Callers who follow what ports learn. The bus delivers signals to all or to none, and this is for whoever may read: so
 * each gets a pipe of its own.
 */

#include <sys/queue.h>

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include <nfwpolicy/nfwpolicy.h>

struct follower;

struct followers {
        LIST_HEAD(, follower) list;
        size_t n;
        struct nfw_monitor *monitor; /* as long as there is one of them */
        sd_event_source *source;
};

/* org.nfwpolicy1.Manager.FollowNames; userdata is the struct daemon. */
int follow_call(sd_bus_message *call, void *userdata, sd_bus_error *error);

void followers_deinit(struct followers *followers);
