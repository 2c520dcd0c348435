/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "shared/cli.h"

/* Reads a policy from a file, or from standard input for "-". As nfw_policy_read_file(). */
int read_policy(const char *path, struct nfw_report *report, struct nfw_policy **ret_policy);

/* What a file is called in messages. */
const char *read_display_name(const char *path);
