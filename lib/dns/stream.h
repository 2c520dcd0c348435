/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * DNS over TCP (RFC 7766) of one port, put together from the mirrored segments of both directions. Messages may
 * span segments, segments may hold several messages, retransmissions are recognised. A flow is followed from its
 * SYN on or not at all: reading that began in the middle could take what a message contains for a message. What
 * comes before its turn is left for the retransmission; where that never comes (the mirror lost the segment), or
 * after nonsense, the flow is of no more use. Bounded: n flows, one message buffer (at most 64 KiB) for each
 * direction, freed when it is not needed; when full, the flow that was quiet for longest goes.
 */

#include "dns/pending.h"
#include "net/packet.h"

struct nfw_dns_streams;

int nfw_dns_streams_new(size_t max_flows, size_t max_bytes, struct nfw_dns_streams **ret_streams);
struct nfw_dns_streams *nfw_dns_streams_free(struct nfw_dns_streams *streams);

/*
 * Takes a segment. from_guest tells the direction. Every message that it completes is handed to the callback,
 * in order; the data is valid during the call only. 0 or a negative errno (the callback's or -ENOMEM).
 */
int nfw_dns_streams_push(struct nfw_dns_streams *streams,
                         const struct nfw_dns_flow *flow,
                         bool from_guest,
                         const struct nfw_packet *segment,
                         uint64_t now_ms,
                         int (*callback)(const void *message, size_t size, void *userdata),
                         void *userdata);
size_t nfw_dns_streams_n_flows(const struct nfw_dns_streams *streams);
size_t nfw_dns_streams_n_bytes(const struct nfw_dns_streams *streams);
