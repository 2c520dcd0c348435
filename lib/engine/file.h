/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Files as a whole. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct nfw_report;

/*
 * At most max octets of a regular file, and a 0 behind them. Nothing is waited for: what is none, is -EBADFD, or -EISDIR.
 * 0, NFW_E_NOT_FOUND, -EFBIG or another negative errno.
 */
int nfw_file_read(const char *path, size_t max, char **ret_data, size_t *ret_size);
/* Whether what is open there is what the path leads to: files are taken away and made anew. */
bool nfw_file_is_at(const char *path, int fd);
/* Whether it is the file's fault, so that others may still be read: it is too long, no file, or not for us. */
bool nfw_file_is_bad(int r);
/* That it is bad, as an error. NFW_E_INVALID or a negative errno. */
int nfw_file_report_bad(struct nfw_report *report, const char *code, const char *path, int error);
/*
 * Written beside it, and renamed; durable: it survives a crash of the machine. The mode is what it gets, whatever the
 * process's mask. 0 or a negative errno.
 */
int nfw_file_replace(const char *path, const char *data, size_t size, mode_t mode, bool durable);
/* The same in an open directory; file is a name in it. */
int nfw_file_replace_at(
        int directory, const char *file, const char *data, size_t size, mode_t mode, bool durable);
