/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What every table of ours has, whatever the policies: the table, the two base chains with their verdict maps,
 * and the sets of what differs from port to port.
 */

#include "ir/ir.h"
#include "nft/batch.h"

#define NFW_NFT_TABLE "nfwpolicy"

/* NFPROTO_INET or NFPROTO_BRIDGE. */
uint8_t nfw_nft_nfproto(enum nfw_table table);
/* "inet" or "bridge". */
const char *nfw_nft_family_name(enum nfw_table table);
/* "egress" or "ingress": the verdict map that finds a port's policy. */
const char *nfw_nft_map_name(enum nfw_direction direction);
/* "resolvers4", "local6", …; family is AF_INET or AF_INET6. */
const char *nfw_nft_parameter_set_name(enum nfw_parameter parameter, uint8_t family);

/* Adds the table and everything fixed in it. Only where there is none of that name: the kernel refuses it else. */
int nfw_nft_put_table(struct nfw_nft_batch *batch, enum nfw_table table);
int nfw_nft_put_table_removal(struct nfw_nft_batch *batch, enum nfw_table table);
