/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dns/stream.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/queue.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"
#include "base/siphash.h"
#include "base/uthash.h"
#include "dns/flow.h"
#include "dns/stream_buffer.h"

/*
 * A segment this far ahead of what we wait for is none that the mirror merely reordered: too much was lost. To
 * wait on would let a patient sender come round the whole sequence space and make us start to read where no
 * message starts.
 */
#define MAX_AHEAD (1U << 20)

#define IDLE_MS   (10 * 60 * UINT64_C(1000))

struct direction {
        struct nfw_dns_stream_buffer buffer;
        uint32_t initial; /* the sequence number of the SYN */
        uint32_t next;    /* and of the octet that comes next */
        bool is_open;     /* a SYN told where the numbers begin, and no FIN was reached */
};

struct stream {
        struct nfw_dns_flow_key key;
        struct direction guest;
        struct direction server;
        bool guest_began;
        bool server_began;
        uint64_t used_ms;
        UT_hash_handle hh;
        TAILQ_ENTRY(stream) by_use;
};

struct nfw_dns_streams {
        struct nfw_siphash_key key;
        struct stream *streams;
        TAILQ_HEAD(, stream) by_use; /* the one that was quiet for longest first */
        size_t n_flows;
        size_t n_bytes;
        size_t max_flows;
        size_t max_bytes;
};

int nfw_dns_streams_new(size_t max_flows, size_t max_bytes, struct nfw_dns_streams **ret_streams) {
        nfw_cleanup(nfw_freep) struct nfw_dns_streams *streams = NULL;
        int r;

        if (max_flows == 0)
                return -EINVAL;

        streams = calloc(1, sizeof(*streams));
        if (!streams)
                return -ENOMEM;
        r = nfw_siphash_key_init(&streams->key);
        if (r < 0)
                return r;
        TAILQ_INIT(&streams->by_use);
        streams->max_flows = max_flows;
        streams->max_bytes = max_bytes;

        *ret_streams = nfw_steal(streams);
        return 0;
}

static void forget(struct nfw_dns_streams *streams, struct stream *stream) {
        streams->n_bytes -= stream->guest.buffer.size + stream->server.buffer.size;
        streams->n_flows--;
        nfw_dns_stream_buffer_deinit(&stream->guest.buffer);
        nfw_dns_stream_buffer_deinit(&stream->server.buffer);
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what is in the table has a table. */
        HASH_DEL(streams->streams, stream);
        TAILQ_REMOVE(&streams->by_use, stream, by_use);
        free(stream);
}

struct nfw_dns_streams *nfw_dns_streams_free(struct nfw_dns_streams *streams) {
        struct stream *stream;

        if (!streams)
                return NULL;

        while ((stream = TAILQ_FIRST(&streams->by_use)))
                forget(streams, stream);
        free(streams);
        return NULL;
}

static void forget_idle(struct nfw_dns_streams *streams, uint64_t now_ms) {
        struct stream *stream;

        while ((stream = TAILQ_FIRST(&streams->by_use))) {
                if (now_ms < stream->used_ms || now_ms - stream->used_ms < IDLE_MS)
                        return;
                forget(streams, stream);
        }
}

static int add_stream(struct nfw_dns_streams *streams,
                      const struct nfw_dns_flow_key *key,
                      unsigned int hash,
                      struct stream **ret_stream) {
        struct stream *stream;

        if (streams->n_flows >= streams->max_flows)
                forget(streams, TAILQ_FIRST(&streams->by_use));

        stream = calloc(1, sizeof(*stream));
        if (!stream)
                return -ENOMEM;
        stream->key = *key;
        HASH_ADD_KEYPTR_BYHASHVALUE(hh, streams->streams, &stream->key, sizeof(*key), hash, stream);
        if (!stream->hh.tbl) {
                free(stream);
                return -ENOMEM;
        }
        TAILQ_INSERT_TAIL(&streams->by_use, stream, by_use);
        streams->n_flows++;

        *ret_stream = stream;
        return 0;
}

/* Other flows make room, the quietest first, this one (the last) never. */
static int make_room(struct nfw_dns_streams *streams, const struct stream *stream, size_t n_more) {
        struct stream *other;

        while (n_more > 0 && streams->n_bytes + n_more > streams->max_bytes) {
                other = TAILQ_FIRST(&streams->by_use);
                if (other == stream)
                        return NFW_E_REFUSED;
                forget(streams, other);
        }
        return 0;
}

static int push_payload(struct nfw_dns_streams *streams,
                        const struct stream *stream,
                        struct direction *direction,
                        const uint8_t *data,
                        size_t size,
                        int (*callback)(const void *message, size_t size, void *userdata),
                        void *userdata) {
        struct nfw_dns_stream_buffer *buffer = &direction->buffer;
        size_t size_before = buffer->size;
        int r;

        r = make_room(streams, stream, nfw_dns_stream_buffer_bound(buffer, size) - size_before);
        if (r)
                return r;

        r = nfw_dns_stream_buffer_push(buffer, data, size, callback, userdata);
        streams->n_bytes = streams->n_bytes - size_before + buffer->size;
        direction->next += (uint32_t)size;
        return r;
}

