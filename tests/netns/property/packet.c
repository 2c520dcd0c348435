/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "../shared/writer.h"
#include "base/macros.h"

#define ETHER_TYPE_IPV4 0x0800
#define ETHER_TYPE_IPV6 0x86dd

/* RFC 1071; size is even. */
static uint32_t sum(const uint8_t *octets, size_t size, uint32_t total) {
        for (size_t i = 0; i < size; i += 2)
                total += (uint32_t)octets[i] << 8 | octets[i + 1];
        return total;
}

static uint16_t finish(uint32_t total) {
        while (total >> 16)
                total = (total & 0xffff) + (total >> 16);
        return (uint16_t)~total;
}

/* The transport's octets, and what the evaluator sees of them. Lengths are even. */
static size_t write_transport(const struct nfw_evaluate_packet *facts,
                              uint8_t tcp_flags,
                              uint64_t tag,
                              uint8_t octets[PACKET_MAX]) {
        struct writer out = { .octets = octets };
        size_t checksum_at = 0;
        uint32_t total = 0;

        switch (facts->l4proto) {
        case IPPROTO_TCP:
                put16(&out, facts->source_port);
                put16(&out, facts->destination_port);
                put32(&out, 1000);
                put32(&out, 0);
                put8(&out, 5 << 4);
                put8(&out, tcp_flags);
                put16(&out, 1024);
                checksum_at = out.n;
                put32(&out, 0);
                break;
        case IPPROTO_UDP:
                put16(&out, facts->source_port);
                put16(&out, facts->destination_port);
                put16(&out, 8 + 16 + PACKET_TAG);
                checksum_at = out.n;
                put16(&out, 0);
                break;
        case IPPROTO_ICMP:
        case IPPROTO_ICMPV6:
                put8(&out, facts->icmp_type);
                put8(&out, 0);
                checksum_at = out.n;
                put16(&out, 0);
                put16(&out, tag & 0xffff); /* in echoes, what tells flows apart */
                put16(&out, 0);
                break;
        default:
                put32(&out, 0);
                put32(&out, 0);
                break;
        }
        put(&out, "sixteen octets !", 16);
        put(&out, &tag, PACKET_TAG);

        if (facts->l4proto != IPPROTO_ICMP) {
                total = sum(facts->source.bytes, nfw_addr_size(facts->source.family), total);
                total = sum(facts->destination.bytes, nfw_addr_size(facts->destination.family), total);
                total += facts->l4proto + (uint32_t)out.n;
        }
        if (checksum_at > 0)
                set16(octets + checksum_at, finish(sum(octets, out.n, total)));
        return out.n;
}

/* fragment: the flags and offset field. */
static size_t write_ipv4(const struct nfw_evaluate_packet *facts,
                         unsigned int n_options,
                         unsigned int fragment,
                         const uint8_t *payload,
                         size_t size,
                         uint8_t *octets) {
        struct writer out = { .octets = octets };
        size_t header = 20 + n_options * 4;

        put8(&out, 4 << 4 | header / 4);
        put8(&out, 0);
        put16(&out, (unsigned int)(header + size));
        put16(&out, facts->source_port);
        put16(&out, fragment);
        put8(&out, facts->hop_limit);
        put8(&out, facts->l4proto);
        put16(&out, 0);
        put(&out, facts->source.bytes, 4);
        put(&out, facts->destination.bytes, 4);
        for (unsigned int i = 0; i < n_options; i++)
                put32(&out, 0x01010101); /* no operation, RFC 791 */
        set16(octets + 10, finish(sum(octets, header, 0)));
        put(&out, payload, size);
        return out.n;
}

static const uint8_t extension_types[] = { IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING,
                                           IPPROTO_DSTOPTS };

