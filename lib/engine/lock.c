/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

int nfw_lock_path(const struct nfw_context *context, char **ret_path) {
        return asprintf(ret_path, "%s/lock", context->directory) < 0 ? -ENOMEM : 0;
}

int nfw_lock_acquire(struct nfw_lock *lock, const struct nfw_context *context) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        int r, fd;

        r = nfw_lock_path(context, &path);
        if (r < 0)
                return r;

        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;

        do
                r = flock(fd, LOCK_EX);
        while (r < 0 && errno == EINTR);
        if (r < 0) {
                r = -errno;
                close(fd);
                return r;
        }

        lock->fd = fd;
        return 0;
}

void nfw_lock_release(struct nfw_lock *lock) {
        if (lock->fd >= 0)
                close(lock->fd);
        lock->fd = -1;
}
