/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/directory.h"
#include "engine/file.h"
#include "engine/nwfilter/store.h"
#include "engine/store/store.h"
#include "engine/store/stored.h"

#define COPY_MARK "stored"
#define TELLING   "store"

/* A path, and what goes before it. */
#define TELLING_MAX 8192

static int path_of(const struct nfw_context *context, const char *file, char **ret_path) {
        if (asprintf(ret_path, "%s/%s", context->directory, file) < 0) {
                *ret_path = NULL;
                return -ENOMEM;
        }
        return 0;
}

/* Another namespace may have had the number that the directory is named after. */
static void format_mark(const struct nfw_context *context, char mark[static NFW_ID_MAX]) {
        nfw_record_format_id(context->nft ? nfw_nft_socket_namespace(context->nft) : 0, mark);
}

bool nfw_store_is_copy(const struct nfw_store *store) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        char mark[NFW_ID_MAX], found[NFW_ID_MAX] = "";
        int fd;

        if (path_of(store->context, COPY_MARK, &path) < 0)
                return false;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0)
                return false;
        if (read(fd, found, sizeof(found) - 1) < 0)
                found[0] = '\0';
        close(fd);
        format_mark(store->context, mark);
        return strcmp(found, mark) == 0;
}

bool nfw_store_has_held(const struct nfw_store *store) {
        nfw_vec_foreach (policy, &store->known)
                if (policy->is_held)
                        return true;
        nfw_vec_foreach (binding, &store->bindings)
                if (binding->is_held)
                        return true;
        return false;
}

int nfw_store_mark_copy(const struct nfw_store *store) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        char mark[NFW_ID_MAX];
        int r, fd;

        r = path_of(store->context, COPY_MARK, &path);
        if (r < 0 || nfw_store_is_copy(store) || nfw_store_has_held(store))
                return r;
        format_mark(store->context, mark);
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        errno = EIO; /* a short write says nothing */
        r = write(fd, mark, strlen(mark)) == (ssize_t)strlen(mark) ? 0 : -errno;
        close(fd);
        return r;
}

/* --- how it goes ---------------------------------------------------------------------------------------------- */

/* "ERRNO PATH", the path with all that may be in it. */
void nfw_store_tell(struct nfw_store *store, int result) {
        nfw_cleanup(nfw_freep) char *path = NULL, *place = NULL, *text = NULL;
        int error = result < 0 ? -result : 0, n;

        if (path_of(store->context, TELLING, &path) < 0 || (error == store->told && access(path, F_OK) == 0))
                return;
        place = realpath(store->path, NULL);
        n = asprintf(&text, "%d %s", error, place ? place : store->path);
        if (n < 0)
                text = NULL;
        if (text && nfw_file_replace(path, text, (size_t)n, 0600, false) == 0)
                store->told = error;
}

int nfw_store_hear(const struct nfw_context *context, char **ret_path, int *ret_error) {
        nfw_cleanup(nfw_freep) char *path = NULL, *text = NULL;
        char *end;
        size_t size;
        long error;
        int r;

        r = path_of(context, TELLING, &path);
        if (r == 0)
                r = nfw_file_read(path, TELLING_MAX, &text, &size);
        if (r != 0)
                return r > 0 || nfw_file_is_bad(r) ? NFW_E_NOT_FOUND : r;
        error = strtol(text, &end, 10);
        /* Whatever is in the file, what is taken from it is safe to use. */
        if (end == text || end[0] != ' ' || end[1] != '/' || error < 0 || error > 4095)
                return NFW_E_NOT_FOUND;
        *ret_path = strdup(end + 1);
        if (!*ret_path)
                return -ENOMEM;
        *ret_error = (int)error;
        return 0;
}

/* --- what was set aside --------------------------------------------------------------------------------------- */

struct looking {
        const char *directory;
        int (*callback)(const char *file, void *userdata);
        void *userdata;
};

static int take_aside(const char *name, void *userdata) {
        const struct looking *looking = userdata;
        nfw_cleanup(nfw_freep) char *file = NULL;

        if (asprintf(&file, "%s/%s" NFW_STORED_ASIDE, looking->directory, name) < 0) {
                file = NULL;
                return -ENOMEM;
        }
        return looking->callback(file, looking->userdata);
}

int nfw_store_foreach_aside(const char *path,
                            int (*callback)(const char *file, void *userdata),
                            void *userdata) {
        static const char *const directories[] = { "",
                                                   "/policies",
                                                   "/networks",
                                                   "/" NFW_NWFILTER_RECORDS,
                                                   "/" NFW_NWFILTER_SETS,
                                                   "/" NFW_NWFILTER_BINDINGS };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(directories); i++) {
                nfw_cleanup(nfw_freep) char *directory = NULL;
                struct looking looking = { .callback = callback, .userdata = userdata };
                int r;

                if (asprintf(&directory, "%s%s", path, directories[i]) < 0) {
                        directory = NULL;
                        return -ENOMEM;
                }
                looking.directory = directory;
                r = nfw_directory_foreach(AT_FDCWD, directory, NFW_STORED_ASIDE, take_aside, &looking);
                /* What cannot be looked into has nothing to tell. */
                if (r > 0 || r == -ENOMEM)
                        return r;
        }
        return 0;
}
