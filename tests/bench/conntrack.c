/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conntrack.h"

#include <errno.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "bench.h"

struct conntrack {
        struct mnl_socket *socket;
};

struct conntrack *conntrack_new(void) {
        struct conntrack *conntrack = calloc(1, sizeof(*conntrack));

        if (!conntrack)
                bench_fail("out of memory");
        conntrack->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
        if (!conntrack->socket || mnl_socket_bind(conntrack->socket, 0, MNL_SOCKET_AUTOPID) < 0)
                bench_fail("a netlink socket: %s", strerror(errno));
        return conntrack;
}

void conntrack_free(struct conntrack *conntrack) {
        (void)mnl_socket_close(conntrack->socket);
        free(conntrack);
}

void conntrack_flush(struct conntrack *conntrack) {
        _Alignas(struct nlmsghdr) char buffer[4096];
        struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
        struct nfgenmsg *header;
        ssize_t n;

        message->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE;
        message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
        header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
        header->nfgen_family = AF_UNSPEC;

        if (mnl_socket_sendto(conntrack->socket, message, message->nlmsg_len) < 0)
                bench_fail("forgetting connections: %s", strerror(errno));
        n = mnl_socket_recvfrom(conntrack->socket, buffer, sizeof(buffer));
        if (n < 0 ||
            mnl_cb_run(buffer, (size_t)n, 0, mnl_socket_get_portid(conntrack->socket), NULL, NULL) < 0)
                bench_fail("forgetting connections: %s", strerror(errno));
}
