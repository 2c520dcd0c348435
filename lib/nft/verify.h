/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ir/plan.h"
#include "nft/socket.h"

/*
 * Compares a plan with what the kernel holds of that policy. 0, or NFW_E_DIFFERS and one diagnostic for every
 * difference (code "kernel/…"), or a negative errno. Counters, grants and handles do not count.
 */
int nfw_nft_verify_plan(struct nfw_nft_socket *nft, const struct nfw_plan *plan, struct nfw_report *report);

/* The same for what the table has whatever the policies; what is no policy's is somebody else's. */
int nfw_nft_verify_table(struct nfw_nft_socket *nft, enum nfw_table table, struct nfw_report *report);
