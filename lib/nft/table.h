/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What every table of ours has, whatever the policies: the table, the two base chains with their verdict maps,
 * the sets of what differs from port to port, and
 * those of what is the same in all policies.
 */

#include "ir/ir.h"
#include "nft/batch.h"

/* Adds the table and everything fixed in it. Only where there is none of that name: the kernel refuses it else. */
int nfw_nft_put_table(struct nfw_nft_batch *batch, enum nfw_table table);
/* The table alone, with nothing in it. */
int nfw_nft_put_bare_table(struct nfw_nft_batch *batch, enum nfw_table table);
int nfw_nft_put_table_removal(struct nfw_nft_batch *batch, enum nfw_table table);
