/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/statistics.h"

#define MAGIC "nfwpolicy-stat1"

_Static_assert(sizeof(MAGIC) == sizeof(((struct nfw_statistics *)0)->magic), "the magic fills its field");

static int statistics_path(const struct nfw_context *context, char **ret_path) {
        nfw_cleanup(nfw_freep) char *directory = NULL;
        int r;

        r = nfw_context_namespace_directory(context, &directory);
        if (r < 0)
                return r;

        return asprintf(ret_path, "%s/learner", directory) < 0 ? -ENOMEM : 0;
}

static int map(int fd, struct nfw_statistics **ret_statistics) {
        struct nfw_statistics *statistics;

        if (ftruncate(fd, 0) < 0 || ftruncate(fd, sizeof(*statistics)) < 0)
                return -errno;

        statistics = mmap(NULL, sizeof(*statistics), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (statistics == MAP_FAILED)
                return -errno;

        memcpy(statistics->magic, MAGIC, sizeof(MAGIC));
        *ret_statistics = statistics;
        return 0;
}

int nfw_statistics_open(const struct nfw_context *context, struct nfw_statistics **ret_statistics, int *ret_fd) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        int r, fd;

        r = statistics_path(context, &path);
        if (r < 0)
                return r;

        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;

        if (flock(fd, LOCK_EX | LOCK_NB) < 0)
                r = errno == EWOULDBLOCK ? NFW_E_IN_USE : -errno;
        else
                r = map(fd, ret_statistics);
        if (r != 0) {
                close(fd);
                return r;
        }

        *ret_fd = fd;
        return 0;
}

void nfw_statistics_close(struct nfw_statistics *statistics, int fd) {
        if (statistics)
                munmap(statistics, sizeof(*statistics));
        if (fd >= 0)
                close(fd);
}

void nfw_statistics_ignore(struct nfw_statistics *statistics, const char *port, const struct nfw_addr *server) {
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

int nfw_statistics_read(const struct nfw_context *context, struct nfw_statistics *ret_statistics, bool *ret_running) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        struct nfw_statistics read = { 0 };
        bool running = false;
        ssize_t n;
        int r, fd;

        r = statistics_path(context, &path);
        if (r < 0)
                return r;

        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0 && errno != ENOENT)
                return -errno;

        if (fd >= 0) {
                running = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
                n = pread(fd, &read, sizeof(read), 0);
                close(fd);
                if (n != (ssize_t)sizeof(read) || memcmp(read.magic, MAGIC, sizeof(MAGIC)) != 0)
                        read = (struct nfw_statistics){ 0 };
                if (read.n_ignored > NFW_MAX_IGNORED)
                        read.n_ignored = NFW_MAX_IGNORED;
        }

        *ret_statistics = read;
        *ret_running = running;
        return 0;
}
