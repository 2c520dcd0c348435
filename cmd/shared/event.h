/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

#include "shared/cli.h"

/* One line for an event; with --json one object a line, always on stdout. 0 or an exit status. */
int event_print(const struct cli *cli, const struct nfw_event *event, FILE *stream);
