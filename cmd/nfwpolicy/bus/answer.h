/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the daemon answers, as the library would have answered. docs/dbus.rst has the form. */

#include <jansson.h>
#include <stdbool.h>

#include <systemd/sd-bus.h>

struct bus_answer {
        json_t *diagnostics; /* an array, or NULL */
        char *sentence;      /* what an error says besides, or NULL */
        bool is_undone;      /* the call was not sent, or came to nobody, or was not permitted */
};

void bus_answer_deinit(struct bus_answer *answer);

/* The report of a call that has succeeded: 0 or a negative errno. */
int bus_answer_read_report(struct bus_answer *answer, sd_bus_message *reply);

/* The error of one that has not: a condition, BUS_NO_DAEMON, BUS_LOST, or a negative errno. r is what sd_bus_call() said. */
int bus_answer_read_error(struct bus_answer *answer, const sd_bus_error *error, int r);

static inline void cleanup_message(sd_bus_message **message) {
        sd_bus_message_unref(*message);
}

#define CLEANUP_MESSAGE __attribute__((cleanup(cleanup_message)))
#define CLEANUP_ERROR   __attribute__((cleanup(sd_bus_error_free)))
