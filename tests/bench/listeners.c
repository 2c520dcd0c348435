/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "listeners.h"

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "base/macros.h"
#include "base/vec.h"
#include "bench.h"

struct sockets {
        NFW_VEC(unsigned long) inodes;
};

static void sockets_deinit(struct sockets *sockets) {
        nfw_vec_deinit(&sockets->inodes);
}

/* Processes of one namespace see the same sockets. */
static void add(struct sockets *sockets, unsigned long inode) {
        nfw_vec_foreach (other, &sockets->inodes)
                if (*other == inode)
                        return;
        bench_check(nfw_vec_push(&sockets->inodes, inode), "keeping a socket");
}

static void read_sockets(const char *path, struct sockets *sockets) {
        FILE *stream = fopen(path, "re");
        char line[256];

        /* sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode */
        while (stream && fgets(line, sizeof(line), stream)) {
                unsigned int protocol, groups;
                unsigned long inode;

                if (sscanf(line, "%*s %u %*u %x %*s %*s %*s %*s %*s %lu", &protocol, &groups, &inode) == 3 &&
                    protocol == NETLINK_NETFILTER && groups & 1u << (NFNLGRP_NFTABLES - 1))
                        add(sockets, inode);
        }
        if (stream)
                (void)fclose(stream);
}

size_t listeners_count(void) {
        nfw_cleanup(sockets_deinit) struct sockets sockets = { 0 };
        glob_t paths;

        if (glob("/proc/[0-9]*/net/netlink", GLOB_NOSORT, NULL, &paths) != 0)
                return 0;
        for (size_t i = 0; i < paths.gl_pathc; i++)
                read_sockets(paths.gl_pathv[i], &sockets);
        globfree(&paths);
        return sockets.inodes.n;
}
