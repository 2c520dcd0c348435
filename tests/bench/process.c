/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "process.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

uint64_t process_time(const char *const *arguments) {
        posix_spawn_file_actions_t actions;
        uint64_t begin;
        int status, r;
        pid_t child;

        if (posix_spawn_file_actions_init(&actions) != 0 ||
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0)
                bench_fail("out of memory");

        begin = bench_now();
        r = posix_spawnp(&child, arguments[0], &actions, NULL, (char *const *)(uintptr_t)arguments, environ);
        if (r != 0)
                bench_fail("%s cannot be started: %s", arguments[0], strerror(r));
        if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
                bench_fail("%s failed", arguments[0]);
        begin = bench_now() - begin;
        (void)posix_spawn_file_actions_destroy(&actions);
        return begin;
}

unsigned long process_number(pid_t pid, const char *file, const char *word) {
        unsigned long value = 0;
        char line[512];
        FILE *stream;

        (void)snprintf(line, sizeof(line), "/proc/%d/%s", (int)pid, file);
        stream = fopen(line, "re");
        if (!stream)
                bench_fail("%s cannot be read", line);
        while (fgets(line, sizeof(line), stream))
                if (strncmp(line, word, strlen(word)) == 0)
                        value = strtoul(line + strlen(word), NULL, 10);
        (void)fclose(stream);
        return value;
}
