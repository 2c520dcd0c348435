/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loading a policy of 100,000 addresses, from the file's text to the commit: as a program and as a call of the
 * library, against nft with the same ruleset and against sending the transaction ready made. All by turns.
 */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "enforce.h"
#include "lab.h"
#include "nft/compile.h"
#include "nft/names.h"
#include "nft/socket.h"
#include "nft/table.h"
#include "nft/text/text.h"
#include "process.h"
#include "result.h"

#define N_ADDRESSES 100000
#define N_ROUNDS    11
#define POLICY      BENCH_STATE "/policy.yaml"
#define RULESET     BENCH_STATE "/ruleset.nft"

struct times {
        struct samples program; /* nfwpolicy load */
        struct samples nft;     /* nft -f */
        struct samples library; /* read and load in this process */
        struct samples read;    /* stages of it, one by one */
        struct samples compile;
        struct samples build;
        struct samples commit;
        struct samples ready_made; /* the same batch, made before */
};

static void times_deinit(struct times *times) {
        samples_deinit(&times->program);
        samples_deinit(&times->nft);
        samples_deinit(&times->library);
        samples_deinit(&times->read);
        samples_deinit(&times->compile);
        samples_deinit(&times->build);
        samples_deinit(&times->commit);
        samples_deinit(&times->ready_made);
}

/* Addresses that do not follow one another, so that they stay 100,000 elements; scattered, as lists of them are. */
static void write_policy(void) {
        FILE *file = fopen(POLICY, "we");

        if (!file)
                bench_fail("%s cannot be written", POLICY);
        (void)fputs("version: \"1.0\"\n"
                    "rules:\n"
                    "  - name: addresses\n"
                    "    action: allow\n"
                    "    priority: 1\n"
                    "    egress:\n"
                    "      ips:\n",
                    file);
        for (uint32_t i = 0; i < N_ADDRESSES; i++) {
                uint32_t n = (i * 40503u) % 131072u * 2;

                (void)fprintf(file, "        - 11.%u.%u.%u\n", n >> 16, n >> 8 & 255, n & 255);
        }
        if (fclose(file) != 0)
                bench_fail("%s cannot be written", POLICY);
}

/* What the kernel frees, it frees in the background; the next one to be measured shall not wait for that. */
static void clean(void) {
        lab_run("nft delete table inet nfwpolicy");
        bench_sleep_ms(300);
}

static void measure_program(const char *nfwpolicy, struct samples *samples) {
        const char *const arguments[] = {
                nfwpolicy, "--state-directory", BENCH_STATE, "load", POLICY, "--port", "port", NULL
        };

        samples_add(samples, process_time(arguments));
        clean();
}

static void measure_nft(struct samples *samples) {
        static const char *const arguments[] = { "nft", "-f", RULESET, NULL };

        samples_add(samples, process_time(arguments));
        clean();
}

static struct nfw_policy *read_policy(void) {
        struct nfw_policy *policy;

        bench_check(nfw_policy_read_file(POLICY, NULL, &policy), "reading the policy");
        return policy;
}

static void measure_library(struct samples *samples) {
        struct nfw_context *context = enforce_context();
        uint64_t begin = bench_now();
        struct nfw_policy *policy = read_policy();
        struct nfw_load *load;

        bench_check(nfw_load_new(policy, "bench", &load), "a load");
        bench_check(nfw_load_add_port(load, "port"), "the port");
        bench_check(nfw_load_commit(context, load, NULL), "loading");
        samples_add(samples, bench_now() - begin);

        nfw_load_free(load);
        nfw_policy_free(policy);
        nfw_context_free(context);
        clean();
}

static void build(struct nfw_nft_batch *batch, const struct nfw_plan *plan) {
        bench_check(nfw_nft_put_table(batch, NFW_TABLE_INET), "the table");
        bench_check(nfw_nft_put_plan(batch, plan, true), "the plan");
}

