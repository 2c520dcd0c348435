/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A learner in a process of its own, as it runs in earnest, and what it tells of itself. */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct learner_process;

/* What the learner has counted up to now, and the memory of its process. */
struct learner_figures {
        uint64_t n_queries;
        uint64_t n_replies;
        uint64_t n_learned;
        uint64_t n_lost;
        uint64_t n_unasked;
        size_t rss_kib;
        size_t pss_kib;
};

struct learner_options {
        int cpu;  /* -1: any */
        int nice; /* 0: as this program's */
};

/* In the namespace that the program is in. It learns already. */
struct learner_process *learner_process_new(const struct learner_options *options);
void learner_process_free(struct learner_process *process);

/* It answers between two packets. */
void learner_process_ask(struct learner_process *process, struct learner_figures *ret_figures);
