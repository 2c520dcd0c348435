/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Events as JSON, which is how programs get them, and what people read. */

#include <jansson.h>
#include <stdio.h>

#include "shared/cli.h"

/* The object that --json prints on a line. NULL when out of memory. */
json_t *event_json(const struct nfw_event *event);

/* Which one such an object is: false where it is none that we know. */
bool event_type_of(const json_t *event, enum nfw_event_type *ret_type);

/* One line: the object itself, which goes to stdout, or with --json not given a sentence. Returns an exit status. */
int event_print(const struct cli *cli, json_t *event, FILE *stream);