static void send_batch(struct nfw_nft_batch *batch) {
        nfw_cleanup(nfw_nft_socket_freep) struct nfw_nft_socket *nft = NULL;

        bench_check(nfw_nft_socket_new(NFW_NFT_TABLE_DEFAULT, &nft), "a socket");
        bench_check(nfw_nft_commit(nft, batch, 0, false, NULL), "committing");
}

static void measure_stages(struct times *times) {
        nfw_cleanup(nfw_nft_batch_freep) struct nfw_nft_batch *batch = NULL;
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = NULL;
        struct nfw_policy *policy;
        uint64_t begin, was_read, compiled, built;

        bench_check(nfw_nft_batch_new(NFW_NFT_TABLE_DEFAULT, &batch), "a batch");
        begin = bench_now();
        policy = read_policy();
        was_read = bench_now();
        plan = enforce_compile(policy, "bench");
        compiled = bench_now();
        build(batch, plan);
        built = bench_now();
        send_batch(batch);
        samples_add(&times->commit, bench_now() - built);
        samples_add(&times->build, built - compiled);
        samples_add(&times->compile, compiled - was_read);
        samples_add(&times->read, was_read - begin);

        nfw_policy_free(policy);
        clean();
}

static void measure_ready_made(struct nfw_nft_batch *batch, struct samples *samples) {
        uint64_t begin = bench_now();

        send_batch(batch);
        samples_add(samples, bench_now() - begin);
        clean();
}

static void write_ruleset(const struct nfw_plan *plan) {
        FILE *file = fopen(RULESET, "we");

        if (!file || nfw_nft_print_plan(plan, NFW_NFT_TABLE_DEFAULT, file) < 0 || fclose(file) != 0)
                bench_fail("%s cannot be written", RULESET);
}

static double put_median(json_t *result, const char *key, struct samples *samples) {
        double ms = (double)samples_quantile(samples, 0.5) / NS_PER_MS;

        result_number(result, key, ms);
        return ms;
}

static void report(struct times *times, size_t batch_size) {
        json_t *result =
                result_new("load", "a policy of many addresses from its file to the kernel; medians");
        double program, nft, library, ready_made;

        result_count(result, "addresses", N_ADDRESSES);
        result_count(result, "samples_each", N_ROUNDS);
        result_count(result, "batch_bytes", batch_size);
        program = put_median(result, "nfwpolicy_load_ms", &times->program);
        nft = put_median(result, "nft_f_ms", &times->nft);
        library = put_median(result, "library_ms", &times->library);
        (void)put_median(result, "library_read_ms", &times->read);
        (void)put_median(result, "library_compile_ms", &times->compile);
        (void)put_median(result, "library_build_batch_ms", &times->build);
        (void)put_median(result, "library_commit_ms", &times->commit);
        ready_made = put_median(result, "ready_made_batch_ms", &times->ready_made);
        result_aim(result, "program_over_nft", 0.2, program / nft);
        result_aim(result, "program_over_ready_made_batch", 1.5, program / ready_made);
        result_aim(result, "library_over_ready_made_batch", 1.5, library / ready_made);
        result_print(result);
}

int main(int argc, char **argv) {
        nfw_cleanup(times_deinit) struct times times = { 0 };
        nfw_cleanup(nfw_nft_batch_freep) struct nfw_nft_batch *batch = NULL;
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = NULL;
        struct nfw_policy *policy;

        if (argc != 2)
                bench_fail("usage: bench-load PATH-OF-NFWPOLICY");

        bench_begin();
        lab_run("ip link add port type veth peer name peer");
        write_policy();
        policy = read_policy();
        plan = enforce_compile(policy, "bench");
        write_ruleset(plan);
        bench_check(nfw_nft_batch_new(NFW_NFT_TABLE_DEFAULT, &batch), "a batch");
        build(batch, plan);

        for (size_t i = 0; i < N_ROUNDS; i++) {
                measure_program(argv[1], &times.program);
                measure_nft(&times.nft);
                measure_library(&times.library);
                measure_stages(&times);
                measure_ready_made(batch, &times.ready_made);
        }
        report(&times, nfw_nft_batch_size(batch));

        nfw_policy_free(policy);
        return 0;
}
