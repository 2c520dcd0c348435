/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

#include "ir/plan/plan.h"

/*
 * A plan in the syntax of nft, complete with the table and the base chains, as `nft list` would show it and
 * `nft -c -f` accepts it. 0 or a negative errno.
 */
int nfw_nft_print_plan(const struct nfw_plan *plan, const char *table_name, FILE *stream);
