/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame_write.h"

#include <netinet/in.h>
#include <string.h>

/* Behind two tags and an IPv6 header. */
#define NETWORK_END (14 + 2 * 4 + 40)

/* Octets being written one behind the other. */
struct writer {
        struct random *random;
        const struct shape *shape;
        uint8_t *octets;
        size_t n;
};

static void put(struct writer *out, const void *data, size_t n) {
        memcpy(out->octets + out->n, data, n);
        out->n += n;
}

static void put8(struct writer *out, unsigned int value) {
        out->octets[out->n++] = (uint8_t)value;
}

static void put16(struct writer *out, unsigned int value) {
        put8(out, value >> 8);
        put8(out, value & 0xff);
}

static void put_field(struct writer *out, enum nfw_field field) {
        put(out, out->shape->values[field], nfw_field_info(field)->size);
}

static void put_random(struct writer *out, size_t n) {
        while (n-- > 0)
                put8(out, random_below(out->random, 256));
}

static unsigned int number(const struct shape *shape, enum nfw_field field) {
        const uint8_t *value = shape->values[field];

        return nfw_field_info(field)->size == 1 ? value[0] : (unsigned int)(value[0] << 8 | value[1]);
}

/* Some of them end too early, or are longer than the header. */
static size_t write_options(struct writer *out) {
        size_t begin = out->n, n;

        for (size_t i = 0; i < out->shape->n_options && out->n - begin < 32; i++) {
                unsigned int length = 2 + random_below(out->random, 3);

                put8(out, out->shape->options[i]);
                if (out->shape->options[i] <= 1)
                        continue;
                put8(out, random_chance(out->random, 8) ? random_below(out->random, 12) : length);
                put_random(out, length - 2);
        }
        n = out->n - begin;
        while (n++ % 4 != 0)
                put8(out, random_below(out->random, 3));
        return out->n - begin;
}

static void write_tcp(struct writer *out) {
        size_t offset, size;

        put_field(out, NFW_FIELD_TH_SPORT);
        put_field(out, NFW_FIELD_TH_DPORT);
        put_random(out, 8);
        offset = out->n;
        put8(out, 0);
        put_field(out, NFW_FIELD_TCP_FLAGS);
        put_random(out, 6);
        size = 20 + write_options(out);
        out->octets[offset] =
                (uint8_t)(random_chance(out->random, 4) ? random_below(out->random, 256) : size / 4 << 4);
}

static void write_transport(struct writer *out) {
        switch (number(out->shape, NFW_FIELD_L4PROTO)) {
        case IPPROTO_TCP:
                write_tcp(out);
                break;
        case IPPROTO_UDP:
        case IPPROTO_UDPLITE:
        case IPPROTO_SCTP:
        case IPPROTO_DCCP:
                put_field(out, NFW_FIELD_TH_SPORT);
                put_field(out, NFW_FIELD_TH_DPORT);
                put_random(out, 8);
                break;
        case IPPROTO_ICMP:
                put_field(out, NFW_FIELD_ICMP_TYPE);
                put_field(out, NFW_FIELD_ICMP_CODE);
                put_random(out, 6);
                break;
        case IPPROTO_ICMPV6:
                put_field(out, NFW_FIELD_ICMPV6_TYPE);
                put_field(out, NFW_FIELD_ICMPV6_CODE);
                put_random(out, 6);
                break;
        default:
                put_random(out, 12);
                break;
        }
        if (random_chance(out->random, 70))
                put_random(out, random_below(out->random, 24));
}

/* The length that a header says; what is not in it is padding. */
static unsigned int length_of(struct writer *out, size_t size) {
        switch (random_below(out->random, 40)) {
        case 0:
                return random_below(out->random, (unsigned int)size + 1);
        case 1:
                return (unsigned int)size + random_below(out->random, 20);
        default:
                /* The frame's tag is in the packet or behind it. */
                return (unsigned int)size + (random_chance(out->random, 50) ? 8 : 0);
        }
}

static void write_ipv4(struct writer *out) {
        size_t begin = out->n,
               header = random_chance(out->random, 10) ? 20 + 4 * random_below(out->random, 11) : 20;
        unsigned int length, first = 4 << 4 | (unsigned int)(header / 4), fragment = 0;

        if (random_chance(out->random, 2))
                first = random_below(out->random, 256);
        if (random_chance(out->random, 12))
                fragment = random_chance(out->random, 40) ? 0x2000 : 1 + random_below(out->random, 0x3fff);
        put8(out, first);
        put8(out, number(out->shape, NFW_FIELD_IP_DSCP) << 2 | random_below(out->random, 4));
        put16(out, 0);
        put_random(out, 2);
        put16(out, fragment);
        put8(out, 64);
        put_field(out, NFW_FIELD_L4PROTO);
        put_random(out, 2);
        put_field(out, NFW_FIELD_IP_SADDR);
        put_field(out, NFW_FIELD_IP_DADDR);
        put_random(out, header - 20);
        write_transport(out);
        length = length_of(out, out->n - begin);
        out->octets[begin + 2] = (uint8_t)(length >> 8);
        out->octets[begin + 3] = (uint8_t)length;
}

