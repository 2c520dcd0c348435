/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/calls/read_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

/* One byte more than the library accepts is enough to let the library refuse it. */
#define MAX_SIZE ((size_t)16 * 1024 * 1024 + 1)

static bool is_readable_at_once(int fd) {
        struct statfs system;
        struct stat file;
        int flags = fcntl(fd, F_GETFL);

        if (flags < 0 || (flags & O_PATH) || (flags & O_ACCMODE) == O_WRONLY)
                return false;
        if (fstat(fd, &file) < 0 || !S_ISREG(file.st_mode))
                return false;
        return fstatfs(fd, &system) == 0 && (unsigned long)system.f_type != FUSE_SUPER_MAGIC;
}

/* 0, or a negative errno; the file may become shorter or longer meanwhile. */
static int read_all(int fd, char *data, size_t max, size_t *ret_size) {
        size_t size = 0;

        while (size < max) {
                ssize_t n = pread(fd, data + size, max - size, (off_t)size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                size += (size_t)n;
        }
        *ret_size = size;
        return 0;
}

int read_fd(int fd, char **ret_data, size_t *ret_size) {
        struct stat file;
        char *data;
        size_t max;
        int r;

        if (!is_readable_at_once(fd))
                return READ_FD_NO_FILE;
        if (fstat(fd, &file) < 0)
                return -errno;
        max = file.st_size < (off_t)MAX_SIZE ? (size_t)file.st_size : MAX_SIZE;
        data = malloc(max + 1);
        if (!data)
                return -ENOMEM;
        r = read_all(fd, data, max, ret_size);
        if (r < 0) {
                free(data);
                return r;
        }
        *ret_data = data;
        return 0;
}
