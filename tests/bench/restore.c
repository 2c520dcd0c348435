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
#include "engine/port.h"
#include "lab.h"
#include "many.h"
#include "result.h"

#define N_ROUNDS 20

/* So long nobody changes anything when all is done. */
#define SETTLED_MS 300

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

struct edit {
        struct samples rules;  /* until ports are under their policies again */
        struct samples grants; /* until they have what they had learned, too */
};

static void edit_deinit(struct edit *edit) {
        samples_deinit(&edit->rules);
        samples_deinit(&edit->grants);
}

/* When the last change was made. The learner puts back what the kernel has lost, in one transaction or several. */
static uint64_t settle(struct nfw_context *context, uint32_t generation, uint64_t last) {
        while (bench_now() - last < SETTLED_MS * NS_PER_MS) {
                uint32_t now;

                bench_check(nfw_nft_generation(context->nft, &now), "the generation");
                if (now != generation) {
                        generation = now;
                        last = bench_now();
                }
                usleep(LOOK_US);
        }
        return last;
}

/* From the one transaction to those that follow; false where the first two were over before anybody looked. */
static bool measure_once(struct nfw_context *context, const char *command, struct edit *edit) {
        uint32_t before, without, after;
        uint64_t gone, back;
        bool is_seen;
        pid_t nft;

        bench_check(nfw_nft_generation(context->nft, &before), "the generation");
        nft = lab_fork(run_nft, (void *)command);
        gone = wait_for_change(context, before, &without);
        is_seen = without == before + 1;
        after = without;
        back = is_seen ? wait_for_change(context, without, &after) : gone;
        if (is_seen)
                samples_add(&edit->rules, back - gone);
        back = settle(context, after, back);
        if (is_seen)
                samples_add(&edit->grants, back - gone);
        lab_wait(nft);
        return is_seen;
}

static int count_grant(const struct nfw_nft_grant *grant, void *userdata) {
        (void)grant;
        ++*(size_t *)userdata;
        return 0;
}

struct held {
        size_t n_ports;
        size_t n_grants;
};

static struct held look(struct nfw_context *context) {
        struct held held = { 0 };

        bench_check(nfw_shadow_update(&context->shadow, context->nft), "what is in force");
        held.n_ports = context->shadow.n_ports;
        nfw_vec_foreach (policy, &context->shadow.policies)
                nfw_vec_foreach (set, &policy->sets)
                        if (nfw_set_is_learned(*set))
                                bench_check(nfw_nft_dump_grants(context->nft, policy->table, *set,
                                                                count_grant, &held.n_grants),
                                            "grants");
        return held;
}

static void add_result(json_t *result, const char *key, const char *what, struct samples *samples) {
        char text[64];

        (void)snprintf(text, sizeof(text), "%s_%s_us", key, what);
        result_quantiles(result, text, samples, NS_PER_US);
        (void)snprintf(text, sizeof(text), "%s_%s_p99_ms", key, what);
        result_aim(result, text, 100, (double)samples_quantile(samples, 0.99) / NS_PER_MS);
}

static void measure_edit(json_t *result,
                         const char *key,
                         struct nfw_context *context,
                         const char *command,
                         struct held expected) {
        nfw_cleanup(edit_deinit) struct edit edit = { 0 };
        size_t n_unseen = 0;

        while (edit.rules.vec.n < N_ROUNDS && n_unseen < 10 * N_ROUNDS) {
                struct held held;

                n_unseen += !measure_once(context, command, &edit);
                held = look(context);
                if (held.n_ports != expected.n_ports)
                        bench_fail("not all ports are under their policies again");
                if (held.n_grants != expected.n_grants)
                        bench_fail("not all that was learned is back");
        }
        if (edit.rules.vec.n < N_ROUNDS)
                bench_fail("too little time between two transactions to see it");
        add_result(result, key, "rules", &edit.rules);
        add_result(result, key, "grants", &edit.grants);
}

static void start(const char *nfwpolicyd, pid_t *ret_daemon) {
        daemon_start((const char *const[]){ nfwpolicyd, "--foreground", "--quiet", "--no-bus",
                                            "--state-directory", BENCH_STATE, "--store-directory",
                                            BENCH_STATE "/store", NULL },
                     ret_daemon);
}

int main(int argc, char **argv) {
        const struct held little = { .n_ports = 1 },
                          much = { .n_ports = MANY_PORTS,
                                   .n_grants = (size_t)MANY_PORTS * MANY_GRANTS_PER_PORT };
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
        start(argv[1], &daemon);
        measure_edit(result, "delete_table_with_little", context, "nft delete table inet nfwpolicy", little);
        measure_edit(result, "flush_with_little", context, "nft flush ruleset", little);
        /* What others add to the learned sets is taken out by a daemon that runs, and taken over by one that starts. */
        lab_stop(daemon);
        many_fill(context);
        start(argv[1], &daemon);
        measure_edit(result, "delete_table_with_much", context, "nft delete table inet nfwpolicy", much);
        measure_edit(result, "flush_with_much", context, "nft flush ruleset", much);
        result_print(result);

        lab_stop(daemon);
        nfw_context_free(context);
        return 0;
}
