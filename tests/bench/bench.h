/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What every benchmark begins with and how it gives up. */

#include <stdint.h>

#include "base/macros.h"

/* Exit status by which meson knows a benchmark that cannot run here. */
#define BENCH_SKIP 77

/* Where the library keeps its state: a file system of the program's own, gone when it ends. */
#define BENCH_STATE "/mnt"

/* A network namespace and a mount namespace of its own, which end with the program however it ends. */
void bench_begin(void);

/* It could not be measured. */
_Noreturn void bench_fail(const char *format, ...) nfw_printf(1, 2);

/* Fails where r is not 0, with the name of what was tried. */
void bench_check(int r, const char *what);

/* Nanoseconds of a clock that only goes forward. */
uint64_t bench_now(void);

void bench_sleep_ms(unsigned int ms);
