/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "world.h"

static const char *const patterns[] = {
        "example.com",        "www.example.com",      "*.example.com", "*.example.net",
        "example.net",        "*.b.example.com",      "other.test",    "*",
        "host.lima.internal", "subnet.lima.internal",
};

static void print_list(FILE *out,
                       struct world *world,
                       const char *key,
                       unsigned int max,
                       void (*print)(FILE *, struct world *)) {
        unsigned int n = 1 + random_below(&world->random, max);

        fprintf(out, ", %s: [", key);
        for (unsigned int i = 0; i < n; i++) {
                fputs(i == 0 ? "" : ", ", out);
                print(out, world);
        }
        fputc(']', out);
}

static void print_prefix(FILE *out, struct world *world) {
        static const char *const wide[] = { "0.0.0.0/0",         "::/0",          "10.0.0.0/8",
                                            "192.0.2.0/24",      "2001:db8::/32", "fd77::/16",
                                            "10.77.1.0/24",      "ff02::/16",     "224.0.0.0/4",
                                            "255.255.255.255/32" };
        struct random *random = &world->random;
        unsigned int narrow = random_chance(random, 50) ? 0 : random_below(random, 7);
        unsigned int last = random_below(random, 64);

        if (random_chance(random, 8))
                fprintf(out, "\"%s\"", random_pick(random, wide));
        else if (random_chance(random, 55))
                fprintf(out, "192.0.2.%u/%u", last, 32 - narrow);
        else
                fprintf(out, "\"2001:db8::%x/%u\"", last, 128 - narrow);
}

static void print_ports(FILE *out, struct world *world) {
        static const unsigned int known[] = { 53, 67, 68, 546, 547, 1, 65535, 443, 80 };
        struct random *random = &world->random;
        unsigned int first =
                random_chance(random, 20) ? random_pick(random, known) : 1000 + random_below(random, 40);

        if (random_chance(random, 50))
                fprintf(out, "%u", first);
        else
                fprintf(out, "\"%u-%u\"", first, NFW_MIN(first + random_below(random, 12), 65535u));
}

static void print_domain(FILE *out, struct world *world) {
        fprintf(out, "\"%s\"", random_pick(&world->random, patterns));
}

static void print_protocols(FILE *out, struct world *world, bool with_icmp) {
        static const char *const texts[] = { "tcp",       "udp",       "tcp, udp",      "icmp",
                                             "tcp, icmp", "udp, icmp", "tcp, udp, icmp" };

        fprintf(out, ", protocols: [%s]",
                texts[random_below(&world->random, with_icmp ? NFW_ARRAY_SIZE(texts) : 3)]);
}

/* The comma after the first of the keys is why the mapping begins with one that is always there. */
static void print_egress(FILE *out, struct world *world) {
        struct random *random = &world->random;
        bool ports = random_chance(random, 45), ips = random_chance(random, 60),
             domains = random_chance(random, 25);
        char *text = NULL;
        size_t size;
        FILE *keys = open_memstream(&text, &size);

        if (!keys)
                return;
        if (random_chance(random, 50))
                print_protocols(keys, world, !ports);
        if (ports)
                print_list(keys, world, "ports", 4, print_ports);
        if (ips)
                print_list(keys, world, "ips", 6, print_prefix);
        if (domains)
                print_list(keys, world, "domains", 3, print_domain);
        fclose(keys);
        if (size > 0)
                fprintf(out, ", egress: {%s}", text + 2);
        free(text);
}

char *world_policy(struct world *world) {
        static const unsigned int most[] = { 1, 3, 8, 8, 20, 60, 200 };
        struct random *random = &world->random;
        unsigned int n_rules = 1 + random_below(random, random_pick(random, most));
        /* A bias towards one action makes longer runs, which are folded together. */
        unsigned int allow = random_chance(random, 50) ? 50 : random_below(random, 101);
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        if (!out)
                return NULL;
        fputs("version: \"1.0\"\nrules:\n", out);
        for (unsigned int i = 0; i < n_rules; i++) {
                fprintf(out, "- {name: r%u, action: %s, priority: %d", i,
                        random_chance(random, allow) ? "allow" : "deny", (int)random_below(random, 12) - 3);
                if (!random_chance(random, 3))
                        print_egress(out, world);
                fputs("}\n", out);
        }
        fclose(out);
        return text;
}
