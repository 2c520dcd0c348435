/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "learner_process.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nfwpolicy/nfwpolicy.h>

#include "bench.h"
#include "enforce.h"
#include "lab.h"

struct learner_process {
        pid_t child;
        int fd; /* to the child */
        int child_fd;
        struct learner_options options;
};

static void read_memory(struct learner_figures *figures) {
        char line[256];
        FILE *stream = fopen("/proc/self/smaps_rollup", "re");

        if (!stream)
                bench_fail("the memory of the learner cannot be read: %s", strerror(errno));
        while (fgets(line, sizeof(line), stream)) {
                (void)sscanf(line, "Rss: %zu", &figures->rss_kib);
                (void)sscanf(line, "Pss: %zu", &figures->pss_kib);
        }
        (void)fclose(stream);
}

static void tell(const struct nfw_learner *learner, int fd) {
        struct learner_figures figures = {
                .n_queries = nfw_learner_counter(learner, NFW_COUNTER_QUERIES),
                .n_replies = nfw_learner_counter(learner, NFW_COUNTER_REPLIES),
                .n_learned = nfw_learner_counter(learner, NFW_COUNTER_LEARNED),
                .n_lost = nfw_learner_counter(learner, NFW_COUNTER_LOST),
                .n_unasked = nfw_learner_counter(learner, NFW_COUNTER_UNASKED),
        };

        read_memory(&figures);
        if (send(fd, &figures, sizeof(figures), MSG_NOSIGNAL) != sizeof(figures))
                exit(0);
}

static void drop_events(struct nfw_learner *learner) {
        struct nfw_event *event;

        while (nfw_learner_pop_event(learner, &event) == 0)
                nfw_event_free(event);
}

static void learn(void *userdata) {
        const struct learner_process *process = userdata;
        struct nfw_context *context = enforce_context();
        struct nfw_learner *learner;
        struct pollfd fds[2];

        (void)close(process->fd);
        if (process->options.cpu >= 0)
                lab_pin(process->options.cpu);
        if (process->options.nice != 0 && setpriority(PRIO_PROCESS, 0, process->options.nice) < 0)
                bench_fail("the priority of the learner: %s", strerror(errno));
        bench_check(nfw_learner_new(context, NULL, &learner), "the learner");
        tell(learner, process->child_fd);

        fds[0] = (struct pollfd){ .fd = nfw_learner_get_fd(learner), .events = POLLIN };
        fds[1] = (struct pollfd){ .fd = process->child_fd, .events = POLLIN };
        for (;;) {
                char question;

                if (poll(fds, NFW_ARRAY_SIZE(fds), -1) < 0)
                        bench_fail("poll: %s", strerror(errno));
                if (fds[0].revents) {
                        bench_check(nfw_learner_dispatch(learner), "the learner");
                        drop_events(learner);
                }
                if (fds[1].revents) {
                        if (recv(process->child_fd, &question, 1, 0) != 1)
                                exit(0);
                        tell(learner, process->child_fd);
                }
        }
}

static void receive(struct learner_process *process, struct learner_figures *figures) {
        if (recv(process->fd, figures, sizeof(*figures), 0) != sizeof(*figures))
                bench_fail("the learner has ended");
}

struct learner_process *learner_process_new(const struct learner_options *options) {
        struct learner_process *process = calloc(1, sizeof(*process));
        struct learner_figures figures;
        int fds[2];

        if (!process || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
                bench_fail("no learner: %s", strerror(errno));
        process->fd = fds[0];
        process->child_fd = fds[1];
        process->options = *options;
        process->child = lab_fork(learn, process);
        (void)close(process->child_fd);
        receive(process, &figures);
        return process;
}

void learner_process_free(struct learner_process *process) {
        lab_stop(process->child);
        (void)close(process->fd);
        free(process);
}

void learner_process_ask(struct learner_process *process, struct learner_figures *ret_figures) {
        if (send(process->fd, "?", 1, MSG_NOSIGNAL) != 1)
                bench_fail("the learner has ended");
        receive(process, ret_figures);
}
