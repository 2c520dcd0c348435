/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flows.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>

#include "bench.h"
#include "lab.h"

#define FIRST_PORT   20000
#define ARRIVAL_MS   1
#define MAX_ATTEMPTS 100000

static int open_socket(int namespace, int family, int protocol) {
        int before = lab_here(), fd;

        lab_enter(namespace);
        fd = socket(family, family == AF_PACKET ? SOCK_DGRAM | SOCK_CLOEXEC : SOCK_RAW | SOCK_CLOEXEC,
                    protocol);
        if (fd < 0)
                bench_fail("a raw socket: %s", strerror(errno));
        lab_enter(before);
        (void)close(before);
        return fd;
}

void sender_init(struct sender *sender, int namespace) {
        int checksum = offsetof(struct udphdr, check), size = 1;

        sender->fd4 = open_socket(namespace, AF_INET, IPPROTO_UDP);
        sender->fd6 = open_socket(namespace, AF_INET6, IPPROTO_UDP);
        if (setsockopt(sender->fd6, IPPROTO_IPV6, IPV6_CHECKSUM, &checksum, sizeof(checksum)) < 0)
                bench_fail("a raw socket: %s", strerror(errno));
        /* What comes back is not wanted. */
        (void)setsockopt(sender->fd4, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
        (void)setsockopt(sender->fd6, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

void sender_deinit(struct sender *sender) {
        (void)close(sender->fd4);
        (void)close(sender->fd6);
}

void flows_deinit(struct flows *flows) {
        nfw_vec_deinit(&flows->vec);
}

static void send_packet(const struct sender *sender,
                        const struct mixed_destination *destination,
                        uint16_t source_port) {
        struct sockaddr_in ipv4 = destination->ipv4_address;
        struct sockaddr_in6 ipv6 = destination->ipv6_address;
        struct udphdr header = {
                .source = htons(source_port),
                .dest = destination->ipv6 ? ipv6.sin6_port : ipv4.sin_port,
                .len = htons(sizeof(header)),
        };
        ssize_t n;

        /* The port of a raw socket's address is its protocol. */
        ipv4.sin_port = ipv6.sin6_port = 0;
        n = destination->ipv6 ? sendto(sender->fd6, &header, sizeof(header), 0,
                                       (const struct sockaddr *)&ipv6, sizeof(ipv6))
                              : sendto(sender->fd4, &header, sizeof(header), 0,
                                       (const struct sockaddr *)&ipv4, sizeof(ipv4));
        if (n != sizeof(header))
                bench_fail("sending a packet: %s", strerror(errno));
}

void flows_send(const struct flows *flows, const struct sender *sender) {
        for (size_t i = 0; i < flows->vec.n; i++)
                send_packet(sender, &flows->vec.items[i], (uint16_t)(FIRST_PORT + i));
}

/* Whether the packet from that source port has come, or comes soon. */
static bool arrives(int watcher, uint16_t source_port) {
        struct pollfd fd = { .fd = watcher, .events = POLLIN };
        uint8_t packet[2048];

        while (poll(&fd, 1, ARRIVAL_MS) == 1) {
                ssize_t n = recv(watcher, packet, sizeof(packet), MSG_DONTWAIT);
                ssize_t header = packet[0] >> 4 == 6 ? 40 : 20;
                uint16_t port;

                if (n < header + (ssize_t)sizeof(struct udphdr))
                        continue;
                memcpy(&port, packet + header, sizeof(port));
                if (port == htons(source_port))
                        return true;
        }
        return false;
}

static void choose(const struct mixed *mixed,
                   unsigned int attempt,
                   struct mixed_destination *ret_destination) {
        unsigned int rule = (attempt * 2654435761u >> 8) % mixed->n_rules;

        mixed_destination(mixed, rule, attempt, ret_destination);
        if (attempt % 8 == 0) {
                ret_destination->ipv6 = false;
                ret_destination->ipv4_address = (struct sockaddr_in){
                        .sin_family = AF_INET,
                        .sin_port = htons(443),
                        .sin_addr.s_addr = htonl((14u << 24) + attempt),
                };
        }
}

void flows_find(const struct mixed *mixed,
                const struct sender *sender,
                int destination_namespace,
                size_t n,
                struct flows *ret_allowed,
                struct flows *ret_denied) {
        int watcher = open_socket(destination_namespace, AF_PACKET, htons(ETH_P_ALL));

        for (unsigned int i = 0; ret_allowed->vec.n < n || ret_denied->vec.n < n; i++) {
                struct mixed_destination destination;
                uint16_t source_port = (uint16_t)(1024 + i % 60000);
                struct flows *flows;

                if (i == MAX_ATTEMPTS)
                        bench_fail("a policy of %u rules lets everything through, or nothing",
                                   mixed->n_rules);
                choose(mixed, i, &destination);
                send_packet(sender, &destination, source_port);
                flows = arrives(watcher, source_port) ? ret_allowed : ret_denied;
                if (flows->vec.n < n)
                        bench_check(nfw_vec_push(&flows->vec, destination), "keeping a flow");
        }
        (void)close(watcher);
}
