/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many replies a second a learner on one processor takes without a loss, and what it needs to remember 10,000
 * names. Queries and replies are sent from the other processor, at a rate that is raised until something is lost.
 */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "enforce.h"
#include "guest.h"
#include "lab.h"
#include "learner_process.h"
#include "result.h"

#define N_NAMES      10000
#define TTL_S        3600
#define SECONDS      3 /* of each rate: the buffers alone hold less than that */
#define RATE_MIN     2000
#define RATE_MAX     200000
#define RATE_STEP    1.05
#define SENDER_CPU   0
#define LEARNER_CPU  1
#define BURST_NS     1000000
#define BURST_MAX    1000
#define SENDER_TRIES 3
#define SENDER_HELD  0.95 /* of the rate: less is not what was asked for */

struct mode {
        const char *name;
        unsigned int n_names; /* after that many they are asked for again */
};

static const struct mode modes[] = {
        { "same_names", 1000 },     /* every reply extends a grant */
        { "fresh_names", 1000000 }, /* every reply is a new name, and evicts one when 10,000 are known */
};

struct line {
        struct guest guest;
        struct learner_process *learner;
        unsigned int n_sent;
};

static void exchange(struct line *line, const struct mode *mode) {
        unsigned int name = line->n_sent % mode->n_names;

        guest_prepare(&line->guest, name, name, TTL_S);
        guest_post(&line->guest);
        line->n_sent++;
}

/* Sends for some seconds at the rate, evenly by the millisecond, and tells the rate that it came to. */
static double send_at(struct line *line, const struct mode *mode, double rate) {
        uint64_t begin = bench_now(), now = begin, end = begin + SECONDS * 1000000000ull;
        unsigned int n_before = line->n_sent;

        while (now < end) {
                double n_due = rate * (double)(now - begin + BURST_NS) / 1e9;

                for (unsigned int i = 0; i < BURST_MAX && line->n_sent - n_before < n_due; i++)
                        exchange(line, mode);
                now = bench_now();
        }
        return (line->n_sent - n_before) / ((double)(now - begin) / 1e9);
}

/* What waits is given time to be read before anybody counts. */
static void settle(struct line *line, struct learner_figures *figures) {
        uint64_t n_before;

        learner_process_ask(line->learner, figures);
        do {
                n_before = figures->n_replies;
                bench_sleep_ms(100);
                learner_process_ask(line->learner, figures);
        } while (figures->n_replies != n_before);
}

/* Whether all was learned that was sent at the rate, or at the one that it came to. */
static bool holds(struct line *line, const struct mode *mode, double *rate) {
        struct learner_figures before, after;
        unsigned int n_before;

        settle(line, &before);
        n_before = line->n_sent;
        *rate = send_at(line, mode, *rate);
        settle(line, &after);
        return after.n_lost == before.n_lost && after.n_learned - before.n_learned == line->n_sent - n_before;
}

/* Doubles the rate until it does not hold, and narrows it down between the last two. */
static void find_rate(json_t *result, struct line *line, const struct mode *mode) {
        double good = 0, bad = RATE_MAX, wanted = RATE_MIN, rate;
        size_t n_tries = SENDER_TRIES; /* others may need the sender's processor for a moment */
        char key[64];

        while (n_tries > 0 && bad / (good + 1) > RATE_STEP) {
                rate = wanted;
                if (holds(line, mode, &rate)) {
                        good = NFW_MAX(good, rate);
                        if (rate < wanted * SENDER_HELD) {
                                n_tries--;
                                continue;
                        }
                } else
                        bad = wanted;
                if (bad < RATE_MIN / 16)
                        bench_fail("replies get lost at any rate");
                wanted = bad == RATE_MAX ? NFW_MIN(2 * wanted, RATE_MAX) : (good + bad) / 2;
        }

        (void)snprintf(key, sizeof(key), "replies_without_loss_per_s_%s", mode->name);
        result_number(result, key, good);
        (void)snprintf(key, sizeof(key), "limited_by_%s", mode->name);
        result_text(result, key, n_tries > 0 ? "learner" : "sender");
}

static void measure_memory(json_t *result, struct line *line) {
        static const struct mode mode = { "memory", N_NAMES };
        struct learner_figures before, after;

        learner_process_ask(line->learner, &before);
        for (size_t i = 0; i < N_NAMES; i++) {
                exchange(line, &mode);
                if (i % 64 == 0)
                        bench_sleep_ms(2);
        }
        settle(line, &after);
        if (after.n_learned - before.n_learned != N_NAMES)
                bench_fail("not all of the names were learned");

        result_count(result, "names", N_NAMES);
        result_count(result, "learner_rss_before_kib", before.rss_kib);
        result_count(result, "learner_rss_at_names_kib", after.rss_kib);
        result_count(result, "learner_pss_before_kib", before.pss_kib);
        result_count(result, "learner_pss_at_names_kib", after.pss_kib);
        result_number(result, "learner_octets_per_name",
                      (double)(after.pss_kib - before.pss_kib) * 1024 / N_NAMES);
}

static void line_init(struct line *line) {
        struct nfw_context *context;

        *line = (struct line){ 0 };
        int host = lab_new();
        guest_init(&line->guest, host, "port", 1);
        context = enforce_context();
        enforce_load(context, "bench", enforce_names_policy, "port", 0);
        line->learner = learner_process_new(&(struct learner_options){ .cpu = LEARNER_CPU });
        nfw_context_free(context);
        (void)close(host);
}

static void line_deinit(struct line *line) {
        learner_process_free(line->learner);
        guest_deinit(&line->guest);
}

int main(void) {
        struct line line;
        json_t *result;

        bench_begin();
        if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
                (void)fprintf(stderr, "skipped: this takes two processors\n");
                return BENCH_SKIP;
        }
        lab_pin(SENDER_CPU);

        result = result_new("throughput",
                            "DNS replies that a learner on one processor takes without a loss, and its "
                            "memory at 10,000 names of one port");
        result_count(result, "seconds_at_each_rate", SECONDS);
        line_init(&line);
        measure_memory(result, &line);
        line_deinit(&line);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(modes); i++) {
                line_init(&line);
                find_rate(result, &line, &modes[i]);
                line_deinit(&line);
        }
        result_print(result);
        return 0;
}
