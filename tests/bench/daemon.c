/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench.h"
#include "lab.h"

static void run_daemon(void *userdata) {
        char *const *arguments = userdata;

        (void)execv(arguments[0], arguments);
}

uint64_t daemon_start(const char *const *arguments, pid_t *ret_child) {
        const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = BENCH_STATE "/notify" };
        char said[256];
        uint64_t begin;
        int fd;

        (void)unlink(address.sun_path);
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                bench_fail("a socket for the daemon's notice");
        (void)setenv("NOTIFY_SOCKET", address.sun_path, 1);

        begin = bench_now();
        *ret_child = lab_fork(run_daemon, (void *)arguments);
        if (recv(fd, said, sizeof(said), 0) <= 0)
                bench_fail("the daemon does not say that it is ready");
        begin = bench_now() - begin;
        (void)close(fd);
        return begin;
}
