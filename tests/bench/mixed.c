/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mixed.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "dns.h"

enum shape {
        ADDRESSES4,
        NETWORK4,
        WIDE_NETWORK4,
        ADDRESSES6,
        NETWORK6,
        NAME,
        PORTS,
        ICMP,
};

/* How many of 16 rules have which shape. */
static const enum shape shapes[16] = {
        ADDRESSES4, ADDRESSES4, ADDRESSES4, ADDRESSES4, NETWORK4, NETWORK4, WIDE_NETWORK4, ADDRESSES6,
        ADDRESSES6, NETWORK6,   NETWORK6,   NAME,       NAME,     NAME,     PORTS,         ICMP,
};

static const struct {
        const char *text;
        uint16_t port; /* one of them */
} services[] = {
        { "        protocols: [tcp, udp]\n        ports: [\"443\"]\n", 443 },
        { "        protocols: [udp]\n        ports: [\"80\", \"443\"]\n", 80 },
        { "        ports: [\"8000-9000\"]\n", 8080 },
        { "", 4000 },
};

/* Numbers that look random and are always the same. */
static uint32_t scatter(uint32_t value) {
        value = (value ^ (value >> 16)) * 0x7feb352du;
        value = (value ^ (value >> 15)) * 0x846ca68bu;
        return value ^ (value >> 16);
}

static enum shape shape_of(const struct mixed *mixed, unsigned int rule) {
        enum shape shape = shapes[scatter(rule) % NFW_ARRAY_SIZE(shapes)];

        return shape == NAME && !mixed->names ? ADDRESSES4 : shape;
}

static size_t service_of(unsigned int rule) {
        return scatter(rule + 0x10000000) % NFW_ARRAY_SIZE(services);
}

static const char *action_of(unsigned int rule) {
        return scatter(rule + 0x20000000) % 4 == 0 ? "deny" : "allow";
}

bool mixed_is_name(const struct mixed *mixed, unsigned int rule) {
        return shape_of(mixed, rule) == NAME;
}

static void put_targets(FILE *stream, const struct mixed *mixed, unsigned int rule) {
        unsigned int high = rule >> 8, low = rule & 255;

        switch (shape_of(mixed, rule)) {
        case ADDRESSES4:
        case ICMP:
                (void)fprintf(stream, "        ips: [11.%u.%u.1, 11.%u.%u.77]\n", high, low, high, low);
                break;
        case NETWORK4:
                (void)fprintf(stream, "        ips: [12.%u.%u.0/24]\n", high, low);
                break;
        case WIDE_NETWORK4:
                (void)fprintf(stream, "        ips: [12.%u.%u.0/20]\n", high, low & 0xf0);
                break;
        case ADDRESSES6:
                (void)fprintf(stream, "        ips: [\"2001:db8:%x::1\", \"2001:db8:%x::77\"]\n", rule, rule);
                break;
        case NETWORK6:
                (void)fprintf(stream, "        ips: [\"2001:db9:%x::/48\"]\n", rule);
                break;
        case NAME:
                (void)fprintf(stream, "        domains: [n%07u.bench.example]\n", rule);
                break;
        case PORTS:
                break;
        }
}

static void put_services(FILE *stream, const struct mixed *mixed, unsigned int rule) {
        switch (shape_of(mixed, rule)) {
        case PORTS:
                (void)fprintf(stream, "        ports: [\"%u\"]\n", 10000 + rule % 50000);
                break;
        case ICMP:
                (void)fputs("        protocols: [icmp]\n", stream);
                break;
        default:
                (void)fputs(services[service_of(rule)].text, stream);
                break;
        }
}

char *mixed_policy(const struct mixed *mixed) {
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        if (!stream)
                bench_fail("out of memory");
        (void)fputs("version: \"1.0\"\nrules:\n", stream);
        for (unsigned int i = 0; i < mixed->n_rules; i++) {
                (void)fprintf(stream, "  - name: rule-%u\n    action: %s\n    priority: %u\n    egress:\n", i,
                              action_of(i), i);
                put_targets(stream, mixed, i);
                put_services(stream, mixed, i);
        }
        if (fclose(stream) != 0)
                bench_fail("out of memory");
        return text;
}

static uint16_t port_of(const struct mixed *mixed, unsigned int rule) {
        return shape_of(mixed, rule) == PORTS ? (uint16_t)(10000 + rule % 50000)
                                              : services[service_of(rule)].port;
}

static void destination6(const struct mixed *mixed,
                         unsigned int rule,
                         bool network,
                         unsigned int variant,
                         struct sockaddr_in6 *address) {
        char text[INET6_ADDRSTRLEN];

        (void)snprintf(text, sizeof(text), "2001:%s:%x::%x", network ? "db9" : "db8", rule,
                       network ? variant + 1 : 1);
        *address = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port_of(mixed, rule)) };
        if (inet_pton(AF_INET6, text, &address->sin6_addr) != 1)
                bench_fail("%s is no address", text);
}

static void destination4(const struct mixed *mixed,
                         unsigned int rule,
                         unsigned int variant,
                         struct sockaddr_in *address) {
        uint32_t host = 0;

        switch (shape_of(mixed, rule)) {
        case NETWORK4:
        case WIDE_NETWORK4:
                host = (12u << 24) + (rule << 8) + variant % 256;
                break;
        case NAME:
                host = bench_dns_address(rule);
                break;
        case PORTS:
                host = (13u << 24) + variant;
                break;
        default:
                host = (11u << 24) + (rule << 8) + 1;
                break;
        }
        *address = (struct sockaddr_in){
                .sin_family = AF_INET,
                .sin_port = htons(port_of(mixed, rule)),
                .sin_addr.s_addr = htonl(host),
        };
}

void mixed_destination(const struct mixed *mixed,
                       unsigned int rule,
                       unsigned int variant,
                       struct mixed_destination *ret_destination) {
        enum shape shape = shape_of(mixed, rule);

        *ret_destination = (struct mixed_destination){ .ipv6 = shape == ADDRESSES6 || shape == NETWORK6 };
        if (ret_destination->ipv6)
                destination6(mixed, rule, shape == NETWORK6, variant, &ret_destination->ipv6_address);
        else
                destination4(mixed, rule, variant, &ret_destination->ipv4_address);
}
