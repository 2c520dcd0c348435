/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "nft/socket-internal.h"

/* For the send buffer: a message has to fit with what the kernel adds for its own book-keeping. */
#define SEND_MARGIN    65536

#define BEGIN_SEQUENCE (NFW_NFT_BATCH_SEQUENCE - 1)

struct bracket {
        struct nlmsghdr header;
        struct nfgenmsg family;
        struct nlattr generation_header;
        uint32_t generation;
};

static void bracket_init(struct bracket *bracket, uint16_t type, uint32_t sequence, uint32_t generation) {
        *bracket = (struct bracket){
                .header = { .nlmsg_len = offsetof(struct bracket, generation_header),
                            .nlmsg_type = type,
                            .nlmsg_flags = NLM_F_REQUEST,
                            .nlmsg_seq = sequence },
                .family = { .nfgen_family = AF_UNSPEC,
                            .version = NFNETLINK_V0,
                            .res_id = htons(NFNL_SUBSYS_NFTABLES) },
                .generation_header = { .nla_len = sizeof(struct nlattr) + sizeof(uint32_t),
                                       .nla_type = NFNL_BATCH_GENID },
                .generation = htonl(generation),
        };
        if (generation != 0)
                bracket->header.nlmsg_len = sizeof(*bracket);
}

/* The kernel takes a batch as one piece, and refuses what does not fit into the send buffer. */
static int make_room(struct nfw_nft_socket *nft, size_t size) {
        int wanted;

        if (size + SEND_MARGIN <= nft->send_size)
                return 0;
        if (size > INT32_MAX / 2 - SEND_MARGIN)
                return -EMSGSIZE;

        wanted = (int)size + SEND_MARGIN;
        if (setsockopt(nft->fd, SOL_SOCKET, SO_SNDBUFFORCE, &wanted, sizeof(wanted)) < 0 &&
            setsockopt(nft->fd, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof(wanted)) < 0)
                return -errno;
        nft->send_size = (size_t)wanted;
        return 0;
}

static int send_batch(struct nfw_nft_socket *nft,
                      struct nfw_nft_batch *batch,
                      uint32_t generation,
                      bool dry_run) {
        struct nlmsghdr *last = nfw_nft_batch_last(batch);
        struct bracket begin, end;
        struct iovec parts[] = {
                { .iov_base = &begin },
                { .iov_base = nfw_nft_batch_data(batch), .iov_len = nfw_nft_batch_size(batch) },
                { .iov_base = &end },
        };
        struct msghdr message = { .msg_iov = parts, .msg_iovlen = dry_run ? 2 : 3 };
        int r;

        r = make_room(nft, nfw_nft_batch_size(batch) + 2 * sizeof(struct bracket));
        if (r < 0)
                return r;

        bracket_init(&begin, NFNL_MSG_BATCH_BEGIN, BEGIN_SEQUENCE, generation);
        bracket_init(&end, NFNL_MSG_BATCH_END, last->nlmsg_seq + 1, 0);
        parts[0].iov_len = begin.header.nlmsg_len;
        parts[2].iov_len = end.header.nlmsg_len;

        last->nlmsg_flags |= NLM_F_ACK;
        r = sendmsg(nft->fd, &message, 0) < 0 ? -errno : 0;
        last->nlmsg_flags &= (uint16_t)~NLM_F_ACK;
        return r;
}

static void take_failure(const struct nfw_nft_batch *batch,
                         const struct nlmsghdr *message,
                         const struct nlmsgerr *error,
                         struct nfw_nft_failure *failure) {
        const struct nfw_nft_origin *origin = nfw_nft_batch_origin(batch, error->msg.nlmsg_seq);
        size_t header = sizeof(*error);
        const struct nlattr *attr;

        *failure = (struct nfw_nft_failure){ .error = -error->error };
        if (origin)
                failure->origin = *origin;

        if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
                return;
        /* Where the refused message came back whole, the attributes stand behind it. */
        if (!(message->nlmsg_flags & NLM_F_CAPPED))
                header += MNL_ALIGN(error->msg.nlmsg_len) - sizeof(error->msg);
        if (header > mnl_nlmsg_get_payload_len(message))
                return;

        mnl_attr_for_each(attr, message,
                          (unsigned int)header) if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
                snprintf(failure->message, sizeof(failure->message), "%.*s", mnl_attr_get_payload_len(attr),
                         mnl_attr_get_str(attr));
}

/*
 * Reads what came back to a batch. An error of the transaction as a whole (the generation, the final check of
 * the graph) is delivered before those of its messages, those in the order of the messages, and the one
 * acknowledgement is asked for on the last of them. So if what comes first is that acknowledgement, all went
 * well, and if it is anything else, it is the cause.
 */
static int receive_result(struct nfw_nft_socket *nft,
                          const struct nfw_nft_batch *batch,
                          struct nfw_nft_failure *failure) {
        uint32_t last = nfw_nft_batch_last(batch)->nlmsg_seq;
        int flags = 0;

        *failure = (struct nfw_nft_failure){ 0 };
        for (;;) {
                const struct nlmsghdr *message = (const void *)nft->buffer;
                ssize_t n = nfw_nft_socket_receive(nft, flags);
                int left = (int)n;

                /* More errors than the receive buffer holds; the first ones are in it. */
                if (n == -ENOBUFS)
                        continue;
                if (n == -EAGAIN)
                        return -failure->error;
                if (n < 0)
                        return (int)n;

                for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
                        const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);

                        if (message->nlmsg_type != NLMSG_ERROR ||
                            mnl_nlmsg_get_payload_len(message) < sizeof(*error) ||
                            message->nlmsg_seq < BEGIN_SEQUENCE || message->nlmsg_seq > last)
                                continue;
                        if (error->error == 0 && failure->error == 0 && message->nlmsg_seq == last)
                                return 0;
                        if (error->error < 0 && failure->error == 0)
                                take_failure(batch, message, error, failure);
                        /* Everything is there by now; the next batch must not find it. */
                        if (failure->error != 0)
                                flags = MSG_DONTWAIT;
                }
        }
}

/*
 * A dry run leaves out the message that ends the batch: the kernel then goes through all of it, checks the graph
 * of chains as for a commit (that is what `nft --check` rests on), and rolls back. What only the commit itself
 * can meet, such as memory running out in it, a dry run does not see.
 */
int nfw_nft_commit(struct nfw_nft_socket *nft,
                   struct nfw_nft_batch *batch,
                   uint32_t generation,
                   bool dry_run,
                   struct nfw_nft_failure *ret_failure) {
        struct nfw_nft_failure failure;
        int r;

        if (nfw_nft_batch_is_empty(batch))
                return 0;

        r = send_batch(nft, batch, generation, dry_run);
        if (r < 0) {
                failure = (struct nfw_nft_failure){ .error = -r };
        } else {
                r = receive_result(nft, batch, &failure);
                if (r == -ERESTART)
                        return NFW_NFT_STALE;
        }
        if (r < 0 && ret_failure) {
                failure.error = -r;
                *ret_failure = failure;
        }
        return r;
}
