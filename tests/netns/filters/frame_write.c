/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame_write.h"

#include <netinet/in.h>

#include "../shared/writer.h"

/* Behind two tags and an IPv6 header. */
#define NETWORK_END (14 + 2 * 4 + 40)

/* A frame that is being written. */
struct frame_writer {
        struct writer out;
        struct random *random;
        const struct shape *shape;
};

static void put_field(struct frame_writer *f, enum nfw_field field) {
        put(&f->out, f->shape->values[field], nfw_field_info(field)->size);
}

static void put_random(struct frame_writer *f, size_t n) {
        while (n-- > 0)
                put8(&f->out, random_below(f->random, 256));
}

static unsigned int number(const struct shape *shape, enum nfw_field field) {
        const uint8_t *value = shape->values[field];

        return nfw_field_info(field)->size == 1 ? value[0] : (unsigned int)(value[0] << 8 | value[1]);
}

/* Some of them end too early, or are longer than the header. */
static size_t write_options(struct frame_writer *f) {
        size_t begin = f->out.n, n;

        for (size_t i = 0; i < f->shape->n_options && f->out.n - begin < 32; i++) {
                unsigned int length = 2 + random_below(f->random, 3);

                put8(&f->out, f->shape->options[i]);
                if (f->shape->options[i] <= 1)
                        continue;
                put8(&f->out, random_chance(f->random, 8) ? random_below(f->random, 12) : length);
                put_random(f, length - 2);
        }
        n = f->out.n - begin;
        while (n++ % 4 != 0)
                put8(&f->out, random_below(f->random, 3));
        return f->out.n - begin;
}

static void write_tcp(struct frame_writer *f) {
        size_t offset, size;

        put_field(f, NFW_FIELD_TH_SPORT);
        put_field(f, NFW_FIELD_TH_DPORT);
        put_random(f, 8);
        offset = f->out.n;
        put8(&f->out, 0);
        put_field(f, NFW_FIELD_TCP_FLAGS);
        put_random(f, 6);
        size = 20 + write_options(f);
        f->out.octets[offset] =
                (uint8_t)(random_chance(f->random, 4) ? random_below(f->random, 256) : size / 4 << 4);
}

static void write_transport(struct frame_writer *f) {
        switch (number(f->shape, NFW_FIELD_L4PROTO)) {
        case IPPROTO_TCP:
                write_tcp(f);
                break;
        case IPPROTO_UDP:
        case IPPROTO_UDPLITE:
        case IPPROTO_SCTP:
        case IPPROTO_DCCP:
                put_field(f, NFW_FIELD_TH_SPORT);
                put_field(f, NFW_FIELD_TH_DPORT);
                put_random(f, 8);
                break;
        case IPPROTO_ICMP:
                put_field(f, NFW_FIELD_ICMP_TYPE);
                put_field(f, NFW_FIELD_ICMP_CODE);
                put_random(f, 6);
                break;
        case IPPROTO_ICMPV6:
                put_field(f, NFW_FIELD_ICMPV6_TYPE);
                put_field(f, NFW_FIELD_ICMPV6_CODE);
                put_random(f, 6);
                break;
        default:
                put_random(f, 12);
                break;
        }
        if (random_chance(f->random, 70))
                put_random(f, random_below(f->random, 24));
}

/* The length that a header says; what is not in it is padding. */
static unsigned int length_of(struct frame_writer *f, size_t size) {
        switch (random_below(f->random, 40)) {
        case 0:
                return random_below(f->random, (unsigned int)size + 1);
        case 1:
                return (unsigned int)size + random_below(f->random, 20);
        default:
                /* The frame's tag is in the packet or behind it. */
                return (unsigned int)size + (random_chance(f->random, 50) ? 8 : 0);
        }
}

static void write_ipv4(struct frame_writer *f) {
        size_t begin = f->out.n,
               header = random_chance(f->random, 10) ? 20 + 4 * random_below(f->random, 11) : 20;
        unsigned int length, first = 4 << 4 | (unsigned int)(header / 4), fragment = 0;

        if (random_chance(f->random, 2))
                first = random_below(f->random, 256);
        if (random_chance(f->random, 12))
                fragment = random_chance(f->random, 40) ? 0x2000 : 1 + random_below(f->random, 0x3fff);
        put8(&f->out, first);
        put8(&f->out, number(f->shape, NFW_FIELD_IP_DSCP) << 2 | random_below(f->random, 4));
        put16(&f->out, 0);
        put_random(f, 2);
        put16(&f->out, fragment);
        put8(&f->out, 64);
        put_field(f, NFW_FIELD_L4PROTO);
        put_random(f, 2);
        put_field(f, NFW_FIELD_IP_SADDR);
        put_field(f, NFW_FIELD_IP_DADDR);
        put_random(f, header - 20);
        write_transport(f);
        length = length_of(f, f->out.n - begin);
        set16(f->out.octets + begin + 2, length);
}

