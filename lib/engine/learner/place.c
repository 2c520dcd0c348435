/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "engine/file.h"
#include "engine/learner/learner.h"
#include "engine/lock.h"
#include "engine/state.h"
#include "engine/statistics.h"

/* That its attributes change is how the kernel tells that a file was taken away while it is open. */
static int watch(const struct nfw_learner *learner, const char *path, uint32_t events) {
        return inotify_add_watch(learner->inotify_fd, path, events | IN_ATTRIB) < 0 ? -errno : 0;
}

/* Closing the lock after a change is the sign that there is something new to follow. */
static int open_lock(struct nfw_learner *learner) {
        int r, fd;

        if (learner->lock_fd >= 0 && nfw_file_is_at(learner->lock_path, learner->lock_fd))
                return 0;
        fd = open(learner->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        r = watch(learner, learner->lock_path, IN_CLOSE_WRITE);
        if (r < 0) {
                close(fd);
                return r;
        }
        if (learner->lock_fd >= 0)
                close(learner->lock_fd);
        learner->lock_fd = fd;
        return 0;
}

static int renew_statistics(struct nfw_learner *learner) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        int r;

        r = nfw_statistics_path(learner->context, &path);
        if (r == 0)
                r = nfw_statistics_renew(learner->context, &learner->statistics, &learner->statistics_fd);
        return r == 0 ? watch(learner, path, 0) : r;
}

int nfw_learner_open_place(struct nfw_learner *learner) {
        int r;

        learner->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (learner->inotify_fd < 0)
                return -errno;
        r = nfw_lock_path(learner->context, &learner->lock_path);
        if (r == 0)
                r = open_lock(learner);
        return r == 0 ? renew_statistics(learner) : r;
}

int nfw_learner_keep_place(struct nfw_learner *learner) {
        int r;

        r = nfw_state_prepare(learner->context, NULL);
        if (r == 0)
                r = open_lock(learner);
        if (r == 0)
                r = renew_statistics(learner);
        /* What cannot be made now is tried again the next time; learning goes on. */
        return r == -ENOMEM ? r : 0;
}

/* Nearly always it is there, and learning an address takes a few microseconds. */
int nfw_learner_keep_lock(struct nfw_learner *learner) {
        return nfw_file_is_at(learner->lock_path, learner->lock_fd) ? 0 : nfw_learner_keep_place(learner);
}
