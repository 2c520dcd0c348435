/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "engine/record/record.h"

static int read_all(int fd, size_t max, char **ret_data, size_t *ret_size) {
        nfw_cleanup(nfw_freep) char *data = NULL;
        size_t size = 0, room = 0;

        for (;;) {
                ssize_t n;

                if (size + 1 >= room) {
                        char *more = realloc(data, room = room ? 2 * room : 4096);

                        if (!more)
                                return -ENOMEM;
                        data = more;
                }
                n = read(fd, data + size, room - size - 1);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                size += (size_t)n;
                if (size > max)
                        return -EFBIG;
        }
        data[size] = '\0';
        *ret_data = nfw_steal(data);
        *ret_size = size;
        return 0;
}

static int check_regular(int fd, size_t max) {
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return S_ISDIR(st.st_mode) ? -EISDIR : -EBADFD;
        return st.st_size > 0 && (uintmax_t)st.st_size > max ? -EFBIG : 0;
}

int nfw_file_read(const char *path, size_t max, char **ret_data, size_t *ret_size) {
        int fd, r;

        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (fd < 0)
                return errno == ENOENT || errno == ENOTDIR ? NFW_E_NOT_FOUND : -errno;
        r = check_regular(fd, max);
        if (r == 0)
                r = read_all(fd, max, ret_data, ret_size);
        close(fd);
        return r;
}

bool nfw_file_is_at(const char *path, int fd) {
        struct stat there, opened;

        return stat(path, &there) == 0 && fstat(fd, &opened) == 0 && there.st_dev == opened.st_dev &&
               there.st_ino == opened.st_ino;
}

bool nfw_file_is_bad(int r) {
        static const int errors[] = { EFBIG, EISDIR, EBADFD, ELOOP, ENXIO, EACCES, EIO, ENAMETOOLONG };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(errors); i++)
                if (r == -errors[i])
                        return true;
        return false;
}

int nfw_file_report_bad(struct nfw_report *report, const char *code, const char *path, int error) {
        int r;

        r = nfw_report_error(report, code, NULL, NULL, "`%s` cannot be read: %s", path,
                             error == -EBADFD || error == -ENXIO ? "it is no regular file"
                                                                 : nfw_strerror(error));
        return r < 0 ? r : NFW_E_INVALID;
}

static int write_all(int fd, const char *data, size_t size) {
        while (size > 0) {
                ssize_t n = write(fd, data, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                data += n;
                size -= (size_t)n;
        }
        return 0;
}

int nfw_file_replace_at(
        int directory, const char *file, const char *data, size_t size, mode_t mode, bool durable) {
        nfw_cleanup(nfw_freep) char *temporary = NULL;
        int fd, r;

        if (asprintf(&temporary, "%s" NFW_RECORD_UNFINISHED, file) < 0) {
                temporary = NULL;
                return -ENOMEM;
        }
        fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                    mode);
        if (fd < 0)
                return -errno;
        /* Whoever writes it, a command or a service with a mask of its own, and whatever was left there. */
        r = fchmod(fd, mode) < 0 ? -errno : write_all(fd, data, size);
        if (r == 0 && durable && fsync(fd) < 0)
                r = -errno;
        if (close(fd) < 0 && r == 0)
                r = -errno;
        if (r == 0 && renameat(directory, temporary, directory, file) < 0)
                r = -errno;
        if (r < 0) {
                (void)unlinkat(directory, temporary, 0);
                return r;
        }
        return durable && fsync(directory) < 0 ? -errno : 0;
}

int nfw_file_replace(const char *path, const char *data, size_t size, mode_t mode, bool durable) {
        nfw_cleanup(nfw_freep) char *copy = NULL;
        const char *slash = strrchr(path, '/');
        int directory, r;

        if (!durable)
                return nfw_file_replace_at(AT_FDCWD, path, data, size, mode, false);
        copy = strdup(path);
        if (!copy)
                return -ENOMEM;
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): writes to the copy only */
        directory = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0)
                return -errno;
        r = nfw_file_replace_at(directory, slash ? slash + 1 : path, data, size, mode, true);
        close(directory);
        return r;
}
