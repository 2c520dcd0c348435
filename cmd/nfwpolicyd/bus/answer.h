/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What many methods do: answers that have a value before their report, and changes. */

#include "nfwpolicyd/bus/errors.h"
#include "nfwpolicyd/daemon.h"

/* A bus ends the connection of who sends more than it takes: 32 MiB on a system bus. */
#define ANSWER_MAX_BYTES ((size_t)16 * 1024 * 1024)

/* The items of a list as an array; the library's lists are opaque, and of each only its index is known. */
struct answer_rows {
        const char *type; /* of one element */
        size_t n;
        int (*append)(sd_bus_message *reply, void *list, size_t index);
        void *list;
};

int answer_rows(sd_bus_message *call, const struct answer_rows *rows, const struct nfw_report *report);

/* about is what was asked for, where it is more than ANSWER_MAX_BYTES. */
int answer_text(sd_bus_message *call, const char *text, const struct nfw_report *report, const char *about);
/* Not a condition of the library's: who can look by himself does so then. */
int answer_too_large(sd_bus_message *call, const char *about);

/* After a change of our own, or one that was refused: as error_reply(). */
int answer_change(struct daemon *daemon,
                  sd_bus_message *call,
                  int result,
                  const struct nfw_report *report,
                  const char *about);

/* A call that has a name as its only argument, which the function of the library takes. */
int answer_change_by_name(struct daemon *daemon,
                          sd_bus_message *call,
                          int (*change)(struct nfw_context *context,
                                        const char *name,
                                        struct nfw_report *report));
