/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/nwfilter/store_changes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Files are renamed to their names when they are complete. */
#define EVENTS (IN_MOVED_TO | IN_DELETE | IN_ONLYDIR)

static void forget(struct nfw_file_changes *changes) {
        nfw_vec_foreach (change, &changes->changes)
                free(change->name);
        changes->changes.n = 0;
}

void nfw_file_changes_deinit(struct nfw_file_changes *changes) {
        forget(changes);
        nfw_vec_deinit(&changes->changes);
        nfw_vec_deinit(&changes->directories);
        if (changes->fd >= 0)
                close(changes->fd);
        changes->fd = -1;
}

int nfw_file_changes_add(struct nfw_file_changes *changes, const char *suffix) {
        const struct nfw_watched_directory directory = { .suffix = suffix, .watch = -1, .all = true };

        return nfw_vec_push(&changes->directories, directory);
}

int nfw_file_changes_watch(struct nfw_file_changes *changes, size_t directory, const char *path) {
        struct nfw_watched_directory *watched = &changes->directories.items[directory];

        if (watched->watch >= 0)
                return 0;
        if (changes->fd < 0)
                changes->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        /* Without it everything is looked at, which is slower and no worse. */
        if (changes->fd >= 0)
                watched->watch = inotify_add_watch(changes->fd, path, EVENTS);
        watched->all = true;
        return 0;
}

static int take_name(struct nfw_file_changes *changes, size_t directory, const char *file) {
        const char *suffix = changes->directories.items[directory].suffix;
        struct nfw_file_change change = { .directory = directory };
        size_t n = strlen(file), n_suffix = strlen(suffix);
        int r;

        if (n <= n_suffix || strcmp(file + n - n_suffix, suffix) != 0)
                return 0;
        change.name = strndup(file, n - n_suffix);
        r = change.name ? nfw_vec_push(&changes->changes, change) : -ENOMEM;
        if (r < 0)
                free(change.name);
        return r;
}

static int take(struct nfw_file_changes *changes, const struct inotify_event *event) {
        for (size_t i = 0; i < changes->directories.n; i++) {
                struct nfw_watched_directory *watched = &changes->directories.items[i];

                if (event->mask & IN_Q_OVERFLOW)
                        watched->all = true;
                if (event->wd != watched->watch || event->wd < 0)
                        continue;
                if (event->mask & IN_IGNORED) {
                        watched->watch = -1;
                        watched->all = true;
                }
                return event->len > 0 ? take_name(changes, i, event->name) : 0;
        }
        return 0;
}

int nfw_file_changes_read(struct nfw_file_changes *changes) {
        _Alignas(struct inotify_event) char events[4096];
        ssize_t n;
        int r = 0;

        while (changes->fd >= 0 && r == 0 && (n = read(changes->fd, events, sizeof(events))) > 0)
                for (ssize_t at = 0; at < n && r == 0;) {
                        const struct inotify_event *event = (const void *)(events + at);

                        r = take(changes, event);
                        at += (ssize_t)(sizeof(*event) + event->len);
                }
        return r;
}

void nfw_file_changes_done(struct nfw_file_changes *changes, bool followed) {
        forget(changes);
        nfw_vec_foreach (directory, &changes->directories)
                directory->all = !followed || directory->watch < 0;
}
