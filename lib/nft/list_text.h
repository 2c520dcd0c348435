/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Cuts what is a policy's out of what nft lists. */

#include <stdbool.h>
#include <stddef.h>

/*
 * Calls back for each object of a listing of a table, such as "set", "web-ports" and its text, which begins with its
 * line and ends behind that of its closing brace. What stands between objects is left out. The callback returns 0 or a
 * negative errno.
 */
int nfw_nft_list_foreach(
        const char *listing,
        int (*callback)(const char *kind, const char *name, const char *text, size_t size, void *userdata),
        void *userdata);
