/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Files as a whole. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* At most max octets, and a 0 behind them: 0, NFW_E_NOT_FOUND, -EFBIG or another negative errno. */
int nfw_file_read(const char *path, size_t max, char **ret_data, size_t *ret_size);
/* Written beside it, and renamed; durable: it survives a crash of the machine. 0 or a negative errno. */
int nfw_file_replace(const char *path, const char *data, size_t size, mode_t mode, bool durable);
/* The same in an open directory; file is a name in it. */
int nfw_file_replace_at(
        int directory, const char *file, const char *data, size_t size, mode_t mode, bool durable);
