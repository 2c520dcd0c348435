/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../shared/ends.h"
#include "nflog/receiver.h"

#define WITNESS_GROUP 4712
#define TAG_SIZE      8
#define ANSWER_MS     30000

struct wire {
        int guest; /* packet sockets at the far ends */
        int outside;
        struct nfw_nflog *witness;
};

/* Permanent neighbours: nothing but what is sent is on the wires. */
static const char *const commands[] = {
        "ip link add " WIRE_PORT " address 02:00:00:00:00:01 type veth peer name guest0",
        "ip link add up0 address 02:00:00:00:00:02 type veth peer name down0",
        "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 "
        "net.ipv4.conf.default.rp_filter=0",
        "sysctl -qw net.ipv6.conf.guest0.disable_ipv6=1 net.ipv6.conf.down0.disable_ipv6=1 "
        "net.ipv6.conf." WIRE_PORT ".addr_gen_mode=1 net.ipv6.conf.up0.addr_gen_mode=1",
        "ip addr add 10.77.1.1/24 dev " WIRE_PORT,
        "ip addr add fd77:1::1/64 dev " WIRE_PORT " nodad",
        "ip addr add 10.77.2.1/24 dev up0",
        "ip addr add fd77:2::1/64 dev up0 nodad",
        "ip link set guest0 up arp off",
        "ip link set down0 up arp off",
        "ip link set " WIRE_PORT " up",
        "ip link set up0 up",
        /* Until the kernel's workers have seen that the other end is up as well, what is sent is lost. */
        "for link in guest0 down0; do until ip link show dev $link | grep -q 'state UP'; do sleep 0.01; done; done",
        "ip neigh add 10.77.1.2 lladdr 02:00:00:00:00:03 dev " WIRE_PORT,
        "ip neigh add fd77:1::2 lladdr 02:00:00:00:00:03 dev " WIRE_PORT,
        "ip neigh add 10.77.2.2 lladdr 02:00:00:00:00:04 dev up0",
        "ip neigh add fd77:2::2 lladdr 02:00:00:00:00:04 dev up0",
        "ip route add default via 10.77.2.2",
        "ip -6 route add default via fd77:2::2",
        "nft 'table inet witness {"
        " chain before { type filter hook prerouting priority raw;"
        "  iifname " WIRE_PORT " log prefix \"before\" group 4712 queue-threshold 1; };"
        " chain behind { type filter hook prerouting priority dstnat - 1;"
        "  iifname " WIRE_PORT " log prefix \"behind\" group 4712 queue-threshold 1; };"
        /* What the host itself answers would make connections out of new packets. */
        " chain silence { type filter hook output priority raw; drop; };"
        "}'",
};

struct wire *wire_new(void) {
        struct wire *wire = calloc(1, sizeof(*wire));

        if (!wire)
                ends_fail("calloc");
        ends_make(commands, sizeof(commands) / sizeof(commands[0]));
        wire->guest = ends_open("guest0", false);
        wire->outside = ends_open("down0", false);
        if (nfw_nflog_new(WITNESS_GROUP, &wire->witness) != 0)
                ends_fail("nflog");
        return wire;
}

struct wire *wire_free(struct wire *wire) {
        if (!wire)
                return NULL;
        nfw_nflog_free(wire->witness);
        (void)close(wire->guest);
        (void)close(wire->outside);
        free(wire);
        return NULL;
}

static void send_frame(int fd, uint8_t last_of_mac, const void *packet, size_t size) {
        uint8_t frame[ETH_FRAME_LEN] = { 2, 0, 0, 0, 0, last_of_mac, 2, 0, 0, 0, 0, 3 };
        bool ipv4 = *(const uint8_t *)packet >> 4 == 4;
        uint16_t type = htons(ipv4 ? ETH_P_IP : ETH_P_IPV6);

        memcpy(frame + 2 * ETH_ALEN, &type, sizeof(type));
        memcpy(frame + ETH_HLEN, packet, size);
        if (send(fd, frame, ETH_HLEN + size, 0) < 0)
                ends_fail("send");
}

void wire_send_from_guest(struct wire *wire, const void *packet, size_t size) {
        send_frame(wire->guest, 1, packet, size);
}

void wire_send_from_outside(struct wire *wire, const void *packet, size_t size) {
        send_frame(wire->outside, 2, packet, size);
}

/* A datagram that nobody else sends, told by its tag. */
#define SENTINEL UINT64_MAX

static void send_sentinel(struct wire *wire) {
        static const uint8_t packet[] = {
                0x45, 0, 0, 36, 0, 0, 0, 0,  64, 17, 0x64, 0x2d, 10,   77,   1,    2,    10,   77,
                1,    1, 0, 1,  0, 1, 0, 16, 0,  0,  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        };

        wire_send_from_guest(wire, packet, sizeof(packet));
}

struct answer {
        uint64_t first;
        size_t n;
        enum wire_fate *fates;
        bool done;
};

static int on_message(const struct nfw_nflog_message *message, void *userdata) {
        struct answer *answer = userdata;
        uint64_t tag;
        bool before;

        if (message->payload_size < TAG_SIZE)
                return 0;
        memcpy(&tag, message->payload + message->payload_size - TAG_SIZE, TAG_SIZE);
        before = strcmp(message->prefix, "before") == 0;
        /* That it has passed the policy too may be told only when the next ones are waited for. */
        if (tag == SENTINEL && before)
                answer->done = true;
        if (tag - answer->first < answer->n)
                answer->fates[tag - answer->first] = before ? WIRE_DROPPED : WIRE_PASSED;
        return 0;
}

void wire_settle(struct wire *wire, uint64_t first, size_t n, enum wire_fate fates[]) {
        struct answer answer = { .first = first, .n = n, .fates = fates };
        struct pollfd fd = { .fd = nfw_nflog_get_fd(wire->witness), .events = POLLIN };

        for (size_t i = 0; i < n; i++)
                fates[i] = WIRE_UNSEEN;
        send_sentinel(wire);
        while (!answer.done) {
                if (poll(&fd, 1, ANSWER_MS) != 1)
                        ends_fail("waiting for the kernel");
                if (nfw_nflog_dispatch(wire->witness, 64, on_message, &answer) < 0)
                        ends_fail("nflog");
        }
        if (nfw_nflog_n_lost(wire->witness) > 0)
                ends_fail("the kernel lost mirrored packets");
}
