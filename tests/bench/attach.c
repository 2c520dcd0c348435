/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attaching one more port where there are many already, against the kernel's own time for the same elements sent
 * ready made, by turns. The latter has a namespace of its own with the same policy and as many ports in it.
 */
#include <stdio.h>

#include "bench.h"
#include "enforce.h"
#include "engine/context.h"
#include "lab.h"
#include "nft/compile.h"
#include "nft/element.h"
#include "nft/names.h"
#include "result.h"

#define POLICY   "bench"
#define PORT     "port"
#define N_ROUNDS 500

static const size_t sizes[] = { 1, 1000, 10000 };
#define N_MAX 10000

struct attaching {
        struct nfw_context *context;
        struct nfw_nft_socket *floor;
        struct nfw_nft_batch *add;
        struct nfw_nft_batch *delete;
        char names[N_MAX][IFNAMSIZ];
};

/* Both ends of each pair are ports. Each has an address, which the policy's rules for DNS need to know. */
static void make_links(struct attaching *attaching) {
        FILE *batch = fopen(BENCH_STATE "/links", "we");

        if (!batch)
                bench_fail("the list of links cannot be written");
        for (unsigned int i = 0; i < N_MAX; i += 2)
                (void)fprintf(batch, "link add p%05u type veth peer name p%05u\n", i, i + 1);
        for (unsigned int i = 0; i < N_MAX; i++) {
                (void)fprintf(batch, "addr add 10.%u.%u.1/24 dev p%05u\n", i >> 8, i & 255, i);
                (void)snprintf(attaching->names[i], IFNAMSIZ, "p%05u", i);
        }
        (void)fprintf(batch,
                      "link add " PORT " type veth peer name peer\naddr add 10.128.0.1/24 dev " PORT "\n");
        if (fclose(batch) != 0)
                bench_fail("the list of links cannot be written");
        lab_run("ip -batch " BENCH_STATE "/links");
}

/* What binds a port to the policy, as elements for the kernel. */
static void put_port(struct nfw_nft_batch *batch,
                     enum nfw_nft_element_op op,
                     const struct nfw_shadow_port *like,
                     const char *interface) {
        char chain[NFW_NFT_NAME_MAX];

        for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                bench_check(nfw_nft_put_dispatch(batch, op, like->table, direction, interface,
                                                 nfw_nft_chain_name(POLICY, direction, chain), like->binding),
                            "an element");
        for (int parameter = 0; parameter < NFW_N_PARAMETERS; parameter++)
                nfw_vec_foreach (value, &like->parameters[parameter])
                        bench_check(
                                nfw_nft_put_parameter(batch, op, like->table, parameter, interface, value),
                                "an element");
}

static void attach(struct attaching *attaching, const char *const *names, size_t n_names) {
        struct nfw_report *report;

        bench_check(nfw_report_new(&report), "a report");
        enforce_check(nfw_attach(attaching->context, POLICY, names, n_names, report), report, "attaching");
        nfw_report_free(report);
}

/* As many ports in both namespaces; tells how long the library took for those that are new. */
static uint64_t grow(struct attaching *attaching, size_t from, size_t to) {
        nfw_cleanup(nfw_freep) const char **names = calloc(to, sizeof(*names));
        nfw_cleanup(nfw_nft_batch_freep) struct nfw_nft_batch *batch = NULL;
        const struct nfw_shadow *shadow = &attaching->context->shadow;
        uint64_t begin;

        if (!names)
                bench_fail("out of memory");
        for (size_t i = from; i < to; i++)
                names[i] = attaching->names[i];

        begin = bench_now();
        attach(attaching, names + from, to - from);
        begin = bench_now() - begin;

        bench_check(nfw_nft_batch_new(NFW_NFT_TABLE_DEFAULT, &batch), "a batch");
        for (size_t i = from; i < to; i++)
                put_port(batch, NFW_NFT_ADD, nfw_shadow_port(shadow, names[i]), names[i]);
        bench_check(nfw_nft_commit(attaching->floor, batch, 0, false, NULL), "the ports of the floor");
        return begin;
}

