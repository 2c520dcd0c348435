/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reply_floor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>

#include "bench.h"
#include "lab.h"
#include "nflog/receiver.h"
#include "nft/element.h"
#include "nft/names.h"

#define GROUP      99
#define TIMEOUT_MS 3600000

struct floor {
        struct nfw_nflog *nflog; /* only its socket is used */
        int nflog_fd;
        struct mnl_socket *nft;
        size_t address_offset; /* of the address in what nflog sends; 0: not known yet */
        uint8_t batch[1024];
        size_t batch_size;
        uint8_t *key; /* the address in the batch */
};

static void put_bracket(struct floor *floor, uint16_t type) {
        struct nlmsghdr *message = mnl_nlmsg_put_header(floor->batch + floor->batch_size);
        struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

        message->nlmsg_type = type;
        message->nlmsg_flags = NLM_F_REQUEST;
        header->nfgen_family = AF_UNSPEC;
        header->res_id = htons(NFNL_SUBSYS_NFTABLES);
        floor->batch_size += message->nlmsg_len;
}

static void put_element(struct floor *floor, const char *port) {
        const struct nfw_addr addr = { .family = AF_INET, .bytes = { 0xde, 0xad, 0xbe, 0xef } };
        nfw_cleanup(nfw_nft_batch_freep) struct nfw_nft_batch *batch = NULL;
        struct nlmsghdr *message;

        bench_check(nfw_nft_batch_new(NFW_NFT_TABLE_DEFAULT, &batch), "a batch");
        bench_check(nfw_nft_put_grant(batch, NFW_NFT_ADD, NFW_TABLE_INET, "learned4", port, &addr, TIMEOUT_MS,
                                      NULL),
                    "an element");

        message = (void *)(floor->batch + floor->batch_size);
        memcpy(message, nfw_nft_batch_data(batch), nfw_nft_batch_size(batch));
        message->nlmsg_flags |= NLM_F_ACK;
        floor->batch_size += nfw_nft_batch_size(batch);
        floor->key = memmem(message, nfw_nft_batch_size(batch), addr.bytes, 4);
}

struct floor *floor_new(const char *port) {
        struct floor *floor = calloc(1, sizeof(*floor));

        if (!floor)
                bench_fail("out of memory");

        lab_run("nft 'table inet nfwpolicy {"
                " set learned4 { type ifname . ipv4_addr; flags timeout; };"
                " chain mirror { type filter hook postrouting priority 0;"
                " oifname %s udp sport 53 log queue-threshold 1 group %d; }; }'",
                port, GROUP);

        bench_check(nfw_nflog_new(GROUP, &floor->nflog), "nflog");
        floor->nflog_fd = nfw_nflog_get_fd(floor->nflog);
        floor->nft = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
        if (!floor->nft || mnl_socket_bind(floor->nft, 0, MNL_SOCKET_AUTOPID) < 0)
                bench_fail("a netlink socket: %s", strerror(errno));

        put_bracket(floor, NFNL_MSG_BATCH_BEGIN);
        put_element(floor, port);
        put_bracket(floor, NFNL_MSG_BATCH_END);
        return floor;
}

void floor_free(struct floor *floor) {
        nfw_nflog_free(floor->nflog);
        (void)mnl_socket_close(floor->nft);
        free(floor);
}

/* All packets have the same size, so what is found once is at that place in all of them. */
static size_t find_address(const uint8_t *buffer, size_t size) {
        const struct nlmsghdr *message = (const void *)buffer;
        const struct nlattr *attr;

        if (!mnl_nlmsg_ok(message, (int)size))
                bench_fail("nflog sends something strange");
        mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg)) {
                if (mnl_attr_get_type(attr) == NFULA_PAYLOAD)
                        return (size_t)((const uint8_t *)mnl_attr_get_payload(attr) - buffer) +
                               mnl_attr_get_payload_len(attr) - 4;
        }
        bench_fail("nflog sends no payload");
}

void floor_learn(struct floor *floor) {
        _Alignas(struct nlmsghdr) uint8_t buffer[8192];
        const struct nlmsgerr *error;
        ssize_t n;

        n = recv(floor->nflog_fd, buffer, sizeof(buffer), 0);
        if (n < 0)
                bench_fail("nflog: %s", strerror(errno));
        if (floor->address_offset == 0)
                floor->address_offset = find_address(buffer, (size_t)n);
        memcpy(floor->key, buffer + floor->address_offset, 4);

        if (send(mnl_socket_get_fd(floor->nft), floor->batch, floor->batch_size, 0) < 0)
                bench_fail("committing: %s", strerror(errno));
        n = recv(mnl_socket_get_fd(floor->nft), buffer, sizeof(buffer), 0);
        error = mnl_nlmsg_get_payload((const struct nlmsghdr *)buffer);
        if (n < (ssize_t)sizeof(*error) || error->error != 0)
                bench_fail("the floor's element was not taken");
}
