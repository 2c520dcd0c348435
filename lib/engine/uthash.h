/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* uthash as this library needs it: no exit() when memory is short, the failed insertion can be seen instead. */

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
