/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a policy costs the first packet of a connection, by the number of its rules. Each policy has a port of its
 * own in one namespace, which forwards what is allowed; one port has no policy. Blocks of packets, each of a
 * connection of its own, go through the ports by turns.
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "conntrack.h"
#include "enforce.h"
#include "flows.h"
#include "guest.h"
#include "lab.h"
#include "mixed.h"
#include "result.h"

#define N_ROUNDS 100
#define N_FLOWS  256

static const struct mixed mixes[] = {
        { 10, true },  { 100, true },  { 1000, true },  { 10000, true },
        { 10, false }, { 100, false }, { 1000, false }, { 10000, false },
};
#define N_MIXES   NFW_ARRAY_SIZE(mixes)
#define LINK_WAN  100
#define LINK_BASE 99

/*
 * A block after blocks through all the other ports finds little of its policy in the processor's caches; the same
 * block once more finds what it needs.
 */
struct times {
        struct samples cold;
        struct samples warm;
};

struct port {
        const struct mixed *mixed;
        struct guest guest;
        struct sender sender;
        struct flows allowed;
        struct flows denied;
        struct times allowed_times;
        struct times denied_times;
        struct times base_times; /* the allowed packets, through the port without a policy */
        size_t n_nft_rules;
        size_t n_nft_sets;
        size_t n_nft_chains;
        uint64_t load_ns;
};

struct world {
        int host;
        int wan;
        struct guest base;
        struct sender base_sender;
        struct port ports[N_MIXES];
};

