/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the files of this layer that talk to the kernel share. */

#include <sys/types.h>

#include "nft/socket.h"

struct nfw_nft_socket {
        int fd;
        const char *table_name;
        uint32_t sequence;
        size_t send_size; /* that SO_SNDBUF was set to; 0: never */
        uint8_t *buffer;  /* for what is received */
};

/* One datagram into the socket's buffer; its size or a negative errno. */
ssize_t nfw_nft_socket_receive(struct nfw_nft_socket *nft, int flags);

/* Enough for any request: names are at most 127 and keys at most 64 octets. Zeroed as in a batch. */
#define NFW_NFT_REQUEST_BUFFER(name_) uint8_t name_[1024] __attribute__((aligned(NLMSG_ALIGNTO))) = { 0 }

struct nlmsghdr *nfw_nft_request_begin(void *buffer, uint16_t type, uint16_t flags, uint8_t nfproto);
