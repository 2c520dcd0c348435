/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtnl/request.h"

#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"

/*
 * A link is a thousand octets, but it may have other names, tens of thousands of octets of them. The kernel takes as
 * much memory for each datagram of a dump as the reader has ever offered, up to 32 KiB, and that takes its time: so
 * little is offered, and more once it was needed.
 */
#define RECEIVE_LONG ((size_t)128 * 1024)

struct nlmsghdr *nfw_rtnl_begin(struct nfw_rtnl *rtnl, void *buffer, uint16_t type, uint16_t flags) {
        struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

        request->nlmsg_type = type;
        request->nlmsg_flags = NLM_F_REQUEST | flags;
        request->nlmsg_seq = ++rtnl->sequence;
        return request;
}

/*
 * Both control messages begin with a negated errno. libmnl's own handlers do not look into the one that ends a
 * dump, and a dump that fails on its way says so there.
 */
static int on_result(const struct nlmsghdr *message, void *userdata) {
        const int *error = mnl_nlmsg_get_payload(message);

        (void)userdata;
        if (mnl_nlmsg_get_payload_len(message) >= sizeof(*error) && *error < 0) {
                errno = -*error;
                return MNL_CB_ERROR;
        }
        return MNL_CB_STOP;
}

static int resize(struct nfw_rtnl *rtnl, size_t size) {
        void *buffer;

        if (size <= rtnl->size)
                return 0;
        buffer = realloc(rtnl->buffer, size);
        if (!buffer)
                return -ENOMEM;
        rtnl->buffer = buffer;
        rtnl->size = size;
        return 0;
}

/* What was cut off may have been the end, so nothing is waited for. */
static void throw_away(struct nfw_rtnl *rtnl) {
        ssize_t size;

        do
                size = recv(mnl_socket_get_fd(rtnl->socket), rtnl->buffer, rtnl->size, MSG_DONTWAIT);
        while (size >= 0 || errno == EINTR);
}

/* -ENOSPC where a datagram was longer than the buffer. */
static int exchange(struct nfw_rtnl *rtnl,
                    const struct nlmsghdr *request,
                    mnl_cb_t callback,
                    void *userdata) {
        mnl_cb_t control[NLMSG_DONE + 1] = { [NLMSG_ERROR] = on_result, [NLMSG_DONE] = on_result };
        unsigned int port = mnl_socket_get_portid(rtnl->socket);
        ssize_t size;
        int r = MNL_CB_OK;

        if (mnl_socket_sendto(rtnl->socket, request, request->nlmsg_len) < 0)
                return -errno;

        while (r > MNL_CB_STOP) {
                size = mnl_socket_recvfrom(rtnl->socket, rtnl->buffer, rtnl->size);
                if (size < 0) {
                        if (errno == EINTR)
                                continue;
                        return -errno;
                }
                r = mnl_cb_run2(rtnl->buffer, (size_t)size, request->nlmsg_seq, port, callback, userdata,
                                control, NFW_ARRAY_SIZE(control));
                /* What an abandoned request left behind is not an answer to this one. */
                if (r < 0 && errno == EPROTO)
                        r = MNL_CB_OK;
        }
        return r < 0 ? -errno : 0;
}

int nfw_rtnl_talk(struct nfw_rtnl *rtnl, const struct nlmsghdr *request, mnl_cb_t callback, void *userdata) {
        int r;

        r = resize(rtnl, (size_t)MNL_SOCKET_BUFFER_SIZE);
        if (r < 0)
                return r;
        r = exchange(rtnl, request, callback, userdata);
        /* As long as the kernel has not come to the end of a dump, it refuses the next one. */
        if (r < 0 && (r == -ENOSPC || request->nlmsg_flags & NLM_F_DUMP))
                throw_away(rtnl);
        if (r != -ENOSPC || rtnl->size >= RECEIVE_LONG)
                return r;

        r = resize(rtnl, RECEIVE_LONG);
        if (r < 0)
                return r;
        /* Of a dump the callback has had a part. */
        return request->nlmsg_flags & NLM_F_DUMP ? -EINTR : exchange(rtnl, request, callback, userdata);
}
