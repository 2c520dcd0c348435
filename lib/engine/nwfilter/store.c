/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/nwfilter/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/directory.h"
#include "engine/file.h"
#include "engine/lock.h"
#include "engine/nwfilter/state.h"
#include "engine/store/stored.h"

/* Times of files are as old as the kernel's last tick: what is older than this is not written again at the same time. */
#define SETTLED_NS 100000000

/* The largest file is a set with 65,536 elements of three parts. */
#define SIZE_MAX_COPIED ((size_t)16 * 1024 * 1024)

/* What refers to others stands behind them: a crash leaves nothing that refers to what is not there. */
static const struct {
        const char *directory;
        const char *suffix;
        const char *twins; /* where the names of the second ones end */
        const char *hint;  /* where both are not whole */
} kinds[] = {
        { NFW_NWFILTER_RECORDS, NFW_NWFILTER_RECORDS_SUFFIX, NFW_NWFILTER_RECORDS_SUFFIX NFW_STORED_TWIN,
          "what is defined now is in force" },
        { NFW_NWFILTER_SETS, NFW_NWFILTER_SETS_SUFFIX, NFW_NWFILTER_SETS_SUFFIX NFW_STORED_TWIN,
          "add to the set what was in it" },
        { NFW_NWFILTER_BINDINGS, NFW_NWFILTER_BINDINGS_SUFFIX, NFW_NWFILTER_BINDINGS_SUFFIX NFW_STORED_TWIN,
          "bind the port again: it is under no filter" },
};

struct copying {
        char *from, *to; /* directories */
        size_t kind;
        struct nfw_report *report;
};

static void copying_deinit(struct copying *copying) {
        free(copying->from);
        free(copying->to);
}

static int copying_init(struct copying *copying, const char *from, const char *to, size_t kind) {
        copying->kind = kind;
        if (asprintf(&copying->from, "%s/%s", from, kinds[kind].directory) < 0) {
                copying->from = NULL;
                return -ENOMEM;
        }
        if (asprintf(&copying->to, "%s/%s", to, kinds[kind].directory) < 0) {
                copying->to = NULL;
                return -ENOMEM;
        }
        return 0;
}

static bool is_settled(const struct stat *st) {
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        return (now.tv_sec - st->st_mtim.tv_sec) * 1000000000LL + now.tv_nsec - st->st_mtim.tv_nsec >
               SETTLED_NS;
}

