/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/statistics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/file.h"

#define MAGIC "nfwpolicy-stat1"

_Static_assert(sizeof(MAGIC) == sizeof(((struct nfw_statistics *)0)->magic), "the magic fills its field");

/*
 * Whether a learner lives is asked with F_OFD_GETLK, which takes no lock: with flock() whoever looks would hold one
 * for a moment, and a learner that starts in it would think that there is another.
 */
#define LEARNER_LOCK(type_)                                                                                  \
        { .l_type = (type_), .l_whence = SEEK_SET }

int nfw_statistics_path(const struct nfw_context *context, char **ret_path) {
        return asprintf(ret_path, "%s/learner", context->directory) < 0 ? -ENOMEM : 0;
}

static int map(int fd, struct nfw_statistics **ret_statistics) {
        struct nfw_statistics *statistics;
        int error;

        if (ftruncate(fd, 0) < 0)
                return -errno;
        /* A page without a place on a full disk would be the end of whoever writes to it. */
        error = posix_fallocate(fd, 0, sizeof(*statistics));
        if (error != 0)
                return -error;

        statistics = mmap(NULL, sizeof(*statistics), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (statistics == MAP_FAILED)
                return -errno;

        memcpy(statistics->magic, MAGIC, sizeof(MAGIC));
        *ret_statistics = statistics;
        return 0;
}

int nfw_statistics_open(const struct nfw_context *context,
                        struct nfw_statistics **ret_statistics,
                        int *ret_fd) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        struct flock lock = LEARNER_LOCK(F_WRLCK);
        int r, fd;

        r = nfw_statistics_path(context, &path);
        if (r < 0)
                return r;

        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;

        if (fcntl(fd, F_OFD_SETLK, &lock) < 0)
                r = errno == EAGAIN || errno == EACCES ? NFW_E_IN_USE : -errno;
        else
                r = map(fd, ret_statistics);
        if (r != 0) {
                close(fd);
                return r;
        }

        *ret_fd = fd;
        return 0;
}

int nfw_statistics_renew(const struct nfw_context *context, struct nfw_statistics **statistics, int *fd) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        struct nfw_statistics *renewed = NULL;
        int r, renewed_fd = -1;

        r = nfw_statistics_path(context, &path);
        if (r < 0 || nfw_file_is_at(path, *fd))
                return r;
        r = nfw_statistics_open(context, &renewed, &renewed_fd);
        if (r != 0 || !renewed)
                return r;
        *renewed = **statistics;
        nfw_statistics_close(*statistics, *fd);
        *statistics = renewed;
        *fd = renewed_fd;
        return 0;
}

void nfw_statistics_close(struct nfw_statistics *statistics, int fd) {
        if (statistics)
                munmap(statistics, sizeof(*statistics));
        if (fd >= 0)
                close(fd);
}

void nfw_statistics_ignore(struct nfw_statistics *statistics,
                           const char *port,
                           const struct nfw_addr *server) {
        struct nfw_ignored *entry;

        for (uint32_t i = 0; i < statistics->n_ignored; i++) {
                entry = &statistics->ignored[i];
                if (nfw_addr_equal(&entry->server, server) && strcmp(entry->port, port) == 0) {
                        entry->n_replies++;
                        return;
                }
        }

        /* A guest can ask as many servers as it likes; what finds no place is counted together. */
        if (statistics->n_ignored == NFW_MAX_IGNORED) {
                entry = &statistics->ignored[NFW_MAX_IGNORED - 1];
                *entry = (struct nfw_ignored){ .server_text = "others", .n_replies = entry->n_replies + 1 };
                strcpy(entry->port, "*");
                return;
        }

        entry = &statistics->ignored[statistics->n_ignored];
        *entry = (struct nfw_ignored){ .server = *server, .n_replies = 1 };
        strncpy(entry->port, port, sizeof(entry->port) - 1);
        nfw_addr_format(server, entry->server_text);
        statistics->n_ignored++;
}

/* Whatever is in the file, what is taken from it is safe to use. */
static void repair(struct nfw_statistics *statistics, ssize_t size) {
        if (size != (ssize_t)sizeof(*statistics) || memcmp(statistics->magic, MAGIC, sizeof(MAGIC)) != 0)
                *statistics = (struct nfw_statistics){ 0 };

        statistics->n_ignored = NFW_MIN(statistics->n_ignored, (uint32_t)NFW_MAX_IGNORED);
        for (uint32_t i = 0; i < statistics->n_ignored; i++) {
                struct nfw_ignored *entry = &statistics->ignored[i];

                entry->port[sizeof(entry->port) - 1] = '\0';
                entry->server_text[sizeof(entry->server_text) - 1] = '\0';
        }
}

static bool is_locked(int fd) {
        struct flock lock = LEARNER_LOCK(F_RDLCK);

        return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_WRLCK;
}

/* *ret_fd is -1 where there has never been a learner. */
static int open_to_read(const struct nfw_context *context, int *ret_fd) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        int r, fd;

        r = nfw_statistics_path(context, &path);
        if (r < 0)
                return r;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0 && errno != ENOENT)
                return -errno;
        *ret_fd = fd;
        return 0;
}

int nfw_statistics_read(const struct nfw_context *context,
                        struct nfw_statistics *ret_statistics,
                        bool *ret_running) {
        struct nfw_statistics read = { 0 };
        bool running = false;
        ssize_t n = 0;
        int r, fd = -1;

        r = open_to_read(context, &fd);
        if (r < 0)
                return r;
        if (fd >= 0) {
                running = is_locked(fd);
                n = pread(fd, &read, sizeof(read), 0);
                close(fd);
        }
        repair(&read, n);

        *ret_statistics = read;
        *ret_running = running;
        return 0;
}

int nfw_statistics_is_running(const struct nfw_context *context, bool *ret_running) {
        int r, fd = -1;

        r = open_to_read(context, &fd);
        if (r < 0)
                return r;
        *ret_running = fd >= 0 && is_locked(fd);
        if (fd >= 0)
                close(fd);
        return 0;
}
