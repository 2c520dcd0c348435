/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/*
 * How many sockets listen to nf_tables' notifications, in whatever network namespace: with one of them (`nft monitor`,
 * for example) the kernel writes a notification for every element that anybody changes, and everything measured here
 * takes longer.
 */
size_t listeners_count(void);
