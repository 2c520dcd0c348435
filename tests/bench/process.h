/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* Runs a program with those arguments to its end, which must be a success, and says how many nanoseconds it took. */
uint64_t process_time(const char *const *arguments);

/* The number behind a word in a file of /proc/PID, or 0. */
unsigned long process_number(pid_t pid, const char *file, const char *word);
