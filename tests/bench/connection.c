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

struct port {
        const struct mixed *mixed;
        struct guest guest;
        struct sender sender;
        struct flows allowed;
        struct flows denied;
        struct samples allowed_times;
        struct samples denied_times;
        struct samples base_times; /* the allowed packets, through the port without a policy */
        size_t n_nft_rules;
        size_t n_nft_sets;
        size_t n_nft_chains;
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
        enforce_load(context, name, text, name, 0);
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

static void measure(struct conntrack *conntrack,
                    const struct flows *flows,
                    const struct sender *sender,
                    struct samples *samples) {
        uint64_t begin;

        conntrack_flush(conntrack);
        begin = bench_now();
        flows_send(flows, sender);
        samples_add(samples, (bench_now() - begin) / N_FLOWS);
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

/* What the policy adds to an allowed connection. */
static double cost_us(struct port *port) {
        return median_us(&port->allowed_times) - median_us(&port->base_times);
}

static void report(struct world *world) {
        json_t *result =
                result_new("connection", "a connection's first packet by the number of the policy's rules, "
                                         "through the whole kernel path (medians of blocks); the policy's "
                                         "cost is what it adds to an allowed one");

        result_count(result, "blocks_each", N_ROUNDS);
        result_count(result, "packets_in_a_block", N_FLOWS);
        for (size_t i = 0; i < N_MIXES; i++) {
                struct port *port = &world->ports[i];

                put(result, port, "nft_rules", (double)port->n_nft_rules);
                put(result, port, "nft_chains", (double)port->n_nft_chains);
                put(result, port, "nft_sets", (double)port->n_nft_sets);
                put(result, port, "no_policy_us", median_us(&port->base_times));
                put(result, port, "allowed_us", median_us(&port->allowed_times));
                put(result, port, "denied_us", median_us(&port->denied_times));
                put(result, port, "policy_cost_us", cost_us(port));
        }
        for (size_t i = 0; i < N_MIXES; i += 4) {
                struct port *smallest = &world->ports[i], *largest = &world->ports[i + 3];
                bool names = smallest->mixed->names;

                result_aim(result,
                           names ? "mixed_allowed_10000_over_10" : "without_names_allowed_10000_over_10", 2.5,
                           median_us(&largest->allowed_times) / median_us(&smallest->allowed_times));
                result_aim(result,
                           names ? "mixed_denied_10000_over_10" : "without_names_denied_10000_over_10", 2.5,
                           median_us(&largest->denied_times) / median_us(&smallest->denied_times));
                result_aim(result,
                           names ? "mixed_policy_cost_10000_over_10"
                                 : "without_names_policy_cost_10000_over_10",
                           2.5, cost_us(largest) / cost_us(smallest));
        }
        result_print(result);
}

static void world_deinit(struct world *world) {
        for (size_t i = 0; i < N_MIXES; i++) {
                struct port *port = &world->ports[i];

                sender_deinit(&port->sender);
                guest_deinit(&port->guest);
                flows_deinit(&port->allowed);
                flows_deinit(&port->denied);
                samples_deinit(&port->allowed_times);
                samples_deinit(&port->denied_times);
                samples_deinit(&port->base_times);
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
