/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The fixed things in the table of filters. */

#include "nft/chain.h"
#include "nft/filter/filter.h"
#include "nft/set.h"

#define NFW_NFT_FILTER_ID    "/id"
#define NFW_NFT_FILTER_PORTS "/ports"

const struct nfw_nft_base_chain *nfw_nft_filter_base_chain(enum nfw_filter_layer layer,
                                                           enum nfw_direction direction);
/* What the chain that a base chain leads to is called, behind the filter's name. */
const char *nfw_nft_filter_entry(enum nfw_filter_layer layer, enum nfw_direction direction);
/* -ENAMETOOLONG where the name does not fit. */
int nfw_nft_filter_marker_init(struct nfw_nft_marker *marker, const char *name, const char *id);
int nfw_nft_filter_ports_init(struct nfw_nft_marker *ports, const char *name);
