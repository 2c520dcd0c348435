/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * All of them in one answer of the kernel. -EINTR where something changed meanwhile: what was seen until then is to be
 * forgotten. Until the callback returns other than 0; returns that, or a negative errno.
 */

#include "rtnl/link.h"

/* A dump is taken again when links come and go under it; who changes them faster than this is not waited for. */
#define NFW_RTNL_DUMP_TRIES 16

int nfw_rtnl_dump_links(struct nfw_rtnl *rtnl,
                        int (*callback)(const struct nfw_link *link, void *userdata),
                        void *userdata);
/* With index 0 those of all links. */
int nfw_rtnl_dump_addresses(struct nfw_rtnl *rtnl,
                            unsigned int index,
                            int (*callback)(unsigned int index,
                                            const struct nfw_prefix *address,
                                            void *userdata),
                            void *userdata);
