/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "shared/cli.h"

/* Reads a policy from a file, or from standard input for "-". As nfw_policy_read_file(). */
int read_policy(const char *path, struct nfw_report *report, struct nfw_policy **ret_policy);

/*
 * Reads a file, or standard input for "-", as far as a policy may be long and a byte more. 0 or a negative errno; the
 * caller frees the data, which is NULL where there is none and has a NUL behind it that does not count.
 */
int read_text(const char *path, char **ret_data, size_t *ret_size);

/*
 * What the policy of a file is called: "dir/web.yaml" is "web"; only the last suffix goes, and a leading dot starts none.
 * The caller frees it; NULL without memory.
 */
char *read_policy_name(const char *file);

/* What a file is called in messages. */
const char *read_display_name(const char *path);
