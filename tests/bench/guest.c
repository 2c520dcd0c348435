/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "lab.h"

#define GUEST_PORT 5300

void guest_init(struct guest *guest, int host, const char *port, unsigned int n) {
        char guest_address[32], server_address[32];

        guest->ns = lab_new();
        lab_link(host, port, guest->ns, "eth0", n);

        (void)snprintf(guest_address, sizeof(guest_address), "10.128.%u.2", n);
        (void)snprintf(server_address, sizeof(server_address), "10.128.%u.1", n);
        guest->fd = lab_udp(guest->ns, guest_address, GUEST_PORT);
        guest->server_fd = lab_udp(host, server_address, 53);
        lab_connect(guest->fd, server_address, 53);
        lab_connect(guest->server_fd, guest_address, GUEST_PORT);
}

void guest_deinit(struct guest *guest) {
        (void)close(guest->fd);
        (void)close(guest->server_fd);
        (void)close(guest->ns);
}

void guest_prepare(struct guest *guest, unsigned int name, unsigned int address, uint32_t ttl) {
        bench_dns_query(guest->query, (uint16_t)name, name);
        bench_dns_reply(guest->reply, (uint16_t)name, name, ttl, bench_dns_address(address));
}

static void send_all(int fd, const void *data, size_t size) {
        if (send(fd, data, size, 0) != (ssize_t)size)
                bench_fail("sending a message: %s", strerror(errno));
}

static void receive(int fd) {
        uint8_t buffer[512];

        if (recv(fd, buffer, sizeof(buffer), 0) < 0)
                bench_fail("a message did not arrive: %s", strerror(errno));
}

void guest_ask(struct guest *guest) {
        send_all(guest->fd, guest->query, sizeof(guest->query));
        receive(guest->server_fd);
}

void guest_answer(struct guest *guest) {
        send_all(guest->server_fd, guest->reply, sizeof(guest->reply));
}

void guest_post(struct guest *guest) {
        send_all(guest->fd, guest->query, sizeof(guest->query));
        send_all(guest->server_fd, guest->reply, sizeof(guest->reply));
}

void guest_take(struct guest *guest) {
        receive(guest->fd);
}
