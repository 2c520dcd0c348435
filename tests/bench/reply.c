/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a DNS reply to the set element that opens its address: the learner against the least that any program
 * must do, by turns. Both live in this process, each in a namespace with a guest of its own; packets take the
 * same way to both. The element is there when the kernel has acknowledged the transaction, in both.
 */
#include <poll.h>

#include <nfwpolicy/nfwpolicy.h>

#include "bench.h"
#include "enforce.h"
#include "guest.h"
#include "lab.h"
#include "nft/socket.h"
#include "reply_floor.h"
#include "result.h"

/* As many names as a port may have; it forgets them between the rounds. */
#define N_WARM_UP 500
#define N_NAMES   10000
#define N_ROUNDS  3
#define TTL_S     3600

struct times {
        struct samples whole;   /* from the reply being sent */
        struct samples learner; /* from it being mirrored: the kernel's part is over */
        struct samples back;    /* from it being mirrored until the learner waits for the next one */
};

/* When the learner's last transaction was acknowledged: the linker puts this function around the library's. */
static uint64_t committed_at;

int __real_nfw_nft_commit(struct nfw_nft_socket *nft,
                          struct nfw_nft_batch *batch,
                          uint32_t generation,
                          bool dry_run,
                          struct nfw_nft_failure *ret_failure);
int __wrap_nfw_nft_commit(struct nfw_nft_socket *nft,
                          struct nfw_nft_batch *batch,
                          uint32_t generation,
                          bool dry_run,
                          struct nfw_nft_failure *ret_failure);

int __wrap_nfw_nft_commit(struct nfw_nft_socket *nft,
                          struct nfw_nft_batch *batch,
                          uint32_t generation,
                          bool dry_run,
                          struct nfw_nft_failure *ret_failure) {
        int r = __real_nfw_nft_commit(nft, batch, generation, dry_run, ret_failure);

        committed_at = bench_now();
        return r;
}

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

static void add(struct times *times, uint64_t sent, uint64_t mirrored, uint64_t committed, uint64_t back) {
        samples_add(&times->whole, committed - sent);
        samples_add(&times->learner, committed - mirrored);
        samples_add(&times->back, back - mirrored);
}

static void measure_learner(struct nfw_learner *learner,
                            struct guest *guest,
                            unsigned int i,
                            struct times *times) {
        uint64_t n_learned = nfw_learner_counter(learner, NFW_COUNTER_LEARNED), sent, mirrored, back;

        guest_prepare(guest, i, i, TTL_S);
        guest_ask(guest);
        wait_and_dispatch(learner);

        committed_at = 0;
        sent = bench_now();
        guest_answer(guest);
        mirrored = bench_now();
        wait_and_dispatch(learner);
        back = bench_now();

        if (committed_at == 0 || nfw_learner_counter(learner, NFW_COUNTER_LEARNED) != n_learned + 1)
                bench_fail("a reply was not learned");
        guest_take(guest);
        drop_events(learner);
        if (i >= N_WARM_UP)
                add(times, sent, mirrored, committed_at, back);
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
        if (i >= N_WARM_UP)
                add(times, sent, mirrored, committed, committed);
}

static double ratio(struct samples *a, struct samples *b, double share) {
        return (double)samples_quantile(a, share) / (double)samples_quantile(b, share);
}

static void report(struct times *learner, struct times *floor) {
        json_t *result = result_new("reply", "from a DNS reply being sent (reply_to_element) or mirrored "
                                             "(mirror_to_element) to its committed set element, and until "
                                             "the learner waits again (mirror_to_next)");

        result_count(result, "samples_each", learner->whole.vec.n);
        result_quantiles(result, "reply_to_element_us", &learner->whole, NS_PER_US);
        result_quantiles(result, "floor_reply_to_element_us", &floor->whole, NS_PER_US);
        result_quantiles(result, "mirror_to_element_us", &learner->learner, NS_PER_US);
        result_quantiles(result, "floor_mirror_to_element_us", &floor->learner, NS_PER_US);
        result_quantiles(result, "mirror_to_next_us", &learner->back, NS_PER_US);
        result_aim(result, "reply_to_element_p50_over_floor", 2, ratio(&learner->whole, &floor->whole, 0.5));
        result_aim(result, "reply_to_element_p99_over_floor", 2, ratio(&learner->whole, &floor->whole, 0.99));
        result_number(result, "mirror_to_element_p50_over_floor",
                      ratio(&learner->learner, &floor->learner, 0.5));
        result_number(result, "mirror_to_element_p99_over_floor",
                      ratio(&learner->learner, &floor->learner, 0.99));
        result_print(result);
}

static void times_deinit(struct times *times) {
        samples_deinit(&times->whole);
        samples_deinit(&times->learner);
        samples_deinit(&times->back);
}

/* Between the rounds both have nothing in their sets. */
static void forget(struct nfw_context *context, struct nfw_learner *learner, int host, int floor_host) {
        static const char *const port = "port";

        lab_enter(floor_host);
        lab_run("nft flush set inet nfwpolicy learned4");
        lab_enter(host);
        bench_check(nfw_detach(context, &port, 1, NULL), "detaching");
        bench_check(nfw_attach(context, "bench", &port, 1, NULL), "attaching");
        bench_check(nfw_learner_dispatch(learner), "the learner");
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
        enforce_load(context, "bench", enforce_names_policy, "port", 0);
        bench_check(nfw_learner_new(context, NULL, &learner), "the learner");

        for (size_t round = 0; round < N_ROUNDS; round++) {
                forget(context, learner, host, floor_host);
                for (unsigned int i = 0; i < N_NAMES; i++) {
                        measure_learner(learner, &guest, i, &learner_times);
                        measure_floor(floor, &floor_guest, i, &floor_times);
                }
        }
        report(&learner_times, &floor_times);

        nfw_learner_free(learner);
        nfw_context_free(context);
        floor_free(floor);
        guest_deinit(&guest);
        guest_deinit(&floor_guest);
        return 0;
}
