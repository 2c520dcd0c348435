/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>

#include "../shared/ends.h"

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
        /* The bridge hears of it from the kernel's workers. */
        "for port in vnet0 vnet1 vnet2; do"
        " until bridge link show dev $port | grep -q 'state forwarding'; do sleep 0.01; done; done",
};

struct link *link_new(void) {
        struct link *link = calloc(1, sizeof(*link));

        if (!link)
                ends_fail("calloc");
        ends_make(commands, sizeof(commands) / sizeof(commands[0]));
        link->guest = ends_open("guest0", true);
        link->peer = ends_open("peer0", true);
        link->marker = ends_open("marker0", true);
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
                ends_fail("recv");
}

static void send_marker(struct link *link, uint64_t tag) {
        uint8_t frame[ETH_ZLEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0xfe, 0xfe, 0x88, 0xb5 };

        memcpy(frame + sizeof(frame) - sizeof(tag), &tag, sizeof(tag));
        if (send(link->marker, frame, sizeof(frame), 0) < 0)
                ends_fail("send");
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
                        ends_fail("send");
        send_marker(link, arrivals.marker);
        while (!arrivals.done) {
                if (poll(&fd, 1, ANSWER_MS) != 1)
                        ends_fail("waiting for the kernel");
                receive(link->peer, NFW_EGRESS, &arrivals);
        }
        receive(link->guest, NFW_INGRESS, &arrivals);
}
