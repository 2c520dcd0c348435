/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests come and go: a thousand links are made and deleted, again and again, while the daemon runs. Half of them have
 * bindings that are stored and wait for them; the other half is attached while it is there. How long it takes until all of it
 * is followed, and what is left behind in memory.
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "daemon.h"
#include "enforce.h"
#include "engine/context.h"
#include "engine/port_record.h"
#include "lab.h"
#include "process.h"
#include "result.h"

#define N_LINKS       1000
#define N_HALF        (N_LINKS / 2)
#define N_ROUNDS      10
#define N_BEFORE      10 /* until what is taken and kept has been taken */
#define GROUP         77
#define LOOK_EVERY_MS 10
#define PATIENCE_MS   60000
#define MAX_ROUND_MS  10000
/* Of what the C library keeps for the next time. */
#define MAX_GROWTH_KIB 512

#define STORE          BENCH_STATE "/store"
#define POLICY         "policy"

struct links {
        char names[N_LINKS][IFNAMSIZ];
        const char *waiting[N_HALF];  /* their bindings outlive them */
        const char *attached[N_HALF]; /* theirs do not */
};

static void name_links(struct links *links) {
        FILE *batch = fopen(BENCH_STATE "/links", "we");

        for (unsigned int i = 0; i < N_LINKS; i++)
                (void)snprintf(links->names[i], IFNAMSIZ, "p%04u", i);
        for (unsigned int i = 0; i < N_HALF; i++) {
                links->waiting[i] = links->names[2 * i];
                links->attached[i] = links->names[2 * i + 1];
        }
        if (!batch)
                bench_fail("the list of links cannot be written");
        for (unsigned int i = 0; i < N_HALF; i++)
                (void)fprintf(batch, "link add %s group %d type veth peer name %s group %d\n",
                              links->waiting[i], GROUP, links->attached[i], GROUP);
        if (fclose(batch) != 0)
                bench_fail("the list of links cannot be written");
}

/* Whoever has a link is bound to the one that is there now. */
static bool are_followed(struct nfw_context *context) {
        struct nfw_port_records records = { 0 };
        bool all = true;

        bench_check(nfw_port_records_read(context, &records), "the records of ports");
        if (records.vec.n != N_LINKS)
                all = false;
        nfw_vec_foreach (record, &records.vec)
                all = all && record->index > 0 && record->index == if_nametoindex(record->interface);
        nfw_port_records_deinit(&records);
        return all;
}

static size_t n_stored(void) {
        FILE *stream = fopen(STORE "/bindings", "re");
        char line[512];
        size_t n = 0;

        while (stream && fgets(line, sizeof(line), stream))
                n += line[0] == 'p';
        if (stream)
                (void)fclose(stream);
        return n;
}

static bool are_forgotten(struct nfw_context *context) {
        struct nfw_port_records records = { 0 };
        size_t n;

        bench_check(nfw_port_records_read(context, &records), "the records of ports");
        n = records.vec.n;
        nfw_port_records_deinit(&records);
        if (n != N_HALF || n_stored() != N_HALF)
                return false;
        bench_check(nfw_shadow_update(&context->shadow, context->nft), "what is in force");
        return context->shadow.n_ports == N_HALF;
}

static void wait_until(struct nfw_context *context, bool (*is_so)(struct nfw_context *context)) {
        for (unsigned int ms = 0; !is_so(context); ms += LOOK_EVERY_MS) {
                if (ms > PATIENCE_MS)
                        bench_fail("the daemon does not follow the links");
                bench_sleep_ms(LOOK_EVERY_MS);
        }
}

static void make(struct nfw_context *context, const struct links *links) {
        (void)context;
        (void)links;
        lab_run("ip -batch " BENCH_STATE "/links");
}

static void attach(struct nfw_context *context, const struct links *links) {
        bench_check(nfw_attach(context, POLICY, links->attached, N_HALF, NULL), "attaching");
}

static void follow(struct nfw_context *context, const struct links *links) {
        (void)links;
        wait_until(context, are_followed);
}

static void delete (struct nfw_context *context, const struct links *links) {
        (void)context;
        (void)links;
        lab_run("ip link delete group %d", GROUP);
}

static void forget(struct nfw_context *context, const struct links *links) {
        (void)links;
        wait_until(context, are_forgotten);
}

static const struct step {
        const char *key;
        void (*run)(struct nfw_context *context, const struct links *links);
} steps[] = {
        { "make", make },     { "attach", attach }, { "follow", follow },
        { "delete", delete }, { "forget", forget },
};

/* One step after the other, and how long each takes. The time of all of them. */
static uint64_t one_round(struct nfw_context *context, const struct links *links, struct samples *samples) {
        const uint64_t begin = bench_now();
        uint64_t before = begin;

        for (size_t step = 0; step < NFW_ARRAY_SIZE(steps); step++) {
                uint64_t now;

                steps[step].run(context, links);
                now = bench_now();
                samples_add(&samples[step], now - before);
                before = now;
        }
        return before - begin;
}

static void measure(json_t *result, struct nfw_context *context, const struct links *links, pid_t daemon) {
        struct samples samples[NFW_ARRAY_SIZE(steps)] = { 0 };
        nfw_cleanup(samples_deinit) struct samples rounds = { 0 };
        unsigned long before, after;
        char key[64];

        for (int i = 0; i < N_BEFORE; i++)
                (void)one_round(context, links, samples);
        before = process_number(daemon, "status", "VmRSS:");
        for (size_t step = 0; step < NFW_ARRAY_SIZE(steps); step++)
                samples[step].vec.n = 0;

        for (int i = 0; i < N_ROUNDS; i++)
                samples_add(&rounds, one_round(context, links, samples));
        after = process_number(daemon, "status", "VmRSS:");

        for (size_t step = 0; step < NFW_ARRAY_SIZE(steps); step++) {
                (void)snprintf(key, sizeof(key), "%s_ms", steps[step].key);
                result_quantiles(result, key, &samples[step], NS_PER_MS);
                samples_deinit(&samples[step]);
        }
        result_quantiles(result, "round_ms", &rounds, NS_PER_MS);
        result_count(result, "rss_before_kib", before);
        result_count(result, "rss_after_kib", after);
        result_aim(result, "round_worst_ms", MAX_ROUND_MS, (double)samples_quantile(&rounds, 1) / NS_PER_MS);
        result_aim(result, "rss_growth_kib", MAX_GROWTH_KIB, (double)after - (double)before);
}

int main(int argc, char **argv) {
        static struct links links;
        struct nfw_context *context;
        json_t *result;
        pid_t daemon;

        if (argc != 2)
                bench_fail("say where nfwpolicyd is");
        bench_begin();
        name_links(&links);
        context = enforce_context();
        result = result_new("links", "a thousand links made and deleted, until the daemon has followed");
        result_count(result, "samples_each", N_ROUNDS);
        result_count(result, "links", N_LINKS);

        daemon_start((const char *const[]){ argv[1], "--foreground", "--quiet", "--no-bus",
                                            "--state-directory", BENCH_STATE, "--store-directory", STORE,
                                            NULL },
                     &daemon);
        enforce_load(context, POLICY, enforce_names_policy, NULL, 0);
        bench_check(nfw_attach_persistent(context, POLICY, links.waiting, N_HALF, NULL), "attaching");
        measure(result, context, &links, daemon);
        result_print(result);

        lab_stop(daemon);
        nfw_context_free(context);
        return 0;
}
