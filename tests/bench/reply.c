/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a DNS reply to the set element that opens its address: the learner against the least that any program
 * must do, by turns. Both live in this process, each in a namespace with a guest of its own; packets take the
 * same way to both.
 */
#include <poll.h>

#include <nfwpolicy/nfwpolicy.h>

#include "bench.h"
#include "enforce.h"
#include "guest.h"
#include "lab.h"
#include "reply_floor.h"
#include "result.h"

#define N_WARM_UP 500
#define N_SAMPLES 30000
#define TTL_S     3600

/* A reply's time in two parts: the kernel's, until it is mirrored, and the learner's, until it is committed. */
struct times {
        struct samples whole;
        struct samples learner;
};

static void wait_and_dispatch(struct nfw_learner *learner) {
        struct pollfd fd = { .fd = nfw_learner_get_fd(learner), .events = POLLIN };

        if (poll(&fd, 1, 5000) != 1)
                bench_fail("nothing was mirrored to the learner");
        bench_check(nfw_learner_dispatch(learner), "the learner");
}

static void drop_events(struct nfw_learner *learner) {
        struct nfw_event *event;

        while (nfw_learner_pop_event(learner, &event) == 0)
                nfw_event_free(event);
}

static void add(struct times *times, uint64_t sent, uint64_t mirrored, uint64_t committed) {
        samples_add(&times->whole, committed - sent);
        samples_add(&times->learner, committed - mirrored);
}

static void measure_learner(struct nfw_learner *learner,
                            struct guest *guest,
                            unsigned int i,
                            struct times *times) {
        uint64_t n_learned = nfw_learner_counter(learner, NFW_COUNTER_LEARNED), sent, mirrored, committed;

        guest_prepare(guest, i, i, TTL_S);
        guest_ask(guest);
        wait_and_dispatch(learner);

        sent = bench_now();
        guest_answer(guest);
        mirrored = bench_now();
        wait_and_dispatch(learner);
        committed = bench_now();

        if (nfw_learner_counter(learner, NFW_COUNTER_LEARNED) != n_learned + 1)
                bench_fail("a reply was not learned");
        guest_take(guest);
        drop_events(learner);
        add(times, sent, mirrored, committed);
}

static void measure_floor(struct floor *floor, struct guest *guest, unsigned int i, struct times *times) {
        uint64_t sent, mirrored, committed;

        guest_prepare(guest, i, i, TTL_S);
        guest_ask(guest);

        sent = bench_now();
        guest_answer(guest);
        mirrored = bench_now();
        floor_learn(floor);
        committed = bench_now();

        guest_take(guest);
        add(times, sent, mirrored, committed);
}

static double ratio(struct samples *a, struct samples *b, double share) {
        return (double)samples_quantile(a, share) / (double)samples_quantile(b, share);
}

static void report(struct times *learner, struct times *floor) {
        json_t *result = result_new("reply", "from a DNS reply being sent (reply_to_element) or mirrored "
                                             "(mirror_to_element) to its committed set element");

        result_count(result, "samples_each", N_SAMPLES);
        result_quantiles(result, "reply_to_element_us", &learner->whole, NS_PER_US);
        result_quantiles(result, "floor_reply_to_element_us", &floor->whole, NS_PER_US);
        result_quantiles(result, "mirror_to_element_us", &learner->learner, NS_PER_US);
        result_quantiles(result, "floor_mirror_to_element_us", &floor->learner, NS_PER_US);
        result_aim(result, "reply_to_element_p50_over_floor", 2, ratio(&learner->whole, &floor->whole, 0.5));
        result_aim(result, "reply_to_element_p99_over_floor", 2, ratio(&learner->whole, &floor->whole, 0.99));
        result_aim(result, "mirror_to_element_p50_over_floor", 2,
                   ratio(&learner->learner, &floor->learner, 0.5));
        result_aim(result, "mirror_to_element_p99_over_floor", 2,
                   ratio(&learner->learner, &floor->learner, 0.99));
        result_print(result);
}

static void times_deinit(struct times *times) {
        samples_deinit(&times->whole);
        samples_deinit(&times->learner);
}

int main(void) {
        nfw_cleanup(times_deinit) struct times learner_times = { 0 };
        nfw_cleanup(times_deinit) struct times floor_times = { 0 };
        struct guest guest, floor_guest;
        struct nfw_context *context;
        struct nfw_learner *learner;
        struct floor *floor;
        int host, floor_host;

        bench_begin();
        floor_host = lab_new();
        guest_init(&floor_guest, floor_host, "port", 1);
        floor = floor_new("port");

        host = lab_new();
        guest_init(&guest, host, "port", 1);
        context = enforce_context();
        enforce_load(context, "bench", enforce_names_policy, "port", N_WARM_UP + N_SAMPLES);
        bench_check(nfw_learner_new(context, NULL, &learner), "the learner");

        for (unsigned int i = 0; i < N_WARM_UP + N_SAMPLES; i++) {
                if (i == N_WARM_UP) {
                        learner_times.whole.vec.n = learner_times.learner.vec.n = 0;
                        floor_times.whole.vec.n = floor_times.learner.vec.n = 0;
                }
                measure_learner(learner, &guest, i, &learner_times);
                measure_floor(floor, &floor_guest, i, &floor_times);
        }
        report(&learner_times, &floor_times);

        nfw_learner_free(learner);
        nfw_context_free(context);
        floor_free(floor);
        guest_deinit(&guest);
        guest_deinit(&floor_guest);
        return 0;
}
