/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Tables that look as virsh prints them, for the commands that have its names: scripts read them. */

#include <jansson.h>
#include <stddef.h>

#include "shared/cli.h"

/* cells has n_rows rows of n_columns texts. With --quiet there is no header, as with virsh. */
void virsh_table_print(const struct cli *cli,
                       const char *const *titles,
                       size_t n_columns,
                       const char *const *cells,
                       size_t n_rows);

/* The same from an array of objects that have texts, or nothing, for the keys. Returns an exit status. */
int virsh_table_print_json(const struct cli *cli,
                           const char *const *titles,
                           const char *const *keys,
                           size_t n_columns,
                           const json_t *array);

/* A sentence on what was done and an empty line, unless --quiet or --json. */
__attribute__((format(printf, 2, 3))) void virsh_say(const struct cli *cli, const char *format, ...);

/* A text of many lines as it is, but for what could drive a terminal. */
void virsh_put_text(const char *text);
