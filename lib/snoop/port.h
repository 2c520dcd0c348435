/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The addresses of one port's guest, as they are learned from what it and its servers say. Everything in it is bounded,
 * and so is how often it changes.
 */

#include "snoop/message.h"

#define NFW_SNOOP_MAX_LEASES  16 /* of each IP version */
#define NFW_SNOOP_MAX_SERVERS 16
/* All that there was goes, and all that a message says comes. */
#define NFW_SNOOP_MAX_CHANGES (2 * NFW_SNOOP_MAX_LEASES + NFW_SNOOP_MAX_ADDRESSES)

enum nfw_snoop_mode {
        NFW_SNOOP_ANY,  /* what the guest uses first is its address, until a server gives it one */
        NFW_SNOOP_DHCP, /* a server's leases only, and of IPv6 one link-local address */
};

enum nfw_snoop_origin {
        NFW_SNOOP_CLAIMED,
        NFW_SNOOP_LEASED,
};

struct nfw_snoop_options {
        enum nfw_snoop_mode mode;
        uint8_t mac[6];
        struct nfw_addr servers[NFW_SNOOP_MAX_SERVERS]; /* whose leases count; none: everybody's */
        size_t n_servers;
};

struct nfw_snoop_lease {
        struct nfw_addr addr;
        enum nfw_snoop_origin origin;
        uint64_t expires_ms; /* UINT64_MAX: never */
};

/* What has come of a message. */
struct nfw_snoop_change {
        struct nfw_snoop_lease lease;
        bool is_gone; /* else it is new or its time is another one */
};

struct nfw_snoop_changes {
        struct nfw_snoop_change items[NFW_SNOOP_MAX_CHANGES];
        size_t n;
};

struct nfw_snoop_counts {
        uint64_t other_mac;     /* is about somebody else */
        uint64_t unasked;       /* no request of the guest waits for it */
        uint64_t other_server;  /* none of those that count */
        uint64_t refused_claim; /* the guest has an address already */
        uint64_t full;
        uint64_t too_often;
};

struct nfw_snoop_port;

/* 0 or -ENOMEM. */
int nfw_snoop_port_new(const struct nfw_snoop_options *options, struct nfw_snoop_port **ret_port);
struct nfw_snoop_port *nfw_snoop_port_free(struct nfw_snoop_port *port);

/* Milliseconds are of a clock that never goes back. Forgets what has expired first: that is among the changes. */
void nfw_snoop_port_take(struct nfw_snoop_port *port,
                         bool from_guest,
                         const struct nfw_snoop_message *message,
                         uint64_t now_ms,
                         struct nfw_snoop_changes *ret_changes);
void nfw_snoop_port_expire(struct nfw_snoop_port *port,
                           uint64_t now_ms,
                           struct nfw_snoop_changes *ret_changes);
/* What was learned before, as it was found in the kernel; false where there is no room. */
bool nfw_snoop_port_restore(struct nfw_snoop_port *port, const struct nfw_snoop_lease *lease);
/* All that is known, and how many that are. */
const struct nfw_snoop_lease *nfw_snoop_port_leases(const struct nfw_snoop_port *port, size_t *ret_n);
const struct nfw_snoop_counts *nfw_snoop_port_counts(const struct nfw_snoop_port *port);
