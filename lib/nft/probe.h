/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "nft/socket.h"

/*
 * Whether the bridge family has connection tracking (nf_conntrack_bridge, Linux 5.3), by a batch that is rolled
 * back. 0 and *ret_has, or a negative errno.
 */
int nfw_nft_probe_bridge_conntrack(struct nfw_nft_socket *nft, bool *ret_has);

/* The same for the name of the bridge that a port belongs to (nft_meta_bridge). */
int nfw_nft_probe_bridge_name(struct nfw_nft_socket *nft, bool *ret_has);

/* The same for answers to what is not let through (nft_reject_bridge). */
int nfw_nft_probe_bridge_reject(struct nfw_nft_socket *nft, bool *ret_has);
