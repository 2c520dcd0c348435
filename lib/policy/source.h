/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The bytes of a file, before anybody asks what they mean. */

#include "base/report.h"

/*
 * Reads a file, pipe or device to its end; the caller frees the source, which has a zero behind its end.
 * 0; NFW_E_REFUSED where there are more than max octets; or a negative errno.
 */
int nfw_source_read(const char *path, size_t max, char **ret_source, size_t *ret_size);

/* Sets line and column of the octet at the offset; everything before it is UTF-8. */
void nfw_source_locate(const char *source, size_t offset, struct nfw_pos *pos);
