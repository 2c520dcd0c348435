/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The netlink socket to nf_tables: one batch in one go, and dumps. FACTS that shaped it: an acknowledgement is
 * no commit, so one is asked for on the last message only; large batches need forced buffers.
 */

#include <stdint.h>

#include <libmnl/libmnl.h>

#include "nft/batch.h"

/* The generation has moved on: somebody else has committed since it was read. */
#define NFW_NFT_STALE 1

struct nfw_nft_socket;

/*
 * table_name is what our tables are called; it is borrowed. 0, or a negative errno (-EPERM without CAP_NET_ADMIN is
 * seen at the first commit only).
 */
int nfw_nft_socket_new(const char *table_name, struct nfw_nft_socket **ret_socket);
struct nfw_nft_socket *nfw_nft_socket_free(struct nfw_nft_socket *nft);
NFW_DEFINE_CLEANUP(struct nfw_nft_socket, nfw_nft_socket_free)

/*
 * A number of the network namespace that the socket is of; unlike the inode's it is not used again when the namespace
 * is gone. 0 before Linux 5.14.
 */
uint64_t nfw_nft_socket_namespace(const struct nfw_nft_socket *nft);

/* Why the kernel refused a batch. */
struct nfw_nft_failure {
        int error;                    /* positive errno */
        char message[128];            /* the extended ACK's text, or "" */
        struct nfw_nft_origin origin; /* of the message that failed */
};

/*
 * Sends the batch. With generation != 0 it is refused unless that is still the ruleset's. A dry run has the
 * kernel check everything and roll it back. 0; NFW_NFT_STALE; or a negative errno, with *ret_failure (may be
 * NULL) filled. Nothing has changed unless the answer is 0.
 */
int nfw_nft_commit(struct nfw_nft_socket *nft,
                   struct nfw_nft_batch *batch,
                   uint32_t generation,
                   bool dry_run,
                   struct nfw_nft_failure *ret_failure);

/* The ruleset's generation now. */
int nfw_nft_generation(struct nfw_nft_socket *nft, uint32_t *ret_generation);

/*
 * Sends a request of the caller's and hands every message of the answer to the callback, which returns 0 to go
 * on or a negative errno. -EINTR where the ruleset changed during a dump: start again.
 */
int nfw_nft_request(struct nfw_nft_socket *nft,
                    struct nlmsghdr *request,
                    int (*callback)(const struct nlmsghdr *message, void *userdata),
                    void *userdata);
