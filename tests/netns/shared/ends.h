/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The far ends of links, where a test sends and receives frames. Errors end the program. */

#include <stdbool.h>
#include <stddef.h>

/* Says what went wrong, with errno. */
_Noreturn void ends_fail(const char *what);

/* Makes the links by shell commands, and binds the program to one processor: what it sends passes in that order. */
void ends_make(const char *const commands[], size_t n);

/* A packet socket. Of one that receives, reading never waits, and what it has sent itself does not come back. */
int ends_open(const char *interface, bool receives);