/* next: where the type of the header behind belongs. */
static void write_extensions(struct frame_writer *f, size_t *next) {
        static const uint8_t types[] = { IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS,
                                         IPPROTO_FRAGMENT };

        for (unsigned int n = 1 + random_below(f->random, 4); n > 0; n--) {
                unsigned int type = random_pick(f->random, types);
                unsigned int length = type == IPPROTO_FRAGMENT ? 0 : random_below(f->random, 2);

                f->out.octets[*next] = (uint8_t)type;
                *next = f->out.n;
                put8(&f->out, 0);
                put8(&f->out, random_chance(f->random, 2) ? random_below(f->random, 256) : length);
                if (type == IPPROTO_FRAGMENT)
                        put16(&f->out, random_chance(f->random, 50) ? random_below(f->random, 2)
                                                                    : random_below(f->random, 0x10000));
                else
                        put_random(f, 2);
                put_random(f, 4 + length * 8);
        }
}

static void write_ipv6(struct frame_writer *f) {
        size_t begin = f->out.n, next;
        unsigned int length;

        put16(&f->out, (random_chance(f->random, 2) ? random_below(f->random, 16) : 6) << 12 |
                               number(f->shape, NFW_FIELD_IP6_DSCP) << 6 | random_below(f->random, 64));
        put_random(f, 2);
        put16(&f->out, 0);
        next = f->out.n;
        put8(&f->out, 0);
        put8(&f->out, 255);
        put_field(f, NFW_FIELD_IP6_SADDR);
        put_field(f, NFW_FIELD_IP6_DADDR);
        if (random_chance(f->random, 20))
                write_extensions(f, &next);
        f->out.octets[next] = (uint8_t)number(f->shape, NFW_FIELD_L4PROTO);
        write_transport(f);
        length = length_of(f, f->out.n - begin - 40);
        set16(f->out.octets + begin + 4, length);
}

static void write_arp(struct frame_writer *f) {
        put_field(f, NFW_FIELD_ARP_HTYPE);
        put_field(f, NFW_FIELD_ARP_PTYPE);
        put8(&f->out, random_chance(f->random, 95) ? 6 : random_below(f->random, 256));
        put8(&f->out, random_chance(f->random, 95) ? 4 : random_below(f->random, 256));
        put_field(f, NFW_FIELD_ARP_OPERATION);
        put_field(f, NFW_FIELD_ARP_SADDR_ETHER);
        put_field(f, NFW_FIELD_ARP_SADDR_IP);
        put_field(f, NFW_FIELD_ARP_DADDR_ETHER);
        put_field(f, NFW_FIELD_ARP_DADDR_IP);
        if (random_chance(f->random, 70))
                put_random(f, 18);
}

static void write_stp(struct frame_writer *f) {
        put_field(f, NFW_FIELD_LLC);
        put16(&f->out, 0);
        put8(&f->out, 0);
        for (enum nfw_field field = NFW_FIELD_STP_TYPE; field <= NFW_FIELD_STP_FORWARD_DELAY; field++)
                put_field(f, field);
        put_random(f, 8);
}

static void write_payload(struct frame_writer *f, unsigned int type) {
        switch (type) {
        case 0x0800:
                write_ipv4(f);
                break;
        case 0x86dd:
                write_ipv6(f);
                break;
        case 0x0806:
        case 0x8035:
                write_arp(f);
                break;
        default:
                if (type < 0x600)
                        write_stp(f);
                else
                        put_random(f, 16 + random_below(f->random, 40));
                break;
        }
}

static bool is_tag(unsigned int type) {
        return type == 0x8100 || type == 0x88a8;
}

size_t shape_write(struct random *random, const struct shape *shape, uint8_t *bytes) {
        struct frame_writer writer = { .out = { .octets = bytes }, .random = random, .shape = shape };
        struct writer *out = &writer.out;
        unsigned int type = number(shape, NFW_FIELD_ETHER_TYPE);

        put_field(&writer, NFW_FIELD_ETHER_DADDR);
        put_field(&writer, NFW_FIELD_ETHER_SADDR);
        put_field(&writer, NFW_FIELD_ETHER_TYPE);
        if (is_tag(type)) {
                put16(out, random_below(random, 16) << 12 | number(shape, NFW_FIELD_VLAN_ID));
                put_field(&writer, NFW_FIELD_VLAN_TYPE);
                type = number(shape, NFW_FIELD_VLAN_TYPE);
                if (is_tag(type)) {
                        type = random_chance(random, 50) ? 0x0800 : 0x86dd;
                        put_random(&writer, 2);
                        put16(out, type);
                }
        }
        write_payload(&writer, type);
        /*
         * Not within an address: of one that is cut off the kernel compares as many octets as a prefix has, if these are
         * there, and the evaluator wants all of it.
         */
        if (random_chance(random, 5) && out->n > NETWORK_END)
                out->n = NETWORK_END + random_below(random, (unsigned int)out->n - NETWORK_END);
        return out->n;
}
