/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another program deletes our table, or everything: how long nothing is in force until the daemon has put it back, with
 * little and with much. From the one transaction to the other, as the kernel counts them.
 */
#include <stdio.h>
#include <unistd.h>

#include "bench.h"
#include "daemon.h"
#include "enforce.h"
#include "engine/context.h"
#include "lab.h"
#include "many.h"
#include "result.h"

#define N_ROUNDS 20

/* Between two looks. Without it the one who looks keeps a processor that the kernel takes the old tables down with. */
#define LOOK_US 100

static void run_nft(void *userdata) {
        (void)execl("/bin/sh", "sh", "-c", (const char *)userdata, NULL);
}

/* When the ruleset is not of that generation any more. */
static uint64_t wait_for_change(struct nfw_context *context, uint32_t generation, uint32_t *ret_generation) {
        for (;;) {
                bench_check(nfw_nft_generation(context->nft, ret_generation), "the generation");
                if (*ret_generation != generation)
                        return bench_now();
                usleep(LOOK_US);
        }
}

/* From the one transaction to the next; false where both were over before anybody looked. */
static bool measure_once(struct nfw_context *context, const char *command, struct samples *samples) {
        uint32_t before, without, after;
        uint64_t gone = 0;
        bool is_seen;
        pid_t nft;

        bench_check(nfw_nft_generation(context->nft, &before), "the generation");
        nft = lab_fork(run_nft, (void *)command);
        gone = wait_for_change(context, before, &without);
        is_seen = without == before + 1;
        if (is_seen)
                samples_add(samples, wait_for_change(context, without, &after) - gone);
        lab_wait(nft);
        return is_seen;
}

static size_t n_ports(struct nfw_context *context) {
        bench_check(nfw_shadow_update(&context->shadow, context->nft), "what is in force");
        return context->shadow.n_ports;
}

/* Until nobody has changed anything for a while: the learner puts back what the kernel has lost. */
static void settle(struct nfw_context *context) {
        uint32_t before, after;

        bench_check(nfw_nft_generation(context->nft, &after), "the generation");
        do {
                before = after;
                bench_sleep_ms(300);
                bench_check(nfw_nft_generation(context->nft, &after), "the generation");
        } while (before != after);
}

static void measure_edit(json_t *result, const char *key, struct nfw_context *context, const char *command) {
        nfw_cleanup(samples_deinit) struct samples samples = { 0 };
        size_t n = n_ports(context), n_unseen = 0;
        char aim[64];

        while (samples.vec.n < N_ROUNDS && n_unseen < 10 * N_ROUNDS) {
                n_unseen += !measure_once(context, command, &samples);
                settle(context);
                if (n_ports(context) != n)
                        bench_fail("not all ports are under their policies again");
        }
        if (samples.vec.n < N_ROUNDS)
                bench_fail("too little time between two transactions to see it");
        (void)snprintf(aim, sizeof(aim), "%s_us", key);
        result_quantiles(result, aim, &samples, NS_PER_US);
        (void)snprintf(aim, sizeof(aim), "%s_p99_ms", key);
        result_aim(result, aim, 100, (double)samples_quantile(&samples, 0.99) / NS_PER_MS);
}

int main(int argc, char **argv) {
        struct nfw_context *context;
        json_t *result;
        pid_t daemon;

        if (argc != 2)
                bench_fail("say where nfwpolicyd is");
        bench_begin();
        many_make_links();
        context = enforce_context();
        result = result_new("restore", "another program removes our tables, until they are in force again");
        result_count(result, "samples_each", N_ROUNDS);
        result_count(result, "ports", MANY_PORTS);
        result_count(result, "policies", MANY_POLICIES);
        result_count(result, "grants", (size_t)MANY_PORTS * MANY_GRANTS_PER_PORT);

        enforce_load(context, "little", enforce_names_policy, "p0000", 0);
        daemon_start((const char *const[]){ argv[1], "--foreground", "--quiet", "--no-bus",
                                            "--state-directory", BENCH_STATE, "--store-directory",
                                            BENCH_STATE "/store", NULL },
                     &daemon);
        measure_edit(result, "delete_table_with_little", context, "nft delete table inet nfwpolicy");
        measure_edit(result, "flush_with_little", context, "nft flush ruleset");
        many_fill(context);
        measure_edit(result, "delete_table_with_much", context, "nft delete table inet nfwpolicy");
        measure_edit(result, "flush_with_much", context, "nft flush ruleset");
        result_print(result);

        lab_stop(daemon);
        nfw_context_free(context);
        return 0;
}
