/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "world.h"

#include <string.h>

#include "base/macros.h"

const char *const world_local[2] = { "10.77.1.1", "fd77:1::1" };
const char *const world_subnet[2] = { "10.77.1.0", "fd77:1::" };
const char *const world_resolver[2] = { "192.0.2.53", "2001:db8::53" };

static const char *const far_away[] = {
        "203.0.113.9", "8.8.8.8",         "255.255.255.255", "224.0.0.251",    "169.254.169.254",
        "10.77.1.77",  "2001:4860::8888", "ff02::1:2",       "ff02::1:ff00:2", "fe80::2",
        "fd77:1::77",  "fd00:ec2::254",   "10.0.0.1",        "2001:db8:1::1",
};

static const char *const names[] = {
        "example.com", "www.example.com", "a.b.example.com", "example.net", "www.example.net", "other.test",
};

struct nfw_addr world_addr(const char *text) {
        struct nfw_addr addr = { 0 };

        (void)nfw_addr_parse(text, &addr);
        return addr;
}

/* One of 64 addresses: 192.0.2.0/26 or 2001:db8::/122. */
static struct nfw_addr near_addr(struct world *world) {
        struct nfw_addr addr = world_addr(random_chance(&world->random, 55) ? "192.0.2.0" : "2001:db8::");

        addr.bytes[nfw_addr_size(addr.family) - 1] = (uint8_t)random_below(&world->random, 64);
        return addr;
}

/* The first or the last address of a prefix, or the one before or behind it. */
static struct nfw_addr edge_of(struct world *world, const struct nfw_prefix *prefix) {
        struct nfw_addr addr = prefix->addr;
        size_t size = nfw_addr_size(addr.family);
        bool last = random_chance(&world->random, 50);
        bool beside = random_chance(&world->random, 40);

        for (size_t bit = prefix->length; bit < size * 8; bit++) {
                uint8_t mask = (uint8_t)(0x80 >> bit % 8);

                addr.bytes[bit / 8] =
                        (uint8_t)(last ? addr.bytes[bit / 8] | mask : addr.bytes[bit / 8] & ~mask);
        }
        for (size_t i = size; beside && i-- > 0;) {
                addr.bytes[i] = (uint8_t)(addr.bytes[i] + (last ? 1 : -1));
                beside = addr.bytes[i] == (last ? 0 : 0xff);
        }
        return addr;
}

/* The kernel drops some addresses before any rule sees them, or takes them for another kind of packet. */
static bool can_be_sent_to(const struct nfw_addr *addr) {
        static const uint8_t zero[16];

        if (addr->family == AF_INET)
                return addr->bytes[0] != 0 && addr->bytes[0] != 127;
        return memcmp(addr->bytes, zero, 12) != 0 && (addr->bytes[0] != 0xff || (addr->bytes[1] & 0xf) > 1);
}

static struct nfw_addr any_destination(struct world *world, const struct nfw_policy *policy) {
        struct random *random = &world->random;
        const struct nfw_policy_rule *rule =
                &policy->rules.items[random_below(random, (unsigned)policy->rules.n)];

        switch (random_below(random, 8)) {
        case 0:
        case 1:
        case 2:
                if (rule->prefixes.n > 0)
                        return edge_of(
                                world,
                                &rule->prefixes.items[random_below(random, (unsigned)rule->prefixes.n)]);
                return near_addr(world);
        case 3:
        case 4:
                if (world->n_grants > 0)
                        return world->grants[random_below(random, (unsigned)world->n_grants)].addr;
                return near_addr(world);
        case 5:
                return world_addr(random_chance(random, 50) ? random_pick(random, world_local)
                                                            : random_pick(random, world_resolver));
        case 6:
                return world_addr(random_pick(random, far_away));
        default:
                return near_addr(world);
        }
}

struct nfw_addr world_destination(struct world *world, const struct nfw_policy *policy) {
        for (;;) {
                struct nfw_addr addr = any_destination(world, policy);

                if (can_be_sent_to(&addr))
                        return addr;
        }
}

uint16_t world_port(struct world *world, const struct nfw_policy *policy) {
        static const uint16_t known[] = { 53, 53, 67, 547, 80, 443, 1, 65535, 1000 };
        struct random *random = &world->random;
        const struct nfw_policy_rule *rule =
                &policy->rules.items[random_below(random, (unsigned)policy->rules.n)];
        const struct nfw_port_range *ports;
        int port;

        if (rule->ports.n == 0 || random_chance(random, 25))
                return random_pick(random, known);

        ports = &rule->ports.items[random_below(random, (unsigned)rule->ports.n)];
        port = random_chance(random, 50) ? ports->first : ports->last;
        port += (int)random_below(random, 3) - 1;
        return (uint16_t)NFW_MIN(NFW_MAX(port, 1), 65535);
}

void world_learn(struct world *world) {
        world->n_grants = random_below(&world->random, WORLD_MAX_GRANTS + 1);

        for (size_t i = 0; i < world->n_grants; i++) {
                struct grant *grant = &world->grants[i];

                *grant = (struct grant){ random_pick(&world->random, names), near_addr(world) };
                /* An element has one name, so an address is granted once. */
                for (size_t j = 0; j < i; j++)
                        if (nfw_addr_equal(&world->grants[j].addr, &grant->addr)) {
                                world->n_grants--;
                                i--;
                                break;
                        }
        }
}
