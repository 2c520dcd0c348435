/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The parts that the rules of networks are made of. */

#include "nft/network/network.h"
#include "nft/set.h"

#define NFW_NFT_NETWORK_CHAIN_MAX 32

/* The base chains, and those that others jump to. */
#define NFW_NFT_NETWORK_FORWARD "network_forward"
#define NFW_NFT_NETWORK_INPUT   "network_input"
#define NFW_NFT_NETWORK_OUTPUT  "network_output"
#define NFW_NFT_NETWORK_NAT     "network_nat"
#define NFW_NFT_NETWORK_TO      "network_to_guest"
#define NFW_NFT_NETWORK_FROM    "network_from_guest"

/* How far packets get: networks that are alike share a chain. */
struct nfw_nft_network_way {
        char chain[NFW_NFT_NETWORK_CHAIN_MAX];
        bool from_guest;
        bool replies_only;     /* to guests */
        char device[IFNAMSIZ]; /* "": any */
};

struct nfw_nft_network_nat {
        char chain[NFW_NFT_NETWORK_CHAIN_MAX];
        char device[IFNAMSIZ];
        struct nfw_port_range ports;
        struct nfw_addr first, last; /* without a family: the address of the interface */
};

struct nfw_nft_network_plan {
        const struct nfw_nft_networks *networks;
        NFW_VEC(struct nfw_nft_network_way) ways;
        NFW_VEC(struct nfw_nft_network_nat) nats;
};

/* 0 or -ENOMEM; to be deinitialised in any case. */
int nfw_nft_network_plan_init(struct nfw_nft_network_plan *plan, const struct nfw_nft_networks *networks);
void nfw_nft_network_plan_deinit(struct nfw_nft_network_plan *plan);
/* The chain for packets of that family from or to the network's guests. */
const char *nfw_nft_network_way_of(const struct nfw_nft_network_plan *plan,
                                   const struct nfw_network *network,
                                   uint8_t family,
                                   bool from_guest);
/* NULL where the network's addresses of that family are not translated. */
const char *nfw_nft_network_nat_of(const struct nfw_nft_network_plan *plan,
                                   const struct nfw_network *network,
                                   uint8_t family);

enum nfw_nft_network_set {
        NFW_NFT_NETWORK_SET_BRIDGES,
        NFW_NFT_NETWORK_SET_CROSS,    /* between guests of one network */
        NFW_NFT_NETWORK_SET_SERVICES, /* of the host */
        NFW_NFT_NETWORK_SET_ANSWERS,  /* of these */
        NFW_NFT_NETWORK_SET_TO4,
        NFW_NFT_NETWORK_SET_TO6,
        NFW_NFT_NETWORK_SET_FROM4,
        NFW_NFT_NETWORK_SET_FROM6,
        NFW_NFT_NETWORK_SET_PLAIN4, /* source and destination of what is not translated */
        NFW_NFT_NETWORK_SET_PLAIN6,
        NFW_NFT_NETWORK_SET_NAT4,
        NFW_NFT_NETWORK_SET_NAT6,
        NFW_NFT_N_NETWORK_SETS,
};

void nfw_nft_network_set(enum nfw_nft_network_set which, struct nfw_nft_set *ret_set);
int nfw_nft_put_network_sets(struct nfw_nft_batch *batch, const struct nfw_nft_network_plan *plan);
int nfw_nft_put_network_rules(struct nfw_nft_batch *batch, const struct nfw_nft_network_plan *plan);
