/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Somebody who waits at a terminal is told after a second that the command still works. What is said goes to stderr,
 * once, and only where that is a terminal.
 */

#include "shared/cli.h"

struct progress;

/* Begins to count. NULL where there is nobody to tell, or no way to. */
struct progress *progress_start(const struct cli *cli);
/* What follows may take as long as it likes. NULL is fine. */
void progress_pause(const struct progress *progress);
/* Ends it. NULL is fine. Returns NULL. */
struct progress *progress_stop(struct progress *progress);
