/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/* No regular file or memfd, or not open for reading, or on a file system that another program answers for. */
#define READ_FD_NO_FILE 1

/*
 * Reads a file from its beginning, whatever its owner has read already: as much as the library takes for a policy,
 * and a byte more if there is more. Never waits for another program. 0, READ_FD_NO_FILE or a negative errno.
 */
int read_fd(int fd, char **ret_data, size_t *ret_size);
