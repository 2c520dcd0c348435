/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <sys/stat.h>

#include "rtnl/link.h"

/* What a file in the form of resolv.conf(5) named when it was read. Zero it to begin with. */
struct nfw_resolvers_file {
        struct stat st;
        struct nfw_prefixes servers;
        bool stub;
        bool settled; /* whatever is written into the file from now on is seen in st */
};

/* Those of the host, so that only what has changed is read again. */
struct nfw_resolvers {
        struct nfw_resolvers_file system;
        struct nfw_resolvers_file behind_stub;
};

/*
 * The name servers that the host itself uses: those of /etc/resolv.conf, and where that names only a stub on
 * the loopback interface, those behind systemd-resolved. Loopback and IPv6 link-local addresses are left out: no
 * guest reaches them there. Prefixes of full length, lent until the next call. A missing file is no error.
 */
int nfw_resolvers_of_host(struct nfw_resolvers *resolvers, const struct nfw_prefixes **ret_servers);
void nfw_resolvers_deinit(struct nfw_resolvers *resolvers);

/* Those of one file, read again unless it is as it was. 0 or -ENOMEM. */
int nfw_resolvers_refresh(struct nfw_resolvers_file *file, const char *path);
void nfw_resolvers_file_deinit(struct nfw_resolvers_file *file);
