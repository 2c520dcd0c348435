/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nflog/receiver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"
#include "nflog/message.h"

/* With the default size a third of a burst of 200,000 packets is lost; with this, none at 130,000 a second. */
#define SOCKET_BUFFER_SIZE (8 * 1024 * 1024)

/* A whole packet (64 KiB) and its attributes fit: the kernel never makes a larger datagram than 128 KiB. */
#define RECEIVE_SIZE   (128 * 1024)

#define MESSAGE_CONFIG ((NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_CONFIG)
#define MESSAGE_PACKET ((NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_PACKET)

struct nfw_nflog {
        struct mnl_socket *socket;
        uint32_t sequence;
        uint64_t n_lost;
        uint8_t *buffer;
};

NFW_DEFINE_CLEANUP(struct nfw_nflog, nfw_nflog_free)

static struct nlmsghdr *begin(struct nfw_nflog *nflog, void *buffer, uint16_t type, uint16_t group) {
        struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
        struct nfgenmsg *generic;

        request->nlmsg_type = type;
        request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
        request->nlmsg_seq = ++nflog->sequence;
        generic = mnl_nlmsg_put_extra_header(request, sizeof(*generic));
        generic->nfgen_family = AF_UNSPEC;
        generic->version = NFNETLINK_V0;
        generic->res_id = htons(group);
        return request;
}

/* Packets may come before the acknowledgement; nobody was promised those. */
static int talk(struct nfw_nflog *nflog, const struct nlmsghdr *request) {
        ssize_t received;

        if (mnl_socket_sendto(nflog->socket, request, request->nlmsg_len) < 0)
                return -errno;
        for (;;) {
                received = mnl_socket_recvfrom(nflog->socket, nflog->buffer, RECEIVE_SIZE);
                if (received < 0) {
                        if (errno == EINTR)
                                continue;
                        return -errno;
                }

                int left = (int)received;
                const struct nlmsghdr *message = (const void *)nflog->buffer;
                for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
                        const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);

                        if (message->nlmsg_type == NLMSG_ERROR && message->nlmsg_seq == request->nlmsg_seq &&
                            mnl_nlmsg_get_payload_len(message) >= sizeof(*error))
                                return error->error;
                }
        }
}

/*
 * The kernel has one answer, EPERM, to who may not do this at all and to who comes second. What tells them
 * apart is a request that it never serves, and refuses to the former only with EPERM.
 */
static bool is_permitted(struct nfw_nflog *nflog) {
        _Alignas(struct nlmsghdr) char buffer[256];

        return talk(nflog, begin(nflog, buffer, MESSAGE_PACKET, 0)) != -EPERM;
}

static int bind_group(struct nfw_nflog *nflog, uint16_t group) {
        const struct nfulnl_msg_config_cmd command = { .command = NFULNL_CFG_CMD_BIND };
        const struct nfulnl_msg_config_mode mode = { .copy_mode = NFULNL_COPY_PACKET,
                                                     .copy_range = htonl(0xffff) };
        /* What stands between the attributes goes to the kernel, too. */
        _Alignas(struct nlmsghdr) char buffer[256] = { 0 };
        struct nlmsghdr *request = begin(nflog, buffer, MESSAGE_CONFIG, group);
        int r;

        mnl_attr_put(request, NFULA_CFG_CMD, sizeof(command), &command);
        mnl_attr_put(request, NFULA_CFG_MODE, sizeof(mode), &mode);
        /* A lone message would wait a second for company. */
        mnl_attr_put_u32(request, NFULA_CFG_QTHRESH, htonl(1));
        mnl_attr_put_u32(request, NFULA_CFG_TIMEOUT, htonl(1));
        /*
         * NFULA_CFG_NLBUFSIZ stays at its default, which is the least that the kernel takes: it makes every
         * datagram at least as large, and a packet that needs more gets more.
         */
        r = talk(nflog, request);
        if (r == -EBUSY || (r == -EPERM && is_permitted(nflog)))
                return NFW_E_IN_USE;
        return r;
}

int nfw_nflog_new(uint16_t group, struct nfw_nflog **ret_nflog) {
        nfw_cleanup(nfw_nflog_freep) struct nfw_nflog *nflog = NULL;
        int size = SOCKET_BUFFER_SIZE;
        int fd, r;

        nflog = calloc(1, sizeof(*nflog));
        if (!nflog)
                return -ENOMEM;
        nflog->buffer = malloc(RECEIVE_SIZE);
        if (!nflog->buffer)
                return -ENOMEM;
        nflog->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
        if (!nflog->socket)
                return -errno;
        if (mnl_socket_bind(nflog->socket, 0, MNL_SOCKET_AUTOPID) < 0)
                return -errno;

        /* Inside a user namespace only the ordinary option works, up to the host's limit. */
        fd = mnl_socket_get_fd(nflog->socket);
        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 &&
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0)
                return -errno;

        r = bind_group(nflog, group);
        if (r)
                return r;

        *ret_nflog = nfw_steal(nflog);
        return 0;
}

struct nfw_nflog *nfw_nflog_free(struct nfw_nflog *nflog) {
        if (!nflog)
                return NULL;
        if (nflog->socket)
                mnl_socket_close(nflog->socket);
        free(nflog->buffer);
        free(nflog);
        return NULL;
}

int nfw_nflog_get_fd(const struct nfw_nflog *nflog) {
        return mnl_socket_get_fd(nflog->socket);
}

/* The size of the next datagram; 0 where none waits; -EAGAIN where one is to be skipped; or a negative errno. */
static ssize_t receive(struct nfw_nflog *nflog) {
        struct sockaddr_nl sender = { 0 };
        struct iovec part = { .iov_base = nflog->buffer, .iov_len = RECEIVE_SIZE };
        struct msghdr header = {
                .msg_name = &sender, .msg_namelen = sizeof(sender), .msg_iov = &part, .msg_iovlen = 1
        };
        ssize_t size = recvmsg(mnl_socket_get_fd(nflog->socket), &header, MSG_DONTWAIT);

        if (size < 0) {
                if (errno == EAGAIN)
                        return 0;
                if (errno == ENOBUFS)
                        nflog->n_lost++;
                return errno == ENOBUFS || errno == EINTR ? -EAGAIN : -errno;
        }
        if (header.msg_flags & MSG_TRUNC) {
                nflog->n_lost++;
                return -EAGAIN;
        }
        /* Only the kernel has the port 0. */
        return size == 0 || sender.nl_pid != 0 ? -EAGAIN : size;
}

int nfw_nflog_dispatch(struct nfw_nflog *nflog,
                       size_t max,
                       int (*callback)(const struct nfw_nflog_message *message, void *userdata),
                       void *userdata) {
        size_t n = 0;

        /* A datagram that was begun is read to its end; with the threshold of 1 it holds one packet. */
        while (n < max && n < INT32_MAX) {
                ssize_t received = receive(nflog);

                if (received == -EAGAIN)
                        continue;
                if (received < 0)
                        return (int)received;
                if (received == 0)
                        break;

                int left = (int)received;
                const struct nlmsghdr *header = (const void *)nflog->buffer;
                for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
                        struct nfw_nflog_message message;

                        if (nfw_nflog_message_parse(header, &message) != 0)
                                continue;
                        int r = callback(&message, userdata);
                        if (r < 0)
                                return r;
                        n++;
                }
        }
        return (int)n;
}

uint64_t nfw_nflog_n_lost(const struct nfw_nflog *nflog) {
        return nflog->n_lost;
}
