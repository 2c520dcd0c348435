/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Sets that administrators fill and network filters look into: their elements, as a whole. */

#include "ir/plan/plan.h"
#include "nft/socket.h"

/* The elements of the set, which exists by then, in place of what it had. 0 or a negative errno. */
int nfw_nft_put_named_set_elements(struct nfw_nft_batch *batch, const struct nfw_plan_set *set);
int nfw_nft_put_named_set_removal(struct nfw_nft_batch *batch, const char *name);

/* Whether the kernel's set has these elements and no others. 0 or a negative errno. */
int nfw_nft_compare_named_set(struct nfw_nft_socket *nft, const struct nfw_plan_set *set, bool *ret_same);
