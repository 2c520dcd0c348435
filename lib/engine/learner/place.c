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

/* Closing the lock after a change is the sign that there is something new to follow. */
int nfw_learner_open_lock(struct nfw_learner *learner) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        int r, fd;

        r = nfw_lock_path(learner->context, &path);
        if (r < 0 || (learner->lock_fd >= 0 && nfw_file_is_at(path, learner->lock_fd)))
                return r;
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        /* The second is how the kernel tells that it was taken away. */
        if (inotify_add_watch(learner->inotify_fd, path, IN_CLOSE_WRITE | IN_ATTRIB) < 0) {
                r = -errno;
                close(fd);
                return r;
        }
        if (learner->lock_fd >= 0)
                close(learner->lock_fd);
        learner->lock_fd = fd;
        return 0;
}

int nfw_learner_keep_place(struct nfw_learner *learner) {
        int r;

        r = nfw_state_prepare(learner->context, NULL);
        if (r == 0)
                r = nfw_learner_open_lock(learner);
        if (r == 0)
                r = nfw_statistics_renew(learner->context, &learner->statistics, &learner->statistics_fd);
        /* What cannot be made now is tried again the next time; learning goes on. */
        return r == -ENOMEM ? r : 0;
}
