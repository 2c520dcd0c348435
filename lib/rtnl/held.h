/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* All links and addresses, read once between nfw_rtnl_hold() and nfw_rtnl_release(). */

#include "rtnl/link.h"

struct nfw_rtnl_held;

/* *ret_held: what answers instead of the kernel; NULL where the kernel is to be asked. 0 or a negative errno. */
int nfw_rtnl_held_find(struct nfw_rtnl *rtnl, const struct nfw_rtnl_held **ret_held);

/* 0 or NFW_E_NOT_FOUND. */
int nfw_rtnl_held_by_name(const struct nfw_rtnl_held *held, const char *name, struct nfw_link *ret_link);
int nfw_rtnl_held_by_index(const struct nfw_rtnl_held *held, unsigned int index, struct nfw_link *ret_link);
/* As nfw_rtnl_addresses(). */
int nfw_rtnl_held_addresses(const struct nfw_rtnl_held *held,
                            unsigned int index,
                            struct nfw_prefixes *prefixes);
