/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/progress.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct progress {
        timer_t timer;
        size_t size;
        char text[128];
};

/* The text was made before, because little may be called here. */
static void tell(int number, siginfo_t *info, void *context) {
        const struct progress *progress = info->si_value.sival_ptr;
        int error = errno;
        ssize_t n;

        (void)number;
        (void)context;
        if (info->si_code == SI_TIMER && progress) {
                n = write(STDERR_FILENO, progress->text, progress->size);
                (void)n;
        }
        errno = error;
}

struct progress *progress_start(const struct cli *cli) {
        struct sigaction action = { .sa_sigaction = tell, .sa_flags = SA_SIGINFO | SA_RESTART };
        struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
        const struct itimerspec after = { .it_value.tv_sec = 1 };
        struct progress *progress;
        int n;

        if (cli->quiet || cli->json || !isatty(STDERR_FILENO))
                return NULL;
        progress = calloc(1, sizeof(*progress));
        if (!progress)
                return NULL;
        n = snprintf(progress->text, sizeof(progress->text),
                     "%s: still working; commands take turns, so this one may wait for another\n",
                     cli->program);
        progress->size = n < (int)sizeof(progress->text) ? (size_t)n : sizeof(progress->text) - 1;

        event.sigev_value.sival_ptr = progress;
        if (sigaction(SIGALRM, &action, NULL) < 0 ||
            timer_create(CLOCK_MONOTONIC, &event, &progress->timer) < 0) {
                free(progress);
                return NULL;
        }
        if (timer_settime(progress->timer, 0, &after, NULL) < 0)
                return progress_stop(progress);
        return progress;
}

void progress_pause(const struct progress *progress) {
        if (progress)
                timer_settime(progress->timer, 0, &(struct itimerspec){ 0 }, NULL);
}

struct progress *progress_stop(struct progress *progress) {
        if (progress) {
                /* This also drops one that is on its way already, which would find what is freed. */
                signal(SIGALRM, SIG_IGN);
                timer_delete(progress->timer);
                free(progress);
        }
        return NULL;
}
