/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ends.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#define RECEIVE_BUFFER (4 << 20)

void ends_fail(const char *what) {
        fprintf(stderr, "%s: %s\n", what, strerror(errno));
        exit(1);
}

static void stay_on_one_processor(void) {
        cpu_set_t set;

        CPU_ZERO(&set);
        CPU_SET((size_t)sched_getcpu(), &set);
        if (sched_setaffinity(0, sizeof(set), &set) < 0)
                ends_fail("sched_setaffinity");
}

void ends_make(const char *const commands[], size_t n) {
        for (size_t i = 0; i < n; i++)
                if (system(commands[i]) != 0)
                        ends_fail(commands[i]);
        stay_on_one_processor();
}

int ends_open(const char *interface, bool receives) {
        struct sockaddr_ll address = { .sll_family = AF_PACKET,
                                       .sll_protocol = receives ? htons(ETH_P_ALL) : 0,
                                       .sll_ifindex = (int)if_nametoindex(interface) };
        int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | (receives ? SOCK_NONBLOCK : 0), 0);
        int yes = 1, size = RECEIVE_BUFFER;

        if (fd < 0 ||
            (receives && (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) < 0 ||
                          setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)) ||
            bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                ends_fail(interface);
        return fd;
}
