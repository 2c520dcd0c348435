/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the packet tests in C share: a network namespace of the program's own, which ends with it, and commands
 * in it.
 */

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Call it first in main(). Who may not make namespaces runs no test and says so. */
static inline void enter_namespace(void) {
        if (unshare(CLONE_NEWNET) < 0) {
                printf("1..0 # SKIP network namespaces need root\n");
                exit(0);
        }
        if (system("ip link set lo up") != 0)
                exit(1);
}

/* Runs a shell command; the test is over when it fails. */
#define run(command_) assert_int_equal(system(command_), 0)
