/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "rtnl/link.h"

/*
 * The name servers that the host itself uses: those of /etc/resolv.conf, and where that names only a stub on
 * the loopback interface, those behind systemd-resolved. Loopback and IPv6 link-local addresses are left out: no
 * guest reaches them there. Appended as prefixes of full length. A missing file is no error.
 */
int nfw_resolvers_of_host(struct nfw_prefixes *prefixes);

/* Those of one file in the form of resolv.conf(5). *ret_stub: whether it names a stub. 0 or -ENOMEM. */
int nfw_resolvers_read(const char *path, struct nfw_prefixes *prefixes, bool *ret_stub);