/* Eight octets: a next header and padding, or a routing header of an experimental type (RFC 4727) that is done. */
static void put_extension(struct writer *out, unsigned int type, unsigned int next) {
        static const uint8_t padding[] = { 0, 1, 4, 0, 0, 0, 0 }, routing[] = { 0, 253, 0, 0, 0, 0, 0 };

        put8(out, next);
        put(out, type == IPPROTO_ROUTING ? routing : padding, 7);
}

/* extensions: bits, each for one of extension_types, in that order. */
static size_t write_ipv6(const struct nfw_evaluate_packet *facts,
                         unsigned int extensions,
                         const uint8_t *payload,
                         size_t size,
                         uint8_t *octets) {
        struct writer out = { .octets = octets };
        unsigned int types[NFW_ARRAY_SIZE(extension_types) + 1];
        size_t n = 0;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(extension_types); i++)
                if (extensions & 1u << i)
                        types[n++] = extension_types[i];
        types[n] = facts->l4proto;

        put32(&out, 6u << 28);
        put16(&out, (unsigned int)(n * 8 + size));
        put8(&out, types[0]);
        put8(&out, facts->hop_limit);
        put(&out, facts->source.bytes, 16);
        put(&out, facts->destination.bytes, 16);
        for (size_t i = 0; i < n; i++)
                put_extension(&out, types[i], types[i + 1]);
        put(&out, payload, size);
        return out.n;
}

static void fragment_ipv4(struct packet *packet, const uint8_t *payload, size_t size, size_t cut) {
        packet->size[0] = write_ipv4(&packet->facts, 0, 0x2000, payload, cut, packet->octets[0]);
        packet->size[1] = write_ipv4(&packet->facts, 0, (unsigned int)cut / 8, payload + cut, size - cut,
                                     packet->octets[1]);
}

static void fragment_ipv6(
        struct packet *packet, uint64_t tag, const uint8_t *payload, size_t size, size_t cut) {
        struct nfw_evaluate_packet facts = packet->facts;
        uint8_t part[PACKET_MAX];

        facts.l4proto = IPPROTO_FRAGMENT;
        for (int i = 0; i < 2; i++) {
                struct writer out = { .octets = part };

                put8(&out, packet->facts.l4proto);
                put8(&out, 0);
                put16(&out, i == 0 ? 1 : (unsigned int)cut);
                put32(&out, (uint32_t)tag);
                if (i == 0)
                        put(&out, payload, cut);
                else
                        put(&out, payload + cut, size - cut);
                packet->size[i] = write_ipv6(&facts, 0, part, out.n, packet->octets[i]);
        }
}

/* The other side's datagram, to which the packet is the reply. */
static void write_opening(struct packet *packet, uint64_t tag) {
        struct nfw_evaluate_packet facts = packet->facts;
        uint8_t payload[PACKET_MAX];
        size_t size;

        facts.source = packet->facts.destination;
        facts.destination = packet->facts.source;
        facts.source_port = packet->facts.destination_port;
        facts.destination_port = packet->facts.source_port;
        facts.hop_limit = 64;
        size = write_transport(&facts, 0, ~tag, payload);
        packet->opening_size = facts.source.family == AF_INET
                                       ? write_ipv4(&facts, 0, 0, payload, size, packet->opening)
                                       : write_ipv6(&facts, 0, payload, size, packet->opening);
}

