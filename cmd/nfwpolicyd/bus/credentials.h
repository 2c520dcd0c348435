/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Who is calling: what the bus says of a connection. That is what it was when the connection was made, and a bus gives
 * no name twice, so what was heard once holds.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <systemd/sd-bus.h>

#define CREDENTIALS_MAX 32

/* The last callers; the oldest make room. */
struct credentials {
        struct credentials_entry {
                char sender[32]; /* as ":1.42"; longer ones are asked for each time */
                uid_t user;
                bool privileged;
        } entries[CREDENTIALS_MAX];

        unsigned int n;
};

/*
 * From the answer to GetConnectionCredentials: 1 root or in the group, 0 neither, or a negative errno. The user is
 * (uid_t)-1 where the bus does not say.
 */
int credentials_read(sd_bus_message *answer, gid_t group, uid_t *ret_user);

void credentials_forget(struct credentials *known);
void credentials_remember(struct credentials *known, const char *sender, uid_t user, bool privileged);

/* 1 root or in the group, 0 neither, or -ENOENT. */
int credentials_recall(const struct credentials *known, const char *sender, uid_t *ret_user);
