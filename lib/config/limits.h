/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What may be asked for, in a file or by a call, and what is done where nothing is asked for. Times in seconds. */

#define NFW_MIN_TTL_DEFAULT     5
#define NFW_MIN_TTL_LIMIT       (24 * 60 * 60)
#define NFW_MAX_TTL_DEFAULT     (24 * 60 * 60)
#define NFW_MAX_TTL_LIMIT       (7 * 24 * 60 * 60)
#define NFW_MAX_NAMES_DEFAULT   10000
#define NFW_MAX_NAMES_LIMIT     1000000
#define NFW_NFLOG_GROUP_DEFAULT 28262
