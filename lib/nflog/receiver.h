/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Packets that the rules mirror to user space. One receiver a group and network namespace. The kernel throws
 * packets away when the socket's buffer is full; that is counted and survived.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nfw_nflog;

struct nfw_nflog_message {
        const char *prefix;        /* what the rule says; "" where it says nothing */
        unsigned int in_interface; /* the port, also where it belongs to a bridge; 0: none */
        unsigned int out_interface;
        bool is_bridge;         /* a rule of the bridge family saw it */
        uint16_t ether_type;    /* host order; behind a VLAN tag that the driver has taken off */
        uint16_t vlan_type;     /* of that tag; 0: there is none, or the rule is of another family */
        const uint8_t *payload; /* begins at the network header */
        size_t payload_size;
};

/* 0; NFW_E_IN_USE where another program has the group; or a negative errno. */
int nfw_nflog_new(uint16_t group, struct nfw_nflog **ret_nflog);
struct nfw_nflog *nfw_nflog_free(struct nfw_nflog *nflog);
int nfw_nflog_get_fd(const struct nfw_nflog *nflog);

/*
 * Reads what waits, at most max messages, without blocking, and hands each to the callback, which returns 0 or
 * a negative errno. Returns the number of messages, or a negative errno.
 */
int nfw_nflog_dispatch(struct nfw_nflog *nflog,
                       size_t max,
                       int (*callback)(const struct nfw_nflog_message *message, void *userdata),
                       void *userdata);
/* How often the kernel said that it lost packets. */
uint64_t nfw_nflog_n_lost(const struct nfw_nflog *nflog);
