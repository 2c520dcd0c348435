/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#define ANSWER_MS 30000

struct link {
        int guest;
        int peer;
        int marker; /* sends what nobody filters */
        uint64_t n_markers;
};

static const char *const commands[] = {
        "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1",
        /* Where a module would have packets of bridges checked, and dropped, for iptables. */
        "! test -d /proc/sys/net/bridge || sysctl -qw net.bridge.bridge-nf-call-iptables=0 "
        "net.bridge.bridge-nf-call-ip6tables=0 net.bridge.bridge-nf-call-arptables=0",
        "ip link add br0 type bridge mcast_snooping 0 forward_delay 0",
        "ip link set br0 up",
        "ip link add vnet0 type veth peer name guest0",
        "ip link add vnet1 type veth peer name peer0",
        "ip link add vnet2 type veth peer name marker0",
        "ip link add vnet3 type veth peer name other0",
        "for port in vnet0 vnet1 vnet2 vnet3; do"
        " ip link set $port master br0 && ip link set $port type bridge_slave learning off || exit 1; done",
        "for port in vnet0 vnet1 vnet2 guest0 peer0 marker0; do ip link set $port arp off up || exit 1; done",
};

static void fail(const char *what) {
        fprintf(stderr, "%s: %s\n", what, strerror(errno));
        exit(1);
}

static void stay_on_one_processor(void) {
        cpu_set_t set;

        CPU_ZERO(&set);
        CPU_SET((size_t)sched_getcpu(), &set);
        if (sched_setaffinity(0, sizeof(set), &set) < 0)
                fail("sched_setaffinity");
}

static int open_end(const char *interface) {
        struct sockaddr_ll address = { .sll_family = AF_PACKET,
                                       .sll_protocol = htons(ETH_P_ALL),
                                       .sll_ifindex = (int)if_nametoindex(interface) };
        int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1, size = 4 << 20;

        if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) < 0 ||
            setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 ||
            bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                fail(interface);
        return fd;
}

struct link *link_new(void) {
        struct link *link = calloc(1, sizeof(*link));

        if (!link)
                fail("calloc");
        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
                if (system(commands[i]) != 0)
                        fail(commands[i]);
        stay_on_one_processor();
        link->guest = open_end("guest0");
        link->peer = open_end("peer0");
        link->marker = open_end("marker0");
        return link;
}

struct link *link_free(struct link *link) {
        if (!link)
                return NULL;
        (void)close(link->guest);
        (void)close(link->peer);
        (void)close(link->marker);
        free(link);
        return NULL;
}

/* How they come back: whose tag is that, and when has all that was sent come out. */
struct arrivals {
        const struct frame *frames;
        size_t n;
        uint64_t first;
        uint64_t marker;
        bool *passed;
        bool done;
};

static void receive(int fd, enum nfw_direction direction, struct arrivals *arrivals) {
        uint8_t bytes[2048];
        ssize_t size;

        while ((size = recv(fd, bytes, sizeof(bytes), 0)) >= 0) {
                uint64_t tag;

                if (size < (ssize_t)sizeof(tag))
                        continue;
                memcpy(&tag, bytes + size - sizeof(tag), sizeof(tag));
                if (tag == arrivals->marker)
                        arrivals->done = true;
                else if (tag - arrivals->first < arrivals->n &&
                         arrivals->frames[tag - arrivals->first].direction == direction)
                        arrivals->passed[tag - arrivals->first] = true;
        }
        if (errno != EAGAIN)
                fail("recv");
}

static void send_marker(struct link *link, uint64_t tag) {
        uint8_t frame[ETH_ZLEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0xfe, 0xfe, 0x88, 0xb5 };

        memcpy(frame + sizeof(frame) - sizeof(tag), &tag, sizeof(tag));
        if (send(link->marker, frame, sizeof(frame), 0) < 0)
                fail("send");
}

void link_send(struct link *link, const struct frame frames[], size_t n, uint64_t first, bool ret_passed[]) {
        struct arrivals arrivals = {
                .frames = frames, .n = n, .first = first, .marker = ~++link->n_markers, .passed = ret_passed
        };
        struct pollfd fd = { .fd = link->peer, .events = POLLIN };

        memset(ret_passed, 0, n * sizeof(*ret_passed));
        for (size_t i = 0; i < n; i++)
                if (send(frames[i].direction == NFW_EGRESS ? link->guest : link->peer, frames[i].bytes,
                         frames[i].size, 0) < 0)
                        fail("send");
        send_marker(link, arrivals.marker);
        while (!arrivals.done) {
                if (poll(&fd, 1, ANSWER_MS) != 1)
                        fail("waiting for the kernel");
                receive(link->peer, NFW_EGRESS, &arrivals);
        }
        receive(link->guest, NFW_INGRESS, &arrivals);
}
