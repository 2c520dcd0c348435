/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Directories that others define filters and networks in. What they write there the kernel does not tell. */

#include <stdbool.h>

#include <systemd/sd-event.h>

struct daemon;

#define PLACES_N 2

struct places {
        struct place {
                struct daemon *daemon;
                const char *path;
                sd_event_source *source;
                bool is_there; /* else it is waited for where it will be made */
        } items[PLACES_N];
};

/* Looks again at what is defined whenever something there has changed, as far as that is told. */
void places_follow(struct daemon *daemon);
void places_deinit(struct places *places);