static bool is_same_time(const struct stat *a, const struct stat *b) {
        return a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int make_paths(const struct copying *copying, const char *name, char **ret_source, char **ret_target) {
        nfw_cleanup(nfw_freep) char *source = NULL;

        if (asprintf(&source, "%s/%s%s", copying->from, name, kinds[copying->kind].suffix) < 0) {
                source = NULL;
                return -ENOMEM;
        }
        if (asprintf(ret_target, "%s/%s%s", copying->to, name, kinds[copying->kind].suffix) < 0) {
                *ret_target = NULL;
                return -ENOMEM;
        }
        *ret_source = nfw_steal(source);
        return 0;
}

/* A copy has the time of what it was made from, so that what has not changed is not read. */
static bool is_copy(const char *path, const struct stat *from) {
        struct stat st;

        return stat(path, &st) == 0 && is_same_time(from, &st) &&
               from->st_size + (off_t)NFW_STORED_EXTRA == st.st_size;
}

static void set_time(const char *path, const struct stat *from) {
        (void)utimensat(AT_FDCWD, path, (const struct timespec[]){ from->st_mtim, from->st_mtim }, 0);
}

static int save_one(const char *name, void *userdata) {
        nfw_cleanup(nfw_freep) char *source = NULL, *target = NULL, *twin = NULL, *data = NULL, *old = NULL;
        const struct copying *copying = userdata;
        struct stat from;
        size_t size, old_size;
        int r;

        r = make_paths(copying, name, &source, &target);
        if (r == 0)
                r = nfw_stored_twin(target, &twin);
        if (r < 0)
                return r;
        if (stat(source, &from) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (is_settled(&from) && is_copy(target, &from) && is_copy(twin, &from))
                return 0;
        r = nfw_file_read(source, SIZE_MAX_COPIED, &data, &size);
        if (r != 0)
                return r == NFW_E_NOT_FOUND || nfw_file_is_bad(r) ? 0 : r;
        if (!nfw_stored_is_twofold(AT_FDCWD, target) ||
            nfw_stored_read(target, SIZE_MAX_COPIED, &old, &old_size) != 0 || old_size != size ||
            memcmp(old, data, size) != 0)
                r = nfw_stored_write(target, data, size);
        if (r == 0) {
                set_time(target, &from);
                set_time(twin, &from);
        }
        return r;
}

/* What is there already rules. */
static int adopt_one(const char *name, void *userdata) {
        nfw_cleanup(nfw_freep) char *source = NULL, *target = NULL, *data = NULL;
        const struct copying *copying = userdata;
        size_t size;
        int r;

        r = make_paths(copying, name, &source, &target);
        if (r < 0)
                return r;
        if (access(target, F_OK) == 0)
                return 0;
        r = nfw_stored_read_either(source, SIZE_MAX_COPIED, kinds[copying->kind].hint, copying->report, &data,
                                   &size);
        if (r != 0)
                return r < 0 ? r : 0;
        return nfw_file_replace(target, data, size, 0644, false);
}

static int remove_if_gone(const char *name, void *userdata) {
        nfw_cleanup(nfw_freep) char *source = NULL, *target = NULL;
        const struct copying *copying = userdata;
        int r;

        r = make_paths(copying, name, &source, &target);
        if (r < 0)
                return r;
        return access(source, F_OK) == 0 || errno != ENOENT ? 0 : nfw_stored_remove_at(AT_FDCWD, target);
}

static int make_target(const struct copying *copying) {
        struct stat st;

        if (stat(copying->from, &st) == 0 && mkdir(copying->to, 0755) < 0 && errno != EEXIST)
                return -errno;
        return 0;
}

/* One of the two may be all that there is. */
static int foreach_stored(const char *path,
                          size_t kind,
                          int (*callback)(const char *name, void *userdata),
                          struct copying *copying) {
        int r = nfw_directory_foreach(AT_FDCWD, path, kinds[kind].suffix, callback, copying);

        return r < 0 ? r : nfw_directory_foreach(AT_FDCWD, path, kinds[kind].twins, callback, copying);
}

/* Those that may have changed: all of them, or what the changes say. */
static int foreach_changed(struct copying *copying,
                           const struct nfw_file_changes *changes,
                           size_t kind,
                           const char *path,
                           int (*callback)(const char *name, void *userdata)) {
        int r = 0;

        if (changes->directories.items[kind].all)
                return foreach_stored(path, kind, callback, copying);
        nfw_vec_foreach (change, &changes->changes)
                if (change->directory == kind && r == 0)
                        r = callback(change->name, copying);
        return r;
}

static int watch(struct nfw_context *context, struct nfw_file_changes *changes) {
        int r = 0;

        for (size_t kind = 0; kind < NFW_ARRAY_SIZE(kinds) && r == 0; kind++) {
                nfw_cleanup(nfw_freep) char *path = NULL;

                if (changes->directories.n == kind)
                        r = nfw_file_changes_add(changes, kinds[kind].suffix);
                if (r == 0 && asprintf(&path, "%s/%s", context->directory, kinds[kind].directory) < 0) {
                        path = NULL;
                        r = -ENOMEM;
                }
                if (r == 0)
                        r = nfw_file_changes_watch(changes, kind, path);
        }
        return r;
}

static int save(struct nfw_context *context, const char *directory, const struct nfw_file_changes *changes) {
        int r = 0;

        for (size_t kind = 0; kind < NFW_ARRAY_SIZE(kinds) && r == 0; kind++) {
                nfw_cleanup(copying_deinit) struct copying copying = { 0 };

                r = copying_init(&copying, context->directory, directory, kind);
                if (r == 0)
                        r = make_target(&copying);
                if (r == 0)
                        r = foreach_changed(&copying, changes, kind, copying.from, save_one);
        }
        for (size_t kind = NFW_ARRAY_SIZE(kinds); kind-- > 0 && r == 0;) {
                nfw_cleanup(copying_deinit) struct copying copying = { 0 };

                r = copying_init(&copying, context->directory, directory, kind);
                if (r == 0)
                        r = foreach_changed(&copying, changes, kind, copying.to, remove_if_gone);
        }
        return r;
}

int nfw_nwfilters_save(struct nfw_context *context, const char *directory, struct nfw_file_changes *changes) {
        int r;

        r = watch(context, changes);
        if (r == 0)
                r = nfw_file_changes_read(changes);
        if (r == 0)
                r = save(context, directory, changes);
        nfw_file_changes_done(changes, r == 0);
        return r;
}

int nfw_nwfilters_adopt(struct nfw_context *context, const char *directory, struct nfw_report *report) {
        struct nfw_lock lock = NFW_LOCK_INIT;
        int r;

        r = nfw_lock_acquire(&lock, context);
        for (size_t kind = 0; kind < NFW_ARRAY_SIZE(kinds) && r == 0; kind++) {
                nfw_cleanup(copying_deinit) struct copying copying = { .report = report };

                r = copying_init(&copying, directory, context->directory, kind);
                if (r == 0)
                        r = make_target(&copying);
                if (r == 0)
                        r = foreach_stored(copying.from, kind, adopt_one, &copying);
        }
        nfw_lock_release(&lock);
        return r;
}
