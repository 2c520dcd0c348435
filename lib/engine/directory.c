/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static bool take_name(const char *entry, const char *suffix, char name[static NAME_MAX + 1]) {
        size_t n = strlen(entry), n_suffix = strlen(suffix);

        if (strcmp(entry, ".") == 0 || strcmp(entry, "..") == 0 || n <= n_suffix || n > NAME_MAX ||
            strcmp(entry + n - n_suffix, suffix) != 0)
                return false;
        memcpy(name, entry, n - n_suffix);
        name[n - n_suffix] = '\0';
        return true;
}

int nfw_directory_foreach(int directory,
                          const char *path,
                          const char *suffix,
                          int (*callback)(const char *name, void *userdata),
                          void *userdata) {
        char name[NAME_MAX + 1];
        const struct dirent *entry;
        DIR *stream;
        int r = 0, fd;

        fd = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
        stream = fdopendir(fd);
        if (!stream) {
                r = -errno;
                close(fd);
                return r;
        }
        /* In glibc every stream has a state of its own, and readdir_r() is deprecated. */
        /* cppcheck-suppress readdirCalled */
        while (r == 0 && (entry = readdir(stream))) /* NOLINT(concurrency-mt-unsafe) */
                if (take_name(entry->d_name, suffix, name))
                        r = callback(name, userdata);
        closedir(stream);
        return r;
}
