/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Files of the store. Each is there twice, under its name and that of its twin. What is not whole or not ours is found
 * out, gets another name, and the other one of the two is used: whatever happens to one file, nothing is lost.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/report.h"

/* The end of the second one's name. */
#define NFW_STORED_TWIN "~"
/* The end of names that nothing reads. */
#define NFW_STORED_ASIDE ".damaged"

/* The name of the twin; the caller frees it. 0 or -ENOMEM. */
int nfw_stored_twin(const char *file, char **ret_twin);
bool nfw_stored_exists(int directory, const char *file);
/* Whether both are there and have the same content. */
bool nfw_stored_is_twofold(int directory, const char *file);

/*
 * Both, each as a whole. The first is on the disk before the second is begun, which is not waited for: a crash leaves one
 * of them whole, and as long as they differ the first one counts. 0 or a negative errno.
 */
int nfw_stored_replace_at(int directory, const char *file, const char *data, size_t size);
/* Sets a directory of that name aside, which nobody reads and no file can replace. 0 or a negative errno. */
int nfw_stored_make_room(int directory, const char *file);
/* Neither is there afterwards; the second one goes first, so that none comes back. 0 or a negative errno. */
int nfw_stored_remove_at(int directory, const char *file);

/*
 * A copy of some other file, behind a line with its sum. Reading one of the two: 0, and a 0 behind the data;
 * NFW_E_NOT_FOUND; NFW_E_INVALID for what was not written by nfw_stored_write(); or a negative errno, as writing both.
 */
int nfw_stored_read(const char *path, size_t max, char **ret_data, size_t *ret_size);
int nfw_stored_write(const char *path, const char *data, size_t size);
/* The octets that a stored copy has more than what it was made of. */
#define NFW_STORED_EXTRA ((size_t)36)

/*
 * Whichever of the two is whole; what is not is set aside, with that hint where neither is. 0, NFW_E_NOT_FOUND or a negative
 * errno.
 */
int nfw_stored_read_either(const char *path,
                           size_t max,
                           const char *lost_hint,
                           struct nfw_report *report,
                           char **ret_data,
                           size_t *ret_size);

/*
 * Gives it another name, or leaves it where that cannot be. What is said of it is as severe as what comes of it, with a hint
 * what to do. The path is what messages call the file. 0 or a negative errno.
 */
int nfw_stored_set_aside(int directory,
                         const char *file,
                         const char *path,
                         enum nfw_severity severity,
                         const char *hint,
                         struct nfw_report *report);
/* The hint for one of two. */
#define NFW_STORED_OTHER_IS_WHOLE "nothing is lost: it is there twice, and the other one is whole"
