/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/policies.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "shared/cleanup.h"
#include "shared/diagnostics.h"
#include "shared/read.h"

static int load_file(struct nfw_context *context, const char *path, struct nfw_report *report) {
        CLEANUP(text) char *name = read_policy_name(path);
        CLEANUP(policy) struct nfw_policy *policy = NULL;
        CLEANUP(load) struct nfw_load *load = NULL;
        struct stat st;
        int r;

        if (!name)
                return -ENOMEM;
        if (stat(path, &st) < 0)
                return -errno;
        /* Whoever is to write into a pipe is not waited for. */
        if (!S_ISREG(st.st_mode))
                return S_ISDIR(st.st_mode) ? -EISDIR : -EBADFD;
        r = nfw_policy_read_file(path, report, &policy);
        if (r == 0)
                r = nfw_load_new(policy, name, &load);
        if (r != 0)
                return r;
        nfw_load_set_require_learner(load, false); /* it is us */
        return nfw_load_commit(context, load, report);
}

static int load_files(const struct cli *cli, struct nfw_context *context, const glob_t *files) {
        for (size_t i = 0; i < files->gl_pathc; i++) {
                CLEANUP(report) struct nfw_report *report = NULL;
                const char *path = files->gl_pathv[i];
                int r;

                r = nfw_report_new(&report);
                if (r == 0)
                        r = load_file(context, path, report);
                if (r == -EPERM || r == -ENOMEM)
                        return diagnostics_finish(cli, report, r, path);
                if (r == -EBADFD)
                        (void)cli_error(cli, "%s: it is no regular file", path);
                else if (r != 0)
                        (void)diagnostics_finish(cli, report, r, path);
                else
                        diagnostics_print(cli, report);
        }
        return CLI_EXIT_FINE;
}

int policies_load(const struct cli *cli, struct nfw_context *context, const char *directory) {
        CLEANUP(text) char *pattern = NULL;
        glob_t files = { 0 };
        int r;

        if (asprintf(&pattern, "%s/*.{yaml,json}", directory) < 0) {
                pattern = NULL;
                return cli_failure(cli, -ENOMEM, directory);
        }
        r = glob(pattern, GLOB_BRACE, NULL, &files);
        if (r == 0)
                r = load_files(cli, context, &files);
        else
                r = r == GLOB_NOMATCH ? CLI_EXIT_FINE
                                      : cli_failure(cli, r == GLOB_NOSPACE ? -ENOMEM : -EIO, directory);
        globfree(&files);
        return r;
}
