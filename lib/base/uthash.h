/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * uthash as this library needs it: no exit() when memory is short, the failed insertion can be seen instead; and
 * of its hash functions one without a switch that falls through, which clang warns of. Keys that others choose are
 * hashed with nfw_siphash() and the _BYHASHVALUE variants.
 *
 * Chains of up to ten entries, as uthash has them, are as many cache misses; a larger table costs a pointer each.
 */

#define HASH_NONFATAL_OOM                 1
#define HASH_FUNCTION(key_, size_, hash_) HASH_OAT(key_, size_, hash_)
#define HASH_BKT_CAPACITY_THRESH          2U
#include <uthash.h>
