/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Calls back with the name of each entry of a directory that ends with the suffix (which may be ""), without the suffix
 * and in no order, until the callback returns other than 0; returns that, or a negative errno. A directory that does not
 * exist has none. What the callback removes or adds may come or not. The path is relative to that directory, or AT_FDCWD.
 */
int nfw_directory_foreach(int directory,
                          const char *path,
                          const char *suffix,
                          int (*callback)(const char *name, void *userdata),
                          void *userdata);