/*
 * Takes what is new in the segment. What came before is skipped; what comes too early is not kept, for its
 * sender sends it again unless it reached its receiver and only our copy of a segment was lost: then the flow
 * stalls here for good. NFW_E_INVALID where the flow cannot be followed any more.
 */
static int push_segment(struct nfw_dns_streams *streams,
                        const struct stream *stream,
                        struct direction *direction,
                        const struct nfw_packet *segment,
                        int (*callback)(const void *message, size_t size, void *userdata),
                        void *userdata) {
        uint32_t sequence = segment->tcp_sequence + (segment->tcp_flags & TH_SYN ? 1 : 0);
        uint32_t skip = direction->next - sequence;
        int r;

        /* Sequence numbers go round: the difference tells before from after (RFC 9293, section 3.4). */
        if (skip > INT32_MAX)
                return sequence - direction->next > MAX_AHEAD ? NFW_E_INVALID : 0;

        if (segment->payload_size > skip) {
                r = push_payload(streams, stream, direction, segment->payload + skip,
                                 segment->payload_size - skip, callback, userdata);
                if (r)
                        return r;
        }

        if ((segment->tcp_flags & TH_FIN) && sequence + (uint32_t)segment->payload_size == direction->next) {
                streams->n_bytes -= direction->buffer.size;
                nfw_dns_stream_buffer_deinit(&direction->buffer);
                direction->is_open = false;
        }
        return 0;
}

static void open_direction(struct nfw_dns_streams *streams, struct direction *direction, uint32_t sequence) {
        streams->n_bytes -= direction->buffer.size;
        nfw_dns_stream_buffer_deinit(&direction->buffer);
        direction->initial = sequence;
        direction->next = sequence + 1;
        direction->is_open = true;
}

/*
 * Brings the flow up to the segment's flags. NFW_E_INVALID where they make no sense here or end the flow.
 * Urgent data is left out of what the application reads, so what the server reads is not known any more.
 */
static int push_flags(struct nfw_dns_streams *streams,
                      struct stream *stream,
                      bool from_guest,
                      const struct nfw_packet *segment) {
        uint8_t flags = segment->tcp_flags;

        if (flags & (TH_RST | TH_URG))
                return NFW_E_INVALID;
        if (!(flags & TH_SYN))
                return 0;

        if ((flags & TH_FIN) || from_guest == !!(flags & TH_ACK))
                return NFW_E_INVALID;

        if (from_guest) {
                /* Sent again because the answer was late, or a new connection with the same ports. */
                if (stream->guest_began && segment->tcp_sequence == stream->guest.initial)
                        return 0;
                open_direction(streams, &stream->guest, segment->tcp_sequence);
                stream->guest_began = true;
                stream->server.is_open = stream->server_began = false;
                return 0;
        }

        if (stream->server_began)
                return segment->tcp_sequence == stream->server.initial ? 0 : NFW_E_INVALID;
        open_direction(streams, &stream->server, segment->tcp_sequence);
        stream->server_began = true;
        return 0;
}

int nfw_dns_streams_push(struct nfw_dns_streams *streams,
                         const struct nfw_dns_flow *flow,
                         bool from_guest,
                         const struct nfw_packet *segment,
                         uint64_t now_ms,
                         int (*callback)(const void *message, size_t size, void *userdata),
                         void *userdata) {
        struct nfw_dns_flow_key key;
        struct direction *direction;
        struct stream *stream;
        unsigned int hash;
        int r = 0;

        forget_idle(streams, now_ms);

        nfw_dns_flow_key_init(&key, flow);
        hash = (unsigned int)nfw_siphash(&streams->key, &key, sizeof(key));
        HASH_FIND_BYHASHVALUE(hh, streams->streams, &key, sizeof(key), hash, stream);
        if (!stream) {
                /* Where a message starts is known from the beginning of a connection only. */
                if (!from_guest ||
                    (segment->tcp_flags & (TH_SYN | TH_ACK | TH_RST | TH_FIN | TH_URG)) != TH_SYN)
                        return 0;
                r = add_stream(streams, &key, hash, &stream);
                if (r < 0)
                        return r;
        }

        stream->used_ms = now_ms;
        TAILQ_REMOVE(&streams->by_use, stream, by_use);
        TAILQ_INSERT_TAIL(&streams->by_use, stream, by_use);

        r = push_flags(streams, stream, from_guest, segment);
        if (r) {
                forget(streams, stream);
                return 0;
        }

        direction = from_guest ? &stream->guest : &stream->server;
        if (direction->is_open)
                r = push_segment(streams, stream, direction, segment, callback, userdata);
        if (r || (stream->server_began && !stream->guest.is_open && !stream->server.is_open))
                forget(streams, stream);
        return r < 0 ? r : 0;
}

size_t nfw_dns_streams_n_flows(const struct nfw_dns_streams *streams) {
        return streams->n_flows;
}

size_t nfw_dns_streams_n_bytes(const struct nfw_dns_streams *streams) {
        return streams->n_bytes;
}
