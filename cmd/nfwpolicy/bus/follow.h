/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What ports learn from now on, from a descriptor that the daemon writes events to, one object a line. */

#include "shared/watch.h"

struct follow {
        int fd; /* -1: none */
        char *text;
        size_t size; /* that is filled */
};

void follow_close(struct follow *follow);
#define CLEANUP_FOLLOW __attribute__((cleanup(follow_close)))

struct watch_source watch_follow(struct follow *follow);
