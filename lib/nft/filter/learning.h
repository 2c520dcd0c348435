/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Guests whose addresses are learned, in the table of filters: see ir/filter/learning.h. All that is known of them is there,
 * so that it outlives whoever learned it.
 */

#include "ir/filter/learning.h"
#include "net/addr.h"
#include "nft/socket.h"

#define NFW_NFT_GUEST_ID_MAX 17

struct nfw_nft_lease {
        struct nfw_addr addr;
        bool is_claimed;     /* the guest took it; else a server gave it */
        uint64_t expires_ms; /* of CLOCK_MONOTONIC; UINT64_MAX: never */
};

/* A port whose guest's addresses are learned. */
struct nfw_nft_guest {
        bool is_there; /* among those that learn */
        bool has_mac;
        uint8_t mac[6];
        uint32_t link;                 /* the index of the interface that it was bound with */
        char id[NFW_NFT_GUEST_ID_MAX]; /* of the act of binding; "" where that is not known */
        bool waits;                    /* nothing is known */
        NFW_VEC(uint16_t) waits_for;   /* types of frames of which nothing is known */
        NFW_VEC(struct nfw_nft_lease) leases;
};

void nfw_nft_guest_deinit(struct nfw_nft_guest *guest);
/* A copy; *ret_guest is empty or another guest, which it takes the place of. 0 or -ENOMEM. */
int nfw_nft_guest_copy(const struct nfw_nft_guest *guest, struct nfw_nft_guest *ret_guest);

/* Milliseconds of the clock that leases expire by. */
uint64_t nfw_nft_now(void);

/* The plan for the table of filters. 0 or -ENOMEM. */
int nfw_nft_learning_plan(uint16_t nflog_group, struct nfw_learning_plan **ret_plan);
/* Its sets, chains and rules, but for the dispatch. 0 or a negative errno. */
int nfw_nft_put_learning(struct nfw_nft_batch *batch, const struct nfw_learning_plan *learning);
/* What the base chains begin with: behind nfw_nft_put_filter_flush(), before what leads to filters. */
int nfw_nft_put_learning_dispatch(struct nfw_nft_batch *batch, const struct nfw_learning_plan *learning);
/* Adds or deletes all that the guest has. 0 or a negative errno. */
int nfw_nft_put_guest(struct nfw_nft_batch *batch,
                      bool add,
                      const struct nfw_learning_plan *learning,
                      const char *port,
                      const struct nfw_nft_guest *guest);

/*
 * Reads all guests; find() returns 0 and the place for that port's, or NULL where it is not wanted, or a negative errno.
 * 0, -EINTR where the ruleset changed meanwhile, or another negative errno. What does not exist has nothing to read.
 */
int nfw_nft_read_guests(struct nfw_nft_socket *nft,
                        int (*find)(const char *port, void *userdata, struct nfw_nft_guest **ret_guest),
                        void *userdata);
/* The group in the comment of the set of ports, or 0. */
uint16_t nfw_nft_learning_group(const char *comment);
