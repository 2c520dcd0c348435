/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/store/stored.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "engine/file.h"
#include "engine/record/header.h"

#define MAGIC "nfwpolicy-stored 1 "

/* So many of one name are kept; whoever has more of them has other worries. */
#define MAX_ASIDE 16

_Static_assert(NFW_STORED_EXTRA == sizeof(MAGIC) - 1 + NFW_RECORD_SUM_MAX - 1 + 1, "the line and its end");

int nfw_stored_twin(const char *file, char **ret_twin) {
        if (asprintf(ret_twin, "%s" NFW_STORED_TWIN, file) < 0) {
                *ret_twin = NULL;
                return -ENOMEM;
        }
        return 0;
}

bool nfw_stored_exists(int directory, const char *file) {
        struct stat st;

        return fstatat(directory, file, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A regular file, or a negative errno. */
static int open_regular(int directory, const char *file, struct stat *ret_st) {
        int fd = openat(directory, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

        if (fd < 0)
                return -errno;
        if (fstat(fd, ret_st) == 0 && S_ISREG(ret_st->st_mode))
                return fd;
        close(fd);
        return -EBADFD;
}

static bool have_same_content(int a, int b, off_t size) {
        char ours[4096], theirs[sizeof(ours)];

        for (off_t at = 0; at < size;) {
                ssize_t n = pread(a, ours, sizeof(ours), at);

                if (n <= 0 || pread(b, theirs, (size_t)n, at) != n || memcmp(ours, theirs, (size_t)n) != 0)
                        return false;
                at += n;
        }
        return true;
}

bool nfw_stored_is_twofold(int directory, const char *file) {
        nfw_cleanup(nfw_freep) char *twin = NULL;
        struct stat a = { 0 }, b = { 0 };
        bool is = false;
        int first, second;

        if (nfw_stored_twin(file, &twin) < 0)
                return false;
        first = open_regular(directory, file, &a);
        second = open_regular(directory, twin, &b);
        if (first >= 0 && second >= 0)
                is = a.st_size == b.st_size && have_same_content(first, second, a.st_size);
        if (first >= 0)
                close(first);
        if (second >= 0)
                close(second);
        return is;
}

/* --- writing ------------------------------------------------------------------------------------------------- */

int nfw_stored_make_room(int directory, const char *file) {
        struct stat st;

        if (fstatat(directory, file, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
                return 0;
        return nfw_stored_set_aside(directory, file, file, NFW_SEVERITY_WARNING, NULL, NULL);
}

static int replace(int directory, const char *file, const char *data, size_t size, bool durable) {
        int r = nfw_stored_make_room(directory, file);

        return r < 0 ? r : nfw_file_replace_at(directory, file, data, size, 0600, durable);
}

int nfw_stored_replace_at(int directory, const char *file, const char *data, size_t size) {
        nfw_cleanup(nfw_freep) char *twin = NULL;
        int r;

        r = nfw_stored_twin(file, &twin);
        if (r == 0)
                r = replace(directory, file, data, size, true);
        return r < 0 ? r : replace(directory, twin, data, size, false);
}

static int remove_one(int directory, const char *file) {
        /* Nobody reads a directory. */
        return unlinkat(directory, file, 0) == 0 || errno == ENOENT || errno == EISDIR ? 0 : -errno;
}

int nfw_stored_remove_at(int directory, const char *file) {
        nfw_cleanup(nfw_freep) char *twin = NULL;
        int r;

        r = nfw_stored_twin(file, &twin);
        if (r == 0)
                r = remove_one(directory, twin);
        return r < 0 ? r : remove_one(directory, file);
}

/* --- what is copied from the state directory ------------------------------------------------------------------ */

int nfw_stored_read(const char *path, size_t max, char **ret_data, size_t *ret_size) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        char line[NFW_STORED_EXTRA + 1] = MAGIC;
        size_t size;
        int r;

        r = nfw_file_read(path, max + NFW_STORED_EXTRA, &text, &size);
        if (nfw_file_is_bad(r))
                return NFW_E_INVALID;
        if (r != 0)
                return r;
        if (size < NFW_STORED_EXTRA)
                return NFW_E_INVALID;
        size -= NFW_STORED_EXTRA;
        nfw_record_sum(text + NFW_STORED_EXTRA, size, line + strlen(MAGIC));
        strcat(line, "\n");
        if (memcmp(text, line, NFW_STORED_EXTRA) != 0)
                return NFW_E_INVALID;
        memmove(text, text + NFW_STORED_EXTRA, size + 1);
        *ret_data = nfw_steal(text);
        *ret_size = size;
        return 0;
}

/* Of a path, its directory and its name in there. 0 or a negative errno; the caller closes the first. */
static int open_directory_of(const char *path, int *ret_directory, const char **ret_file) {
        nfw_cleanup(nfw_freep) char *copy = strdup(path);
        const char *slash = strrchr(path, '/');

        if (!copy)
                return -ENOMEM;
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): writes to the copy only */
        *ret_directory = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        *ret_file = slash ? slash + 1 : path;
        return *ret_directory < 0 ? -errno : 0;
}

int nfw_stored_write(const char *path, const char *data, size_t size) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        char sum[NFW_RECORD_SUM_MAX];
        const char *file;
        int r, directory;

        text = malloc(NFW_STORED_EXTRA + size + 1);
        if (!text)
                return -ENOMEM;
        nfw_record_sum(data, size, sum);
        (void)snprintf(text, NFW_STORED_EXTRA + 1, MAGIC "%s\n", sum);
        memcpy(text + NFW_STORED_EXTRA, data, size);
        r = open_directory_of(path, &directory, &file);
        if (r < 0)
                return r;
        r = nfw_stored_replace_at(directory, file, text, NFW_STORED_EXTRA + size);
        close(directory);
        return r;
}

int nfw_stored_read_either(const char *path,
                           size_t max,
                           const char *lost_hint,
                           struct nfw_report *report,
                           char **ret_data,
                           size_t *ret_size) {
        nfw_cleanup(nfw_freep) char *twin = NULL, *data = NULL;
        int r, first, second;
        size_t size = 0;

        r = nfw_stored_twin(path, &twin);
        if (r < 0)
                return r;
        first = nfw_stored_read(path, max, ret_data, ret_size);
        if (first <= 0)
                return first;
        second = nfw_stored_read(twin, max, &data, &size);
        if (second < 0)
                return second;
        /* A link that leads nowhere is found nowhere, and is there. */
        if (nfw_stored_exists(AT_FDCWD, path))
                r = nfw_stored_set_aside(AT_FDCWD, path, path,
                                         second == 0 ? NFW_SEVERITY_WARNING : NFW_SEVERITY_ERROR,
                                         second == 0 ? NFW_STORED_OTHER_IS_WHOLE : lost_hint, report);
        if (r == 0 && second != 0 && nfw_stored_exists(AT_FDCWD, twin))
                r = nfw_stored_set_aside(AT_FDCWD, twin, twin, NFW_SEVERITY_ERROR, lost_hint, report);
        if (r < 0 || second != 0)
                return r < 0 ? r : NFW_E_NOT_FOUND;
        *ret_data = nfw_steal(data);
        *ret_size = size;
        return 0;
}

/* --- what is not whole --------------------------------------------------------------------------------------- */

/* 0 with the new name, NULL where there is none; or -ENOMEM. */
static int move(int directory, const char *file, char **ret_aside) {
        for (int i = 1; i <= MAX_ASIDE; i++) {
                char *aside;
                int n = i == 1 ? asprintf(&aside, "%s" NFW_STORED_ASIDE, file)
                               : asprintf(&aside, "%s.%d" NFW_STORED_ASIDE, file, i);

                if (n < 0)
                        return -ENOMEM;
                if (renameat(directory, file, directory, aside) == 0) {
                        *ret_aside = aside;
                        return 0;
                }
                free(aside);
                /* A directory has that name, and this is none, or the other way round. */
                if (errno != EISDIR && errno != ENOTDIR && errno != ENOTEMPTY && errno != EEXIST)
                        break;
        }
        *ret_aside = NULL;
        return 0;
}

int nfw_stored_set_aside(int directory,
                         const char *file,
                         const char *path,
                         enum nfw_severity severity,
                         const char *hint,
                         struct nfw_report *report) {
        nfw_cleanup(nfw_freep) char *aside = NULL;
        const char *name;
        int r;

        r = move(directory, file, &aside);
        if (r < 0)
                return r;
        if (!aside)
                return nfw_report_add(report, severity, "state/set-aside", NULL, hint,
                                      "`%s` was written by something else or only in part: it is not read",
                                      path);
        name = strrchr(aside, '/');
        return nfw_report_add(report, severity, "state/set-aside", NULL, hint,
                              "`%s` was written by something else or only in part; it is now `%s`", path,
                              name ? name + 1 : aside);
}
