/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

static int make_directory(const char *path) {
        struct stat st;

        if (mkdir(path, 0755) == 0)
                return 0;
        if (errno != EEXIST || stat(path, &st) < 0)
                return -errno;
        return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

/* Where that fails, the path is cut behind the directory that it failed for. */
static int make_directories(char *path) {
        for (char *end = strchr(path + 1, '/'); end; end = strchr(end + 1, '/')) {
                int r;

                *end = '\0';
                r = make_directory(path);
                if (r < 0)
                        return r;
                *end = '/';
        }
        return 0;
}

int nfw_state_prepare(const struct nfw_context *context, struct nfw_report *report) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        int r, error;

        /* Nearly always it is there, and attaching a port takes a few microseconds. */
        if (access(context->directory, W_OK | X_OK) == 0)
                return 0;

        if (asprintf(&path, "%s/", context->directory) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        error = make_directories(path);
        if (error == 0)
                return 0;

        r = nfw_report_error(report, "state/directory", NULL,
                             "choose a state directory (--state-directory) that can be made and written to",
                             "the state cannot be kept in `%s`: %s", path, nfw_strerror(-error));
        if (r < 0)
                return r;
        return error == -EPERM ? -EACCES : error;
}
