/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/store/stored.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/file.h"
#include "engine/record/header.h"

#define MAGIC "nfwpolicy-stored 1 "

/* So many of one name are kept; whoever has more of them has other worries. */
#define MAX_ASIDE 16

_Static_assert(NFW_STORED_EXTRA == sizeof(MAGIC) - 1 + NFW_RECORD_SUM_MAX - 1 + 1, "the line and its end");

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

int nfw_stored_write(const char *path, const char *data, size_t size, bool durable) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        char sum[NFW_RECORD_SUM_MAX];
        int r;

        text = malloc(NFW_STORED_EXTRA + size + 1);
        if (!text)
                return -ENOMEM;
        nfw_record_sum(data, size, sum);
        (void)snprintf(text, NFW_STORED_EXTRA + 1, MAGIC "%s\n", sum);
        memcpy(text + NFW_STORED_EXTRA, data, size);
        r = nfw_file_replace(path, text, NFW_STORED_EXTRA + size, 0600, durable);
        /* There is a directory of that name, which nobody reads. */
        if (r != -EISDIR && r != -ENOTEMPTY && r != -EEXIST)
                return r;
        r = nfw_stored_set_aside(AT_FDCWD, path, path, NULL, NULL);
        return r < 0 ? r : nfw_file_replace(path, text, NFW_STORED_EXTRA + size, 0600, durable);
}

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

int nfw_stored_set_aside(
        int directory, const char *file, const char *path, const char *hint, struct nfw_report *report) {
        nfw_cleanup(nfw_freep) char *aside = NULL;
        const char *name;
        int r;

        r = move(directory, file, &aside);
        if (r < 0)
                return r;
        if (!aside)
                return nfw_report_warning(
                        report, "state/set-aside", NULL, hint,
                        "`%s` was written by something else or only in part: it is not read", path);
        name = strrchr(aside, '/');
        return nfw_report_warning(report, "state/set-aside", NULL, hint,
                                  "`%s` was written by something else or only in part; it is now `%s`", path,
                                  name ? name + 1 : aside);
}
