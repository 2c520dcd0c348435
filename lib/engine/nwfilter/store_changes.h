/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Which files of some directories have changed since they were looked at last, so that not all of them are. */

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"

struct nfw_file_change {
        size_t directory;
        char *name; /* without the suffix */
};

struct nfw_watched_directory {
        const char *suffix;
        int watch; /* -1: it is not watched, since it is not there yet */
        bool all;  /* what has changed in it is not known */
};

struct nfw_file_changes {
        int fd; /* -1: to be opened */
        NFW_VEC(struct nfw_watched_directory) directories;
        NFW_VEC(struct nfw_file_change) changes;
};

#define NFW_FILE_CHANGES_INIT                                                                                \
        { .fd = -1 }

void nfw_file_changes_deinit(struct nfw_file_changes *changes);

/* Its number is the next one from 0; the suffix is borrowed. 0 or a negative errno. */
int nfw_file_changes_add(struct nfw_file_changes *changes, const char *suffix);
/* Has it watched; where it is not there, nothing of it is known. 0 or a negative errno. */
int nfw_file_changes_watch(struct nfw_file_changes *changes, size_t directory, const char *path);
/* Takes what has happened up to now. 0 or a negative errno. */
int nfw_file_changes_read(struct nfw_file_changes *changes);
/* All of it was followed; or something of it was not, and everything is to be looked at next time. */
void nfw_file_changes_done(struct nfw_file_changes *changes, bool followed);
