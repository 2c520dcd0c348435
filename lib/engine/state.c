/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* Where that fails, the path is cut behind the directory that it failed for. */
static int make_directories(char *path) {
        for (char *end = strchr(path + 1, '/'); end; end = strchr(end + 1, '/')) {
                *end = '\0';
                if (mkdir(path, 0755) < 0 && errno != EEXIST)
                        return -errno;
                *end = '/';
        }
        return 0;
}

int nfw_state_prepare(const struct nfw_context *context, struct nfw_report *report) {
        nfw_cleanup(nfw_freep) char *path = NULL, *ours = NULL;
        int r, error;

        if (asprintf(&path, "%s/.", context->state_directory) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        /* Nearly always it is there, and attaching a port takes a few microseconds. */
        if (access(path, W_OK | X_OK) == 0)
                return 0;
        path[strlen(path) - strlen("/.")] = '\0';

        error = make_directories(path);
        if (error == 0)
                error = nfw_context_namespace_directory(context, &ours);
        if (error == 0 || error == -ENOMEM)
                return error;

        r = nfw_report_error(report, "state/directory", NULL,
                             "choose a state directory (--state-directory) that can be made and written to",
                             "the state cannot be kept in `%s`: %s", path, nfw_strerror(-error));
        if (r < 0)
                return r;
        return error == -EPERM ? -EACCES : error;
}
