/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "rtnl/link.h"

/*
 * The name servers that the host itself uses: those of /etc/resolv.conf, and where that names only a stub on
 * the loopback interface, those behind systemd-resolved. Loopback addresses are left out: no guest reaches them.
 * Appended as prefixes of full length. A missing file is no error.
 */
int nfw_resolvers_of_host(struct nfw_prefixes *prefixes);
