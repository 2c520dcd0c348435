/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/objects/places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "nfwpolicyd/daemon.h"
#include "shared/cleanup.h"
#include "shared/world.h"

#define MAX_TRIES 3

#define IS_GONE   (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)
#define CHANGES   (IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF)
#define ARRIVAL   (IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)

static int follow(struct place *place);

static int take_change(sd_event_source *source, const struct inotify_event *event, void *userdata) {
        struct place *place = userdata;

        (void)source;
        /* A full queue is a change as well. */
        if (!place->is_there || (event->mask & IS_GONE))
                (void)follow(place);
        refresh_soon(place->daemon);
        return 0;
}

static int watch(struct place *place, const char *path, uint32_t mask) {
        return sd_event_add_inotify(place->daemon->event, &place->source, path, mask | IN_ONLYDIR,
                                    take_change, place);
}

/* What is above it: false where that is the root itself. */
static bool ascend(char *path) {
        char *slash = strrchr(path, '/');

        if (!slash || slash == path)
                return false;
        *slash = '\0';
        return true;
}

static int follow(struct place *place) {
        int r = -EAGAIN;

        /* It may be made just before what is above it is watched. */
        for (int i = 0; i < MAX_TRIES && r == -EAGAIN; i++) {
                CLEANUP(text) char *path = strdup(place->path);

                if (!path)
                        return -ENOMEM;
                place->source = sd_event_source_disable_unref(place->source);
                r = watch(place, path, CHANGES);
                place->is_there = r >= 0;
                while (r == -ENOENT && ascend(path))
                        r = watch(place, path, ARRIVAL);
                if (r >= 0 && !place->is_there && access(place->path, F_OK) == 0)
                        r = -EAGAIN;
        }
        return r < 0 ? r : 0;
}

void places_follow(struct daemon *daemon) {
        const char *const paths[PLACES_N] = {
                daemon->arguments->filters ? daemon->arguments->filters : NFW_NWFILTER_DIRECTORY,
                daemon->arguments->networks ? daemon->arguments->networks : WORLD_NETWORK_DIRECTORY,
        };

        for (size_t i = 0; i < PLACES_N; i++) {
                struct place *place = &daemon->places.items[i];
                int r;

                *place = (struct place){ .daemon = daemon, .path = paths[i] };
                r = follow(place);
                /* Without it some changes are seen later, which is no reason not to start. */
                if (r < 0)
                        cli_error(daemon->cli, "%s: changes there are not noticed: %s", paths[i],
                                  strerror(-r));
        }
}

void places_deinit(struct places *places) {
        for (size_t i = 0; i < PLACES_N; i++)
                sd_event_source_disable_unref(places->items[i].source);
}
