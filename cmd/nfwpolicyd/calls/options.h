/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The options of a call, a{sv}, as a table: where a value goes and of which type it is. */

#include <stddef.h>
#include <stdint.h>

#include <systemd/sd-bus.h>

/* What a file is called in messages. */
#define CALL_MAX_FILE 4096

struct call_option {
        const char *key;
        const char *
                type; /* s: const char * of the message's; b: int; u: uint32_t; as: char **, as list_free() frees it */
        size_t offset;
        uint32_t max; /* of numbers, which begin with 1; of octets of a text, 0 being as many as there are */
};

/* Whoever gives an option counts on it, so one that is not known is refused. 0, or what the handler is to return. */
int call_options_read(sd_bus_message *call, const struct call_option *known, size_t n_known, void *options);
