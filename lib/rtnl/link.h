/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The host's network interfaces and addresses, over rtnetlink. */

#include <net/if.h>
#include <stdbool.h>

#include "base/vec.h"
#include "net/prefix.h"

struct nfw_rtnl;

/* Links whose packets go past netfilter's hooks, so that nftables never sees them there. */
enum nfw_link_bypass {
        NFW_LINK_SEEN,
        NFW_LINK_MACVTAP,     /* or ipvtap: straight between a file descriptor and the device below */
        NFW_LINK_OPENVSWITCH, /* a port of such a switch, which is a data path of its own */
};

struct nfw_link {
        unsigned int index;
        char name[IFNAMSIZ];
        bool is_bridge;
        unsigned int master; /* index of the bridge that it is a port of; 0 where it is none */
        enum nfw_link_bypass bypass;
};

struct nfw_link_names {
        NFW_VEC(char *) vec;
};

struct nfw_prefixes {
        NFW_VEC(struct nfw_prefix) vec; /* the address, host bits kept, with the length of its network */
};

int nfw_rtnl_new(struct nfw_rtnl **ret_rtnl);
struct nfw_rtnl *nfw_rtnl_free(struct nfw_rtnl *rtnl);

/*
 * For many questions in a row: from some hundred on, all links and addresses are read once, and what follows is answered
 * from that, until it is released. Whoever asks has to hear of what changes meanwhile in another way.
 */
void nfw_rtnl_hold(struct nfw_rtnl *rtnl);
void nfw_rtnl_release(struct nfw_rtnl *rtnl);

/* 0, NFW_E_NOT_FOUND or a negative errno. The name is the one that packets are known by. */
int nfw_rtnl_link_by_name(struct nfw_rtnl *rtnl, const char *name, struct nfw_link *ret_link);
/* One that has it as an alternative name. Packets are not known by that. */
int nfw_rtnl_link_by_altname(struct nfw_rtnl *rtnl, const char *name, struct nfw_link *ret_link);
int nfw_rtnl_link_by_index(struct nfw_rtnl *rtnl, unsigned int index, struct nfw_link *ret_link);
/*
 * Calls back for every interface until the callback returns other than 0; returns that, or a negative errno. Where links
 * change meanwhile it begins again, so the callback may see one twice.
 */
int nfw_rtnl_foreach_link(struct nfw_rtnl *rtnl,
                          int (*callback)(const struct nfw_link *link, void *userdata),
                          void *userdata);
/* All interfaces' names, for suggestions. */
int nfw_rtnl_link_names(struct nfw_rtnl *rtnl, struct nfw_link_names *names);
void nfw_link_names_deinit(struct nfw_link_names *names);
/*
 * The addresses of one interface, or of all with index 0, appended. 0; NFW_E_NOT_FOUND where there is no such
 * interface; or a negative errno. Nothing is appended unless it is 0.
 */
int nfw_rtnl_addresses(struct nfw_rtnl *rtnl, unsigned int index, struct nfw_prefixes *prefixes);
void nfw_prefixes_deinit(struct nfw_prefixes *prefixes);
