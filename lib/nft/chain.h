/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "nft/batch.h"
#include "nft/compile.h"

/* Where the packets of a direction are seen. */
struct nfw_nft_base_chain {
        const char *name;
        uint32_t hook; /* NF_INET_x, NF_BR_x */
        int32_t priority;
        const char *hook_name;
        const char *priority_name; /* as nft lists it */
};

const struct nfw_nft_base_chain *nfw_nft_base_chain(enum nfw_table table, enum nfw_direction direction);

/* The same for any base chain. */
int nfw_nft_put_base_chain_like(struct nfw_nft_batch *batch,
                                enum nfw_table table,
                                const struct nfw_nft_base_chain *base);
int nfw_nft_put_base_chain(struct nfw_nft_batch *batch, enum nfw_table table, enum nfw_direction direction);
int nfw_nft_put_chain(struct nfw_nft_batch *batch,
                      enum nfw_table table,
                      const char *name,
                      const char *comment,
                      const struct nfw_nft_origin *origin);
int nfw_nft_put_chain_removal(struct nfw_nft_batch *batch,
                              enum nfw_table table,
                              const char *name,
                              const struct nfw_nft_origin *origin);
