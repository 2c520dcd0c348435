/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What an answer holds, as JSON: structures and entries are arrays, so that a table of names makes objects of them. */

#include <jansson.h>

#include <systemd/sd-bus.h>

/* The next complete value of a message. 0 or a negative errno; -EBADMSG for types that we do not exchange. */
int bus_value_read(sd_bus_message *message, json_t **ret_value);
