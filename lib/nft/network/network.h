/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Virtual networks in the inet table: chains of their own that are there only while a network runs. Networks are data:
 * what is looked at per packet are bridges and prefixes in sets, and chains for the few ways in which they differ.
 */

#include "network/network.h"
#include "nft/batch.h"
#include "nft/dump.h"
#include "nft/image/image.h"

/* Whether an object of our table is the networks', and no policy's. */
bool nfw_nft_is_network_object(const char *name);

/* The networks that run, by name; borrowed. Open ones have no rules. */
struct nfw_nft_networks {
        const struct nfw_network *const *items;
        size_t n;
};

/* Whether any of them needs the table. */
bool nfw_nft_networks_need_table(const struct nfw_nft_networks *networks);

/* All that they need; the table is there, and nothing of theirs in it. 0 or a negative errno. */
int nfw_nft_put_networks(struct nfw_nft_batch *batch, const struct nfw_nft_networks *networks);
/* Takes out what the snapshot has found. */
int nfw_nft_put_networks_removal(struct nfw_nft_batch *batch, const struct nfw_nft_network_objects *objects);
/* The same of any table, where nothing else refers to these objects. */
int nfw_nft_put_network_objects_removal(struct nfw_nft_batch *batch,
                                        enum nfw_table table,
                                        const struct nfw_nft_network_objects *objects);
/* Calls back for each chain that they have, until the callback returns other than 0; returns that. */
int nfw_nft_foreach_network_chain(const struct nfw_nft_networks *networks,
                                  int (*callback)(const char *chain, void *userdata),
                                  void *userdata);

/*
 * In the bridge table, for networks whose ports are to be under a policy: ports of their bridges that are under none
 * pass nothing. A device that a network names as its way out is no guest's. As above; the table is there.
 */
int nfw_nft_put_network_guard(struct nfw_nft_batch *batch, const struct nfw_nft_networks *networks);
int nfw_nft_put_network_guard_removal(struct nfw_nft_batch *batch,
                                      const struct nfw_nft_network_objects *objects);
int nfw_nft_foreach_guard_chain(const struct nfw_nft_networks *networks,
                                int (*callback)(const char *chain, void *userdata),
                                void *userdata);