/* Whatever the policies allow goes to a namespace that takes it and does nothing more. */
static void make_wan(struct world *world) {
        world->host = lab_new();
        lab_run("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
        world->wan = lab_new();
        lab_link(world->host, "wan", world->wan, "eth0", LINK_WAN);
        lab_run("ip route add default via 10.128.%d.2 && ip route add default via fd00:%x::2", LINK_WAN,
                LINK_WAN);
}

static void load(struct nfw_context *context, struct port *port, const char *name) {
        nfw_cleanup(nfw_freep) char *text = mixed_policy(port->mixed);
        nfw_cleanup(nfw_plan_freep) struct nfw_plan *plan = NULL;
        struct nfw_policy *policy = enforce_read(text);

        plan = enforce_compile(policy, name);
        port->n_nft_sets = plan->sets.n;
        port->n_nft_chains = NFW_N_DIRECTIONS + plan->blocks.n;
        for (int direction = 0; direction < NFW_N_DIRECTIONS; direction++)
                port->n_nft_rules += plan->chains[direction].rules.n;
        nfw_vec_foreach (block, &plan->blocks)
                port->n_nft_rules += block->rules.n;
        nfw_policy_free(policy);
        port->load_ns = bench_now();
        enforce_load(context, name, text, name, 0);
        port->load_ns = bench_now() - port->load_ns;
}

/* The names that the policy is about, each with the address that mixed_destination() gives it. */
static void learn(struct nfw_learner *learner, struct port *port) {
        for (unsigned int rule = 0; rule < port->mixed->n_rules; rule++) {
                if (!mixed_is_name(port->mixed, rule))
                        continue;
                guest_prepare(&port->guest, rule, rule, 3600);
                guest_ask(&port->guest);
                guest_answer(&port->guest);
                guest_take(&port->guest);
                bench_check(nfw_learner_dispatch(learner), "the learner");
        }
}

static void make_ports(struct world *world) {
        struct nfw_context *context;
        struct nfw_learner *learner;

        lab_enter(world->host);
        guest_init(&world->base, world->host, "base", LINK_BASE);
        for (unsigned int i = 0; i < N_MIXES; i++) {
                char name[IFNAMSIZ];

                (void)snprintf(name, sizeof(name), "port%u", i);
                world->ports[i].mixed = &mixes[i];
                guest_init(&world->ports[i].guest, world->host, name, i + 1);
        }

        context = enforce_context();
        for (unsigned int i = 0; i < N_MIXES; i++) {
                char name[IFNAMSIZ];

                (void)snprintf(name, sizeof(name), "port%u", i);
                load(context, &world->ports[i], name);
        }

        bench_check(nfw_learner_new(context, NULL, &learner), "the learner");
        for (size_t i = 0; i < N_MIXES; i++)
                learn(learner, &world->ports[i]);
        nfw_learner_free(learner);
        nfw_context_free(context);
}

static void find_flows(struct world *world) {
        sender_init(&world->base_sender, world->base.ns);
        for (size_t i = 0; i < N_MIXES; i++) {
                struct port *port = &world->ports[i];

                sender_init(&port->sender, port->guest.ns);
                flows_find(port->mixed, &port->sender, world->wan, N_FLOWS, &port->allowed, &port->denied);
        }
}

static void measure_block(struct conntrack *conntrack,
                          const struct flows *flows,
                          const struct sender *sender,
                          struct samples *samples) {
        uint64_t begin;

        conntrack_flush(conntrack);
        begin = bench_now();
        flows_send(flows, sender);
        samples_add(samples, (bench_now() - begin) / N_FLOWS);
}

static void measure(struct conntrack *conntrack,
                    const struct flows *flows,
                    const struct sender *sender,
                    struct times *times) {
        measure_block(conntrack, flows, sender, &times->cold);
        measure_block(conntrack, flows, sender, &times->warm);
}

static void measure_all(struct world *world) {
        struct conntrack *conntrack = conntrack_new();

        for (size_t i = 0; i < N_ROUNDS; i++)
                for (size_t j = 0; j < N_MIXES; j++) {
                        struct port *port = &world->ports[j];

                        measure(conntrack, &port->allowed, &port->sender, &port->allowed_times);
                        measure(conntrack, &port->denied, &port->sender, &port->denied_times);
                        measure(conntrack, &port->allowed, &world->base_sender, &port->base_times);
                }
        conntrack_free(conntrack);
}

static void put(json_t *result, const struct port *port, const char *what, double value) {
        char key[96];

        (void)snprintf(key, sizeof(key), "%s_%u_rules_%s", port->mixed->names ? "mixed" : "without_names",
                       port->mixed->n_rules, what);
        result_number(result, key, value);
}

static double median_us(struct samples *samples) {
        return (double)samples_quantile(samples, 0.5) / NS_PER_US;
}

static void put_times(json_t *result, struct port *port, const char *name, struct times *times) {
        char what[64];

        (void)snprintf(what, sizeof(what), "%s_us", name);
        put(result, port, what, median_us(&times->cold));
        (void)snprintf(what, sizeof(what), "%s_warm_us", name);
        put(result, port, what, median_us(&times->warm));
}

static void put_aim(json_t *result, const struct port *port, const char *name, double ratio) {
        char key[96];

        (void)snprintf(key, sizeof(key), "%s_%s_%u_over_%u", port->mixed->names ? "mixed" : "without_names",
                       name, port[3].mixed->n_rules, port[0].mixed->n_rules);
        result_aim(result, key, 2.5, ratio);
}

/* The four sizes of one mix. */
static void report_aims(json_t *result, struct port *ports) {
        put_aim(result, ports, "allowed",
                median_us(&ports[3].allowed_times.cold) / median_us(&ports[0].allowed_times.cold));
        put_aim(result, ports, "allowed_warm",
                median_us(&ports[3].allowed_times.warm) / median_us(&ports[0].allowed_times.warm));
        put_aim(result, ports, "denied",
                median_us(&ports[3].denied_times.cold) / median_us(&ports[0].denied_times.cold));
        put_aim(result, ports, "denied_warm",
                median_us(&ports[3].denied_times.warm) / median_us(&ports[0].denied_times.warm));
}

static void report(struct world *world) {
        json_t *result =
                result_new("connection", "a connection's first packet by the number of the policy's rules, "
                                         "through the whole kernel path: medians of blocks of packets; warm: "
                                         "the same packets were sent just before");

        result_count(result, "blocks_each", N_ROUNDS);
        result_count(result, "packets_in_a_block", N_FLOWS);
        for (size_t i = 0; i < N_MIXES; i++) {
                struct port *port = &world->ports[i];

                put(result, port, "nft_rules", (double)port->n_nft_rules);
                put(result, port, "nft_chains", (double)port->n_nft_chains);
                put(result, port, "nft_sets", (double)port->n_nft_sets);
                put(result, port, "load_ms", (double)port->load_ns / NS_PER_MS);
                put_times(result, port, "no_policy", &port->base_times);
                put_times(result, port, "allowed", &port->allowed_times);
                put_times(result, port, "denied", &port->denied_times);
        }
        for (size_t i = 0; i < N_MIXES; i += 4)
                report_aims(result, &world->ports[i]);
        result_print(result);
}

static void times_deinit(struct times *times) {
        samples_deinit(&times->cold);
        samples_deinit(&times->warm);
}

static void world_deinit(struct world *world) {
        for (size_t i = 0; i < N_MIXES; i++) {
                struct port *port = &world->ports[i];

                sender_deinit(&port->sender);
                guest_deinit(&port->guest);
                flows_deinit(&port->allowed);
                flows_deinit(&port->denied);
                times_deinit(&port->allowed_times);
                times_deinit(&port->denied_times);
                times_deinit(&port->base_times);
        }
        sender_deinit(&world->base_sender);
        guest_deinit(&world->base);
}

int main(void) {
        struct world world = { 0 };

        bench_begin();
        make_wan(&world);
        make_ports(&world);
        find_flows(&world);
        measure_all(&world);
        report(&world);
        world_deinit(&world);
        return 0;
}
