/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtnl/request.h"

#include <errno.h>

#include "base/macros.h"

/* The kernel fills a dump's datagrams up to 32 KiB where the reader offers as much. */
#define RECEIVE_SIZE 32768

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

int nfw_rtnl_talk(struct nfw_rtnl *rtnl, const struct nlmsghdr *request, mnl_cb_t callback, void *userdata) {
        mnl_cb_t control[NLMSG_DONE + 1] = { [NLMSG_ERROR] = on_result, [NLMSG_DONE] = on_result };
        unsigned int port = mnl_socket_get_portid(rtnl->socket);
        nfw_cleanup(nfw_freep) void *buffer = malloc(RECEIVE_SIZE);
        ssize_t size;
        int r = MNL_CB_OK;

        if (!buffer)
                return -ENOMEM;
        if (mnl_socket_sendto(rtnl->socket, request, request->nlmsg_len) < 0)
                return -errno;

        while (r > MNL_CB_STOP) {
                size = mnl_socket_recvfrom(rtnl->socket, buffer, RECEIVE_SIZE);
                if (size < 0) {
                        if (errno == EINTR)
                                continue;
                        return -errno;
                }
                r = mnl_cb_run2(buffer, (size_t)size, request->nlmsg_seq, port, callback, userdata, control,
                                NFW_ARRAY_SIZE(control));
                /* What an abandoned request left behind is not an answer to this one. */
                if (r < 0 && errno == EPROTO)
                        r = MNL_CB_OK;
        }
        return r < 0 ? -errno : 0;
}