/* next: where the type of the header behind belongs. */
static void write_extensions(struct writer *out, size_t *next) {
        static const uint8_t types[] = { IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS,
                                         IPPROTO_FRAGMENT };

        for (unsigned int n = 1 + random_below(out->random, 4); n > 0; n--) {
                unsigned int type = random_pick(out->random, types);
                unsigned int length = type == IPPROTO_FRAGMENT ? 0 : random_below(out->random, 2);

                out->octets[*next] = (uint8_t)type;
                *next = out->n;
                put8(out, 0);
                put8(out, random_chance(out->random, 2) ? random_below(out->random, 256) : length);
                if (type == IPPROTO_FRAGMENT)
                        put16(out, random_chance(out->random, 50) ? random_below(out->random, 2)
                                                                  : random_below(out->random, 0x10000));
                else
                        put_random(out, 2);
                put_random(out, 4 + length * 8);
        }
}

static void write_ipv6(struct writer *out) {
        size_t begin = out->n, next;
        unsigned int length;

        put16(out, (random_chance(out->random, 2) ? random_below(out->random, 16) : 6) << 12 |
                           number(out->shape, NFW_FIELD_IP6_DSCP) << 6 | random_below(out->random, 64));
        put_random(out, 2);
        put16(out, 0);
        next = out->n;
        put8(out, 0);
        put8(out, 255);
        put_field(out, NFW_FIELD_IP6_SADDR);
        put_field(out, NFW_FIELD_IP6_DADDR);
        if (random_chance(out->random, 20))
                write_extensions(out, &next);
        out->octets[next] = (uint8_t)number(out->shape, NFW_FIELD_L4PROTO);
        write_transport(out);
        length = length_of(out, out->n - begin - 40);
        out->octets[begin + 4] = (uint8_t)(length >> 8);
        out->octets[begin + 5] = (uint8_t)length;
}

static void write_arp(struct writer *out) {
        put_field(out, NFW_FIELD_ARP_HTYPE);
        put_field(out, NFW_FIELD_ARP_PTYPE);
        put8(out, random_chance(out->random, 95) ? 6 : random_below(out->random, 256));
        put8(out, random_chance(out->random, 95) ? 4 : random_below(out->random, 256));
        put_field(out, NFW_FIELD_ARP_OPERATION);
        put_field(out, NFW_FIELD_ARP_SADDR_ETHER);
        put_field(out, NFW_FIELD_ARP_SADDR_IP);
        put_field(out, NFW_FIELD_ARP_DADDR_ETHER);
        put_field(out, NFW_FIELD_ARP_DADDR_IP);
        if (random_chance(out->random, 70))
                put_random(out, 18);
}

static void write_stp(struct writer *out) {
        put_field(out, NFW_FIELD_LLC);
        put16(out, 0);
        put8(out, 0);
        for (enum nfw_field field = NFW_FIELD_STP_TYPE; field <= NFW_FIELD_STP_FORWARD_DELAY; field++)
                put_field(out, field);
        put_random(out, 8);
}

static void write_payload(struct writer *out, unsigned int type) {
        switch (type) {
        case 0x0800:
                write_ipv4(out);
                break;
        case 0x86dd:
                write_ipv6(out);
                break;
        case 0x0806:
        case 0x8035:
                write_arp(out);
                break;
        default:
                if (type < 0x600)
                        write_stp(out);
                else
                        put_random(out, 16 + random_below(out->random, 40));
                break;
        }
}

static bool is_tag(unsigned int type) {
        return type == 0x8100 || type == 0x88a8;
}

size_t shape_write(struct random *random, const struct shape *shape, uint8_t *bytes) {
        struct writer out = { .random = random, .shape = shape, .octets = bytes };
        unsigned int type = number(shape, NFW_FIELD_ETHER_TYPE);

        put_field(&out, NFW_FIELD_ETHER_DADDR);
        put_field(&out, NFW_FIELD_ETHER_SADDR);
        put_field(&out, NFW_FIELD_ETHER_TYPE);
        if (is_tag(type)) {
                put16(&out, random_below(random, 16) << 12 | number(shape, NFW_FIELD_VLAN_ID));
                put_field(&out, NFW_FIELD_VLAN_TYPE);
                type = number(shape, NFW_FIELD_VLAN_TYPE);
                if (is_tag(type)) {
                        type = random_chance(random, 50) ? 0x0800 : 0x86dd;
                        put_random(&out, 2);
                        put16(&out, type);
                }
        }
        write_payload(&out, type);
        /*
         * Not within an address: of one that is cut off the kernel compares as many octets as a prefix has, if these are
         * there, and the evaluator wants all of it.
         */
        if (random_chance(random, 5) && out.n > NETWORK_END)
                out.n = NETWORK_END + random_below(random, (unsigned int)out.n - NETWORK_END);
        return out.n;
}
