/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ir/plan/plan.h"
#include "nft/network/network.h"
#include "nft/socket.h"

/*
 * Compares one plan after the other, of one table, with what the kernel holds of their policies; plan NULL stands for
 * what the table has whatever the policies, and what is no policy's is somebody else's. What all of them need is read
 * once, as long as nobody changes the ruleset. The report is borrowed. Returns as the calls below.
 */
struct nfw_nft_verifier;

int nfw_nft_verifier_new(struct nfw_nft_socket *nft,
                         enum nfw_table table,
                         struct nfw_report *report,
                         struct nfw_nft_verifier **ret_verifier);
struct nfw_nft_verifier *nfw_nft_verifier_free(struct nfw_nft_verifier *verifier);
NFW_DEFINE_CLEANUP(struct nfw_nft_verifier, nfw_nft_verifier_free)
/* Networks belong to what a table has whatever the policies: of bridge those whose ports are guarded. Borrowed. */
void nfw_nft_verifier_set_networks(struct nfw_nft_verifier *verifier,
                                   const struct nfw_nft_networks *networks);
int nfw_nft_verifier_compare(struct nfw_nft_verifier *verifier, const struct nfw_plan *plan);

/*
 * Compares a plan with what the kernel holds of that policy. 0, or NFW_E_DIFFERS and one diagnostic for every
 * difference (code "kernel/…"), or a negative errno. Counters, grants and handles do not count.
 */
int nfw_nft_verify_plan(struct nfw_nft_socket *nft, const struct nfw_plan *plan, struct nfw_report *report);

/* The same for what the table has whatever the policies; what is no policy's is somebody else's. */
int nfw_nft_verify_table(struct nfw_nft_socket *nft, enum nfw_table table, struct nfw_report *report);
