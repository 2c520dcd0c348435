/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The questions of one port that have not been answered yet. Bounded: when full, the oldest makes room, and it
 * is forgotten after some seconds.
 */

#include "dns/wire.h"

struct nfw_dns_pending;
struct nfw_dns_pending_question;

/* What must be the same in question and answer; the port's guest is "guest", whoever it asked "server". */
struct nfw_dns_flow {
        uint8_t protocol; /* IPPROTO_UDP or IPPROTO_TCP */
        struct nfw_addr guest;
        struct nfw_addr server;
        uint16_t guest_port;
        uint16_t server_port;
};

int nfw_dns_pending_new(size_t max, uint64_t lifetime_ms, struct nfw_dns_pending **ret_pending);
struct nfw_dns_pending *nfw_dns_pending_free(struct nfw_dns_pending *pending);

/*
 * Remembers the question; the same one again counts once, from now. A message that is no query (a reply, an
 * UPDATE, …) is not remembered, and that is no error. 0 or -ENOMEM.
 */
int nfw_dns_pending_add(struct nfw_dns_pending *pending,
                        const struct nfw_dns_flow *flow,
                        const struct nfw_dns_head *query,
                        uint64_t now_ms);
/*
 * The question of that flow that the reply is to: the same ID, name, type and class. NULL where there is none. It is
 * valid until the table is used again.
 */
struct nfw_dns_pending_question *nfw_dns_pending_find(struct nfw_dns_pending *pending,
                                                      const struct nfw_dns_flow *flow,
                                                      const struct nfw_dns_head *reply,
                                                      uint64_t now_ms);
/* It has been answered: a question has one answer. */
void nfw_dns_pending_remove(struct nfw_dns_pending *pending, struct nfw_dns_pending_question *question);
size_t nfw_dns_pending_size(const struct nfw_dns_pending *pending);
