/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

#include <systemd/sd-bus.h>

struct daemon;

#define OBJECTS_N_KINDS 4

/* What the bus library hands back when it asks for the objects of one kind. */
struct objects {
        struct object_kind {
                struct daemon *daemon;
                size_t kind;
        } kinds[OBJECTS_N_KINDS];
};

/* An object for each policy, port, filter and network in the daemon's model. 0 or a negative errno. */
int objects_add(struct daemon *daemon, sd_bus *bus);