static void draw_transport(struct world *world,
                           const struct nfw_policy *policy,
                           uint64_t tag,
                           struct nfw_evaluate_packet *facts) {
        static const uint8_t others[] = { IPPROTO_GRE, IPPROTO_ESP, IPPROTO_AH, IPPROTO_SCTP, 253 };
        static const uint8_t icmpv6_types[] = {
                128, 128, 133, 135, 136, 131, 132, 143, 130, 134, 137, 1, 200
        };
        static const uint8_t icmp_types[] = { 8, 8, 8, 13, 0, 30 };
        static const uint8_t hop_limits[] = { 255, 255, 64, 1, 2 };
        struct random *random = &world->random;
        unsigned int kind = random_below(random, 100);
        bool ipv4 = facts->destination.family == AF_INET;

        facts->hop_limit = 64;
        if (kind < 75) {
                facts->l4proto = kind < 35 ? IPPROTO_TCP : IPPROTO_UDP;
                facts->has_ports = true;
                facts->destination_port = world_port(world, policy);
                facts->source_port = (uint16_t)(1024 + tag % 60000);
                if (random_chance(random, 12))
                        facts->source_port = ipv4 ? 68 : 546;
        } else if (kind < 92) {
                facts->l4proto = ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
                facts->has_icmp_type = true;
                facts->icmp_type = ipv4 ? random_pick(random, icmp_types) : random_pick(random, icmpv6_types);
                if (!ipv4)
                        facts->hop_limit = random_pick(random, hop_limits);
        } else {
                facts->l4proto = random_pick(random, others);
        }
}

static bool is_unicast(const struct nfw_addr *addr) {
        return addr->family == AF_INET ? addr->bytes[0] < 224
                                       : addr->bytes[0] != 0xff && addr->bytes[0] != 0xfe;
}

static bool is_on_link(const struct nfw_addr *addr) {
        return addr->family == AF_INET ? addr->bytes[0] == 10 : addr->bytes[0] == 0xfd;
}

void packet_random(struct world *world,
                   const struct nfw_policy *policy,
                   uint64_t tag,
                   struct packet *packet) {
        struct random *random = &world->random;
        struct nfw_evaluate_packet *facts = &packet->facts;
        char source[NFW_ADDR_TEXT_MAX], destination[NFW_ADDR_TEXT_MAX];
        unsigned int extensions = 0, n_options = 0;
        uint8_t payload[PACKET_MAX];
        const char *how = "";
        size_t size;
        bool ipv4;

        *packet = (struct packet){ .facts.ct_state = NFW_CT_NEW };
        facts->destination = world_destination(world, policy);
        ipv4 = facts->destination.family == AF_INET;
        facts->source = world_addr(ipv4 ? GUEST4 : GUEST6);
        facts->ether_type = ipv4 ? ETHER_TYPE_IPV4 : ETHER_TYPE_IPV6;
        draw_transport(world, policy, tag, facts);
        size = write_transport(facts, 0x02, tag, payload);

        if (facts->has_ports && random_chance(random, 8)) {
                /* The first one must have the transport's header, RFC 7112. */
                size_t cut = facts->l4proto == IPPROTO_TCP ? 24 : 8;

                how = "in two fragments";
                if (ipv4)
                        fragment_ipv4(packet, payload, size, cut);
                else
                        fragment_ipv6(packet, tag, payload, size, cut);
        } else {
                if (random_chance(random, 25)) {
                        how = ipv4 ? "with options" : "with extension headers";
                        n_options = 1 + random_below(random, 10);
                        extensions = 1 + random_below(random, 15);
                }
                packet->size[0] = ipv4 ? write_ipv4(facts, n_options, 0, payload, size, packet->octets[0])
                                       : write_ipv6(facts, extensions, payload, size, packet->octets[0]);
        }

        if (facts->l4proto == IPPROTO_UDP && facts->source_port >= 1024 && is_unicast(&facts->destination) &&
            !is_on_link(&facts->destination) && random_chance(random, 10)) {
                facts->ct_state = NFW_CT_ESTABLISHED;
                write_opening(packet, tag);
        }

        (void)snprintf(packet->text, sizeof(packet->text),
                       "%s > %s protocol %u port %u > %u icmp %u hop limit %u %s%s",
                       nfw_addr_format(&facts->source, source),
                       nfw_addr_format(&facts->destination, destination), facts->l4proto, facts->source_port,
                       facts->destination_port, facts->icmp_type, facts->hop_limit, how,
                       packet->opening_size > 0 ? ", a reply" : "");
}
