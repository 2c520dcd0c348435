/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* nfwpolicyd with those arguments, its path first and NULL last; the nanoseconds until it has said that it is ready. */
uint64_t daemon_start(const char *const *arguments, pid_t *ret_child);
