/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/resolvers.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/macros.h"

#define KEYWORD "nameserver"

/* Of the file systems in use FAT counts in the largest steps. */
#define SLOWEST_TICK_S 2

/* The host's own stub: a guest cannot ask it. The unspecified address means the same to resolvers. */
static bool is_stub(const struct nfw_addr *addr) {
        static const uint8_t zero[16];

        if (addr->family == AF_INET)
                return addr->bytes[0] == 127 || memcmp(addr->bytes, zero, 4) == 0;
        return memcmp(addr->bytes, zero, 15) == 0 && addr->bytes[15] <= 1;
}

/* With a zone ("fe80::1%eth0") or without: a server on some link of the host's, not on the guest's. */
static bool is_link_local(const struct nfw_addr *addr) {
        return addr->family == AF_INET6 && addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

static int read_servers(FILE *stream, struct nfw_resolvers_file *file) {
        nfw_cleanup(nfw_freep) char *line = NULL;
        size_t size = 0;
        int r = 0;

        while (r == 0 && getline(&line, &size, stream) >= 0) {
                struct nfw_prefix prefix;
                char *save, *word;

                /* As in resolv.conf(5): the keyword begins the line, and a blank follows it. */
                if (strncmp(line, KEYWORD, strlen(KEYWORD)) != 0 ||
                    !isblank((unsigned char)line[strlen(KEYWORD)]))
                        continue;
                word = strtok_r(line + strlen(KEYWORD), " \t\r\n", &save);
                if (!word || nfw_addr_parse(word, &prefix.addr) != 0 || is_link_local(&prefix.addr))
                        continue;
                if (is_stub(&prefix.addr)) {
                        file->stub = true;
                        continue;
                }
                prefix.length = (uint8_t)(nfw_addr_size(prefix.addr.family) * 8);
                r = nfw_vec_push(&file->servers.vec, prefix);
        }
        return r;
}

static bool is_same(const struct stat *a, const struct stat *b) {
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
               a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
               a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/*
 * Two changes within one tick of the file system's clock have one time. So a file that was changed just before it was
 * read may change again and look the same; it has settled when that tick is over.
 */
static bool has_settled(const struct stat *st) {
        time_t now = time(NULL);

        return st->st_ctim.tv_sec < now - SLOWEST_TICK_S && st->st_mtim.tv_sec < now - SLOWEST_TICK_S;
}

void nfw_resolvers_file_deinit(struct nfw_resolvers_file *file) {
        nfw_prefixes_deinit(&file->servers);
        *file = (struct nfw_resolvers_file){ 0 };
}

int nfw_resolvers_refresh(struct nfw_resolvers_file *file, const char *path) {
        struct nfw_resolvers_file fresh = { 0 };
        struct stat st;
        FILE *stream;
        int r = 0;

        if (file->settled && stat(path, &st) == 0 && is_same(&file->st, &st))
                return 0;

        stream = fopen(path, "re");
        if (!stream && errno == ENOMEM)
                return -ENOMEM;
        if (stream) {
                /* Before reading, so that what is written meanwhile makes a difference. */
                fresh.settled = fstat(fileno(stream), &fresh.st) == 0 && has_settled(&fresh.st);
                r = read_servers(stream, &fresh);
                fclose(stream);
        }
        if (r < 0) {
                nfw_resolvers_file_deinit(&fresh);
                return r;
        }

        nfw_resolvers_file_deinit(file);
        *file = fresh;
        return 0;
}

int nfw_resolvers_of_host(struct nfw_resolvers *resolvers, const struct nfw_prefixes **ret_servers) {
        int r;

        r = nfw_resolvers_refresh(&resolvers->system, "/etc/resolv.conf");
        if (r < 0)
                return r;
        if (!resolvers->system.stub || resolvers->system.servers.vec.n > 0) {
                *ret_servers = &resolvers->system.servers;
                return 0;
        }

        r = nfw_resolvers_refresh(&resolvers->behind_stub, "/run/systemd/resolve/resolv.conf");
        if (r < 0)
                return r;
        *ret_servers = &resolvers->behind_stub.servers;
        return 0;
}

void nfw_resolvers_deinit(struct nfw_resolvers *resolvers) {
        nfw_resolvers_file_deinit(&resolvers->system);
        nfw_resolvers_file_deinit(&resolvers->behind_stub);
}
