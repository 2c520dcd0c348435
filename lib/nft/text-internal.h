/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The parts that nft's syntax is printed from. */

#include <stdio.h>

#include "nft/set.h"

/* One value or range of a field; size of the range is the field's. */
void nfw_nft_print_range(FILE *stream, const struct nfw_nft_field *field, const struct nfw_range *range);

/* How many elements of the type nft puts into a line. */
size_t nfw_nft_elements_per_line(const struct nfw_nft_set *set);

/* "{ 80, 443 }", in one line or in several lines as within a set's block. 0 or -ENOMEM. */
int nfw_nft_print_elements(FILE *stream,
                           const struct nfw_nft_set *set,
                           const struct nfw_plan_set *plan_set,
                           bool in_block);

/* What stands before the next word: *separator the first time, then a space. */
void nfw_nft_print_separator(FILE *stream, const char **separator);

/* The matches of a rule. 0 or a negative errno. */
int nfw_nft_print_matches(FILE *stream,
                          const struct nfw_plan *plan,
                          enum nfw_direction direction,
                          const struct nfw_plan_rule *rule,
                          const char **separator);
