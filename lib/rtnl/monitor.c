/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtnl/monitor.h"

#include <errno.h>
#include <stdlib.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "base/macros.h"

struct nfw_rtnl_monitor {
        struct mnl_socket *socket;
};

NFW_DEFINE_CLEANUP(struct nfw_rtnl_monitor, nfw_rtnl_monitor_free)

int nfw_rtnl_monitor_new(struct nfw_rtnl_monitor **ret_monitor) {
        nfw_cleanup(nfw_rtnl_monitor_freep) struct nfw_rtnl_monitor *monitor = NULL;

        monitor = calloc(1, sizeof(*monitor));
        if (!monitor)
                return -ENOMEM;
        monitor->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (!monitor->socket)
                return -errno;
        if (mnl_socket_bind(monitor->socket, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
                            MNL_SOCKET_AUTOPID) < 0)
                return -errno;

        *ret_monitor = nfw_steal(monitor);
        return 0;
}

struct nfw_rtnl_monitor *nfw_rtnl_monitor_free(struct nfw_rtnl_monitor *monitor) {
        if (!monitor)
                return NULL;
        if (monitor->socket)
                mnl_socket_close(monitor->socket);
        free(monitor);
        return NULL;
}

int nfw_rtnl_monitor_get_fd(const struct nfw_rtnl_monitor *monitor) {
        return mnl_socket_get_fd(monitor->socket);
}

int nfw_rtnl_monitor_dispatch(struct nfw_rtnl_monitor *monitor, bool *ret_changed) {
        bool changed = false;
        char byte;

        for (;;) {
                /* That there is a message says it all; the rest of it is left to the kernel to throw away. */
                ssize_t size = recv(mnl_socket_get_fd(monitor->socket), &byte, sizeof(byte), MSG_DONTWAIT);

                if (size >= 0 || errno == ENOBUFS) {
                        changed = true;
                        continue;
                }
                if (errno == EINTR)
                        continue;
                if (errno != EAGAIN)
                        return -errno;
                *ret_changed = changed;
                return 0;
        }
}
