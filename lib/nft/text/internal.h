/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The parts that nft's syntax is printed from. */

#include <stdio.h>

#include "nft/set.h"

/* One value or range of a field; size of the range is the field's. */
void nfw_nft_print_range(FILE *stream, const struct nfw_nft_field *field, const struct nfw_range *range);

/* The same where the field has no name in nft: in hexadecimal. */
void nfw_nft_print_raw_range(FILE *stream, const struct nfw_nft_field *field, const struct nfw_range *range);
/* A mask, or a value that belongs to one. */
void nfw_nft_print_bits(FILE *stream, const struct nfw_nft_field *field, const uint8_t *bits);
/* "syn,ack" */
void nfw_nft_print_tcp_flags(FILE *stream, uint8_t flags);
/* "sack", or the number. */
void nfw_nft_print_tcp_option(FILE *stream, uint8_t kind);
/* "@nh,48,16": what nft calls a field that it does not know in this rule. */
void nfw_nft_print_raw_field(FILE *stream, const struct nfw_nft_field *field);

/* How many elements of the type nft puts into a line. */
size_t nfw_nft_elements_per_line(const struct nfw_nft_set *set);

/* "{ 80, 443 }", in one line or in several lines as within a set's block. 0 or -ENOMEM. */
int nfw_nft_print_elements(FILE *stream,
                           const struct nfw_nft_set *set,
                           const struct nfw_plan_set *plan_set,
                           bool in_block);

/* A set with its elements (plan_set may be NULL), and a chain, as they stand in a table. 0 or a negative errno. */
int nfw_nft_print_set(FILE *stream, const struct nfw_nft_set *set, const struct nfw_plan_set *plan_set);
int nfw_nft_print_chain(FILE *stream, const struct nfw_plan *plan, const struct nfw_plan_chain *chain);

/* What stands before the next word: *separator the first time, then a space. */
void nfw_nft_print_separator(FILE *stream, const char **separator);

/* The matches of a rule. 0 or a negative errno. */
int nfw_nft_print_matches(FILE *stream,
                          const struct nfw_plan *plan,
                          enum nfw_direction direction,
                          const struct nfw_plan_rule *rule,
                          const char **separator);
