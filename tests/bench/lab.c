/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define RECEIVE_TIMEOUT_S 5

int lab_here(void) {
        int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                bench_fail("the network namespace cannot be opened: %s", strerror(errno));
        return fd;
}

int lab_new(void) {
        if (unshare(CLONE_NEWNET) < 0)
                bench_fail("no network namespace: %s", strerror(errno));
        lab_run("ip link set lo up");
        return lab_here();
}

void lab_enter(int namespace) {
        if (setns(namespace, CLONE_NEWNET) < 0)
                bench_fail("entering a namespace: %s", strerror(errno));
}

void lab_run(const char *format, ...) {
        nfw_cleanup(nfw_freep) char *command = NULL;
        va_list arguments;
        int r;

        va_start(arguments, format);
        r = vasprintf(&command, format, arguments);
        va_end(arguments);
        if (r < 0)
                bench_fail("out of memory");
        if (system(command) != 0)
                bench_fail("this command failed: %s", command);
}

static void configure(const char *name, unsigned int n, int self, int other) {
        lab_run("ip addr add 10.128.%u.%d/24 dev %s && ip addr add fd00:%x::%d/64 dev %s nodad && ip link set %s up",
                n, self, name, n, self, name, name);
        lab_run("ip neigh replace 10.128.%u.%d lladdr 02:00:00:00:%02x:%02x nud permanent dev %s", n, other,
                n, other, name);
        lab_run("ip neigh replace fd00:%x::%d lladdr 02:00:00:00:%02x:%02x nud permanent dev %s", n, other, n,
                other, name);
}

void lab_link(int host, const char *near, int guest, const char *far, unsigned int n) {
        lab_enter(host);
        lab_run("ip link add %s address 02:00:00:00:%02x:01 type veth peer name %s address 02:00:00:00:%02x:02 "
                "netns /proc/%d/fd/%d",
                near, n, far, n, (int)getpid(), guest);
        lab_enter(guest);
        configure(far, n, 2, 1);
        lab_run("ip route add default via 10.128.%u.1 && ip route add default via fd00:%x::1", n, n);
        lab_enter(host);
        configure(near, n, 1, 2);
}

static struct sockaddr_in socket_address(const char *address, unsigned int port) {
        struct sockaddr_in result = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

        if (address && inet_pton(AF_INET, address, &result.sin_addr) != 1)
                bench_fail("%s is no address", address);
        return result;
}

int lab_udp(int namespace, const char *address, unsigned int port) {
        const struct timeval timeout = { .tv_sec = RECEIVE_TIMEOUT_S };
        struct sockaddr_in local = socket_address(address, port);
        int before = lab_here(), fd;

        lab_enter(namespace);
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
            bind(fd, (const struct sockaddr *)&local, sizeof(local)) < 0)
                bench_fail("a UDP socket: %s", strerror(errno));
        lab_enter(before);
        (void)close(before);
        return fd;
}

void lab_connect(int fd, const char *address, unsigned int port) {
        struct sockaddr_in remote = socket_address(address, port);

        if (connect(fd, (const struct sockaddr *)&remote, sizeof(remote)) < 0)
                bench_fail("connecting a socket: %s", strerror(errno));
}

void lab_pin(int cpu) {
        cpu_set_t set;

        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        if (sched_setaffinity(0, sizeof(set), &set) < 0)
                bench_fail("binding to processor %d: %s", cpu, strerror(errno));
}

pid_t lab_fork(void (*run)(void *userdata), void *userdata) {
        pid_t parent = getpid(), child = fork();

        if (child < 0)
                bench_fail("fork: %s", strerror(errno));
        if (child == 0) {
                if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
                        _exit(1);
                run(userdata);
                _exit(0);
        }
        return child;
}

void lab_stop(pid_t child) {
        (void)kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
}

void lab_wait(pid_t child) {
        int status;

        if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
                bench_fail("a process of the benchmark failed");
}
