/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "nft/socket-internal.h"

/* The kernel fills a dump's pages up to 32 KiB where the reader's buffer allows. */
#define RECEIVE_SIZE 32768

/* Of dumps and of the errors of a large batch. */
#define RECEIVE_BUFFER (4 * 1024 * 1024)

/* SO_NETNS_COOKIE, which older headers lack. */
#define NETNS_COOKIE 71

static int set_options(int fd) {
        int size = RECEIVE_BUFFER, on = 1;

        if (setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)) < 0 ||
            setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) < 0)
                return -errno;

        /* Forcing takes privileges that a user namespace does not give; the plain option is capped, no more. */
        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
                (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
        return 0;
}

int nfw_nft_socket_new(const char *table_name, struct nfw_nft_socket **ret_socket) {
        nfw_cleanup(nfw_nft_socket_freep) struct nfw_nft_socket *nft = NULL;
        struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
        int r;

        nft = calloc(1, sizeof(*nft));
        if (!nft)
                return -ENOMEM;

        nft->table_name = table_name;
        nft->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
        if (nft->fd < 0)
                return -errno;

        r = set_options(nft->fd);
        if (r < 0)
                return r;

        /* Connected, so that nobody but the kernel is heard. */
        if (connect(nft->fd, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
                return -errno;

        nft->buffer = malloc(RECEIVE_SIZE);
        if (!nft->buffer)
                return -ENOMEM;

        *ret_socket = nfw_steal(nft);
        return 0;
}

struct nfw_nft_socket *nfw_nft_socket_free(struct nfw_nft_socket *nft) {
        if (nft) {
                if (nft->fd >= 0)
                        close(nft->fd);
                free(nft->buffer);
                free(nft);
        }
        return NULL;
}

uint64_t nfw_nft_socket_namespace(const struct nfw_nft_socket *nft) {
        uint64_t cookie = 0;
        socklen_t size = sizeof(cookie);

        return getsockopt(nft->fd, SOL_SOCKET, NETNS_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

ssize_t nfw_nft_socket_receive(struct nfw_nft_socket *nft, int flags) {
        ssize_t n;

        do
                n = recv(nft->fd, nft->buffer, RECEIVE_SIZE, flags | MSG_TRUNC);
        while (n < 0 && errno == EINTR);

        if (n < 0)
                return -errno;
        return n > RECEIVE_SIZE ? -EMSGSIZE : n;
}

/* Whether the message ends the answer; *ret_error is 0 or a negative errno then. */
static bool is_end(const struct nlmsghdr *message, int *ret_error) {
        const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);

        if (message->nlmsg_type != NLMSG_ERROR && message->nlmsg_type != NLMSG_DONE)
                return false;

        /* Both begin with an int; that of NLMSG_DONE is an error of the dump itself. */
        *ret_error = mnl_nlmsg_get_payload_len(message) >= sizeof(int) ? error->error : -EBADMSG;
        return true;
}

int nfw_nft_request(struct nfw_nft_socket *nft,
                    struct nlmsghdr *request,
                    int (*callback)(const struct nlmsghdr *message, void *userdata),
                    void *userdata) {
        int error = 0, result = 0;

        /* A dump has an end of its own; a single answer is told from none at all by the acknowledgement. */
        if (!(request->nlmsg_flags & NLM_F_DUMP))
                request->nlmsg_flags |= NLM_F_ACK;
        request->nlmsg_flags |= NLM_F_REQUEST;
        request->nlmsg_seq = nft->sequence = (nft->sequence + 1) % (NFW_NFT_BATCH_SEQUENCE - 1);

        if (send(nft->fd, request, request->nlmsg_len, 0) < 0)
                return -errno;

        for (;;) {
                const struct nlmsghdr *message = (const void *)nft->buffer;
                ssize_t n = nfw_nft_socket_receive(nft, 0);
                int left = (int)n;

                if (n < 0)
                        return (int)n;

                for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
                        if (message->nlmsg_seq != request->nlmsg_seq)
                                continue;
                        /* The rest of the dump is read all the same: the next request must not find it. */
                        if (message->nlmsg_flags & NLM_F_DUMP_INTR && result == 0)
                                result = -EINTR;
                        if (is_end(message, &error))
                                return result < 0 ? result : error;
                        if (callback && result == 0)
                                result = callback(message, userdata);
                }
        }
}

static int take_generation(const struct nlmsghdr *message, void *userdata) {
        const struct nlattr *attr;

        mnl_attr_for_each(attr, message,
                          sizeof(struct nfgenmsg)) if (mnl_attr_get_type(attr) == NFTA_GEN_ID &&
                                                       mnl_attr_validate(attr, MNL_TYPE_U32) >= 0) *
                (uint32_t *)userdata = ntohl(mnl_attr_get_u32(attr));
        return 0;
}

struct nlmsghdr *nfw_nft_request_begin(void *buffer, uint16_t type, uint16_t flags, uint8_t nfproto) {
        struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
        struct nfgenmsg *header;

        request->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | type;
        request->nlmsg_flags = NLM_F_REQUEST | flags;
        header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
        header->nfgen_family = nfproto;
        header->version = NFNETLINK_V0;
        return request;
}

int nfw_nft_generation(struct nfw_nft_socket *nft, uint32_t *ret_generation) {
        NFW_NFT_REQUEST_BUFFER(buffer);
        uint32_t generation = 0;
        int r;

        r = nfw_nft_request(nft, nfw_nft_request_begin(buffer, NFT_MSG_GETGEN, 0, 0), take_generation,
                            &generation);
        if (r < 0)
                return r;
        if (generation == 0)
                return -EBADMSG;

        *ret_generation = generation;
        return 0;
}
