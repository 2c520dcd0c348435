/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

/* Runs a program with those arguments to its end, which must be a success, and says how many nanoseconds it took. */
uint64_t process_time(const char *const *arguments);
