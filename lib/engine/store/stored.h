/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Files of the store: what is not whole or not ours is found out, and gets another name. */

#include <stdbool.h>
#include <stddef.h>

struct nfw_report;

/* The end of names that nothing reads. */
#define NFW_STORED_ASIDE ".damaged"

/*
 * A copy of some other file, behind a line with its sum. Reading: 0, and a 0 behind the data; NFW_E_NOT_FOUND;
 * NFW_E_INVALID for what was not written by nfw_stored_write(); or a negative errno, as writing.
 */
int nfw_stored_read(const char *path, size_t max, char **ret_data, size_t *ret_size);
int nfw_stored_write(const char *path, const char *data, size_t size, bool durable);
/* The octets that a stored copy has more than what it was made of. */
#define NFW_STORED_EXTRA ((size_t)36)

/*
 * Gives it another name, or leaves it where that cannot be; a warning says so. The path is what messages call the file.
 * 0 or a negative errno.
 */
int nfw_stored_set_aside(
        int directory, const char *file, const char *path, const char *hint, struct nfw_report *report);
