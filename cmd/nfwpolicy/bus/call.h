/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the calls of the daemon's methods have in common. */

#include "nfwpolicy/bus/answer.h"
#include "nfwpolicy/bus/bus.h"

#define BUS_NAME    "org.nfwpolicy1"
#define BUS_PATH    "/org/nfwpolicy1"
#define BUS_MANAGER "org.nfwpolicy1.Manager"

struct bus {
        sd_bus *connection;
        char *daemon; /* the one that was found, by the name of its connection; NULL: whoever has the name */
        struct bus_answer answer;
};

/*
 * As sd_bus_call(3), until a moment of CLOCK_MONOTONIC in microseconds, or UINT64_MAX. sd_bus_call() itself waits minutes
 * for a bus that says nothing, and gives up at the first signal, although the call goes on.
 */
int bus_wait_for(sd_bus *connection,
                 sd_bus_message *call,
                 uint64_t deadline,
                 sd_bus_error *ret_error,
                 sd_bus_message **ret_reply);

/* 0 or more, or a negative errno. */
int bus_new_call(struct bus *bus, const char *member, sd_bus_message **ret_call);

/* 0, or what bus_answer_read_error() makes of the error. */
int bus_call(struct bus *bus, sd_bus_message *call, sd_bus_message **ret_reply);
