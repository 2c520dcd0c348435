/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Who may call what. Root and the configured group may do everything; for others the polkit that is on the bus
 * decides. A call waits here until that is known, and then comes to its handler as if it had just arrived, so no
 * handler has to think of it and nobody waits for an administrator who types a password.
 */

#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include <systemd/sd-bus.h>

#include "nfwpolicyd/bus/credentials.h"

struct access_call;

struct access {
        LIST_HEAD(, access_call) calls;
        struct credentials known;
        unsigned int n_asking; /* that wait for polkit */
        gid_t group;           /* (gid_t)-1: none */
};

/* Looks the group up, which may be NULL. 0, or -ENOENT where there is no such group. */
int access_init(struct access *access, const char *group);
/* Another group, from now on. As above; where there is none of that name, all stays as it is. */
int access_set_group(struct access *access, const char *group);

/* Forgets every call that waits, and who was who: on another bus names mean others. */
void access_deinit(struct access *access);

/* The filter for every message; userdata is the struct daemon. */
int access_filter(sd_bus_message *message, void *userdata, sd_bus_error *error);
