/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The request and answer part of rtnetlink, apart from what is asked. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

struct nfw_rtnl_held;

struct nfw_rtnl {
        struct mnl_socket *socket;
        uint32_t sequence;
        void *buffer; /* for what is received; made when it is needed */
        size_t size;
        bool is_holding;
        size_t n_requests; /* since then */
        struct nfw_rtnl_held *held;
};

/* Begins a message in buffer (at least MNL_SOCKET_BUFFER_SIZE octets). */
struct nlmsghdr *nfw_rtnl_begin(struct nfw_rtnl *rtnl, void *buffer, uint16_t type, uint16_t flags);

/*
 * Sends it and hands every message of the answer to the callback. 0 or a negative errno: the kernel's, or
 * -EINTR where a dump was inconsistent because something changed meanwhile, or was longer than expected (then it is
 * to be asked again).
 */
int nfw_rtnl_talk(struct nfw_rtnl *rtnl, const struct nlmsghdr *request, mnl_cb_t callback, void *userdata);
