/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What our tables and the fixed things in them are called. */

#include "ir/ir.h"

/* The comment of every table of ours begins with it, whatever the table is called. */
#define NFW_NFT_OWNER          "nfwpolicy"

#define NFW_NFT_TABLE_DEFAULT  "nfwpolicy"
#define NFW_NFT_TABLE_NAME_MAX 64

/*
 * A letter, then letters, digits, '.', '_' and '-', none of nft's own words, with which it could not list the table, and
 * not what the table of network filters has at its end.
 */
bool nfw_nft_table_name_is_valid(const char *name);

/* NFPROTO_INET or NFPROTO_BRIDGE. */
uint8_t nfw_nft_nfproto(enum nfw_table table);
/* "inet" or "bridge". */
const char *nfw_nft_family_name(enum nfw_table table);
/* "egress" or "ingress": the verdict map that finds a port's policy. */
const char *nfw_nft_map_name(enum nfw_direction direction);
/* "resolvers4", "local6", …; family is AF_INET or AF_INET6. */
const char *nfw_nft_parameter_set_name(enum nfw_parameter parameter, uint8_t family);
bool nfw_nft_is_parameter_set(const char *name);
/* "tcp_udp" and others: what is the same in all policies. */
bool nfw_nft_is_constant_set(const char *name);
