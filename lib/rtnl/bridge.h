/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Making a bridge, with its addresses, and finding its ports. */

#include "rtnl/link.h"

struct nfw_rtnl_bridge {
        const char *name;
        bool stp;
        unsigned int delay; /* seconds */
        unsigned int mtu;   /* 0: the kernel's */
        const uint8_t *mac; /* 6 octets; NULL: the kernel's */
};

/* It is down. 0; -EEXIST; or another negative errno. */
int nfw_rtnl_bridge_add(struct nfw_rtnl *rtnl, const struct nfw_rtnl_bridge *bridge);
int nfw_rtnl_link_remove(struct nfw_rtnl *rtnl, unsigned int index);
int nfw_rtnl_link_up(struct nfw_rtnl *rtnl, unsigned int index);
/* With the route to its network; an IPv6 address is usable at once, without asking who has it. */
int nfw_rtnl_address_add(struct nfw_rtnl *rtnl,
                         unsigned int index,
                         const struct nfw_addr *addr,
                         uint8_t length);
/* The names of its ports are appended. 0 or a negative errno. */
int nfw_rtnl_bridge_ports(struct nfw_rtnl *rtnl, unsigned int index, struct nfw_link_names *names);