static void prepare_floor(struct attaching *attaching) {
        static const char *const name = PORT;
        const struct nfw_shadow_port *port;

        attach(attaching, &name, 1);
        port = nfw_shadow_port(&attaching->context->shadow, PORT);
        if (!port)
                bench_fail("the port that was attached is not known");

        bench_check(nfw_nft_batch_new(NFW_NFT_TABLE_DEFAULT, &attaching->add), "a batch");
        bench_check(nfw_nft_batch_new(NFW_NFT_TABLE_DEFAULT, &attaching->delete), "a batch");
        put_port(attaching->add, NFW_NFT_ADD, port, PORT);
        put_port(attaching->delete, NFW_NFT_DELETE, port, PORT);
        bench_check(nfw_detach(attaching->context, &name, 1, NULL), "detaching");
}

static void measure(struct attaching *attaching, struct samples *ours, struct samples *floor) {
        static const char *const name = PORT;
        uint64_t begin;

        for (size_t i = 0; i < N_ROUNDS; i++) {
                begin = bench_now();
                bench_check(nfw_attach(attaching->context, POLICY, &name, 1, NULL), "attaching");
                samples_add(ours, bench_now() - begin);
                bench_check(nfw_detach(attaching->context, &name, 1, NULL), "detaching");

                begin = bench_now();
                bench_check(nfw_nft_commit(attaching->floor, attaching->add, 0, false, NULL), "adding");
                samples_add(floor, bench_now() - begin);
                bench_check(nfw_nft_commit(attaching->floor, attaching->delete, 0, false, NULL), "deleting");
        }
}

static void report(json_t *result, size_t n_ports, struct samples *ours, struct samples *floor) {
        char key[64];

        (void)snprintf(key, sizeof(key), "attach_at_%zu_ports_us", n_ports);
        result_quantiles(result, key, ours, NS_PER_US);
        (void)snprintf(key, sizeof(key), "kernel_at_%zu_ports_us", n_ports);
        result_quantiles(result, key, floor, NS_PER_US);
        (void)snprintf(key, sizeof(key), "p50_over_kernel_at_%zu_ports", n_ports);
        result_aim(result, key, 2,
                   (double)samples_quantile(ours, 0.5) / (double)samples_quantile(floor, 0.5));
}

int main(void) {
        static struct attaching attaching;
        struct nfw_context *floor_context;
        json_t *result;
        size_t n_ports = 0;

        bench_begin();
        floor_context = enforce_context();
        enforce_load(floor_context, POLICY, enforce_names_policy, NULL, 0);
        bench_check(nfw_nft_socket_new(NFW_NFT_TABLE_DEFAULT, &attaching.floor), "a socket");

        (void)lab_new();
        make_links(&attaching);
        attaching.context = enforce_context();
        enforce_load(attaching.context, POLICY, enforce_names_policy, NULL, 0);
        prepare_floor(&attaching);

        result = result_new("attach",
                            "attaching one port by the library, many being there already, against the "
                            "kernel's time for the same elements");
        result_count(result, "samples_each", N_ROUNDS);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(sizes); i++) {
                nfw_cleanup(samples_deinit) struct samples ours = { 0 };
                nfw_cleanup(samples_deinit) struct samples floor = { 0 };
                uint64_t ns = grow(&attaching, n_ports, sizes[i]);
                char key[64];

                (void)snprintf(key, sizeof(key), "attach_%zu_ports_at_once_ms", sizes[i] - n_ports);
                result_number(result, key, (double)ns / NS_PER_MS);
                n_ports = sizes[i];
                measure(&attaching, &ours, &floor);
                report(result, n_ports, &ours, &floor);
        }
        result_print(result);

        nfw_nft_batch_free(attaching.add);
        nfw_nft_batch_free(attaching.delete);
        nfw_nft_socket_free(attaching.floor);
        nfw_context_free(attaching.context);
        nfw_context_free(floor_context);
        return 0;
}
