/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/state.h"

/* Cuts the path where it cannot be made, for the message. */
static int make_directories(char *path) {
        for (char *end = path; end; *end = '/') {
                end = strchr(end + 1, '/');
                if (!end)
                        break;
                *end = '\0';
                if (mkdir(path, 0755) < 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
                        return -errno;
        }
        return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

int nfw_state_prepare(const struct nfw_context *context, struct nfw_report *report) {
        nfw_cleanup(nfw_freep) char *path = NULL, *ours = NULL;
        int r, error;

        path = strdup(context->state_directory);
        if (!path)
                return -ENOMEM;

        error = make_directories(path);
        if (error == 0)
                error = nfw_context_namespace_directory(context, &ours);
        if (error == 0 || error == -ENOMEM)
                return error;

        r = nfw_report_error(report,
                             "state/directory",
                             NULL,
                             "choose a directory for the state where this user may write",
                             "the state directory `%s` cannot be used: %s: %s",
                             context->state_directory,
                             path,
                             strerror(-error));
        if (r < 0)
                return r;
        return error == -EPERM ? -EACCES : error;
}
