/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

void bench_fail(const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        (void)vfprintf(stderr, format, arguments);
        va_end(arguments);
        (void)fputc('\n', stderr);
        exit(1);
}

void bench_check(int r, const char *what) {
        if (r < 0)
                bench_fail("%s: %s", what, strerror(-r));
        if (r > 0)
                bench_fail("%s: condition %d", what, r);
}

void bench_begin(void) {
        if (geteuid() != 0 || unshare(CLONE_NEWNET | CLONE_NEWNS) < 0) {
                (void)fprintf(stderr, "skipped: network namespaces need root\n");
                exit(BENCH_SKIP);
        }
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("tmpfs", BENCH_STATE, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") < 0) {
                (void)fprintf(stderr, "skipped: mounting a file system of its own: %s\n", strerror(errno));
                exit(BENCH_SKIP);
        }
}

uint64_t bench_now(void) {
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void bench_sleep_ms(unsigned int ms) {
        struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

        while (nanosleep(&left, &left) < 0 && errno == EINTR)
                continue;
}
