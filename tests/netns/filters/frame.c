/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "frame_write.h"
#include "net/addr.h"
#include "net/mac.h"

static void set_number(struct shape *shape, enum nfw_field field, uint64_t number) {
        struct nfw_range range = nfw_range_from_number(number, nfw_field_info(field)->size);

        memcpy(shape->values[field], range.first, NFW_VALUE_MAX);
}

static enum world_kind kind_of(enum nfw_field field) {
        switch (field) {
        case NFW_FIELD_IP_SADDR:
        case NFW_FIELD_IP_DADDR:
        case NFW_FIELD_ARP_SADDR_IP:
        case NFW_FIELD_ARP_DADDR_IP:
                return WORLD_IP4;
        case NFW_FIELD_IP6_SADDR:
        case NFW_FIELD_IP6_DADDR:
                return WORLD_IP6;
        default:
                if (nfw_field_info(field)->size == 6)
                        return WORLD_MAC;
                return nfw_field_info(field)->size == 1 ? WORLD_NUMBER : WORLD_PORT;
        }
}

static void draw_value(struct random *random, struct shape *shape, enum nfw_field field) {
        enum world_kind kind = kind_of(field);
        char text[WORLD_TEXT_MAX];
        struct nfw_addr addr;

        world_value(random, kind, text);
        memset(shape->values[field], 0, NFW_VALUE_MAX);
        if (kind == WORLD_MAC) {
                (void)nfw_mac_parse(text, shape->values[field]);
        } else if (kind == WORLD_IP4 || kind == WORLD_IP6) {
                (void)nfw_addr_parse(text, &addr);
                memcpy(shape->values[field], addr.bytes, nfw_addr_size(addr.family));
        } else {
                set_number(shape, field, strtoul(text, NULL, 0));
        }
}

static void draw_all(struct random *random, struct shape *shape) {
        static const uint16_t types[] = { 0x0800, 0x0800, 0x0800, 0x0800, 0x86dd, 0x86dd, 0x86dd,
                                          0x0806, 0x0806, 0x8035, 0x8100, 0x8100, 0x88a8, 0x1234,
                                          0x88cc, 0x0026, 0x0027, 0x0600, 0x05ff, 0xffff };
        static const uint16_t inside[] = { 0x0800, 0x0800, 0x86dd, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x1234 };
        static const uint8_t protocols[] = {
                6, 6, 6, 17, 17, 17, 1, 58, 2, 50, 51, 132, 136, 33, 0, 60, 253
        };
        static const uint8_t bpdus[] = { 0x00, 0x02, 0x80 };

        *shape = (struct shape){ 0 };
        for (size_t field = 0; field < NFW_N_FIELDS; field++)
                draw_value(random, shape, (enum nfw_field)field);
        set_number(shape, NFW_FIELD_ETHER_TYPE, random_pick(random, types));
        set_number(shape, NFW_FIELD_VLAN_TYPE, random_pick(random, inside));
        set_number(shape, NFW_FIELD_L4PROTO, random_pick(random, protocols));
        set_number(shape, NFW_FIELD_TCP_FLAGS, random_below(random, 256));
        set_number(shape, NFW_FIELD_VLAN_ID, random_pick(random, ((uint16_t[]){ 0, 1, 7, 7, 100, 4095 })));
        set_number(shape, NFW_FIELD_LLC, random_chance(random, 85) ? 0x424203 : 0xaaaa03);
        set_number(shape, NFW_FIELD_STP_TYPE, random_pick(random, bpdus));
        if (random_chance(random, 60))
                set_number(shape, NFW_FIELD_ARP_HTYPE, 1);
        if (random_chance(random, 60))
                set_number(shape, NFW_FIELD_ARP_PTYPE, 0x0800);
        if (random_chance(random, 10))
                memcpy(shape->values[NFW_FIELD_ARP_DADDR_IP], shape->values[NFW_FIELD_ARP_SADDR_IP], 4);
        for (unsigned int n = random_below(random, 4); n > 0; n--)
                shape->options[shape->n_options++] = (uint8_t)random_below(random, 13);
}

/* The value before or behind it; of the smallest and the largest that is the other one. */
static void step(struct random *random, uint8_t *value, size_t size) {
        int by = random_chance(random, 50) ? 1 : -1;

        for (size_t i = size; i-- > 0;) {
                value[i] = (uint8_t)(value[i] + by);
                if (value[i] != (by > 0 ? 0 : 0xff))
                        return;
        }
}

static void pick_in_range(struct random *random,
                          struct shape *shape,
                          enum nfw_field field,
                          const struct nfw_range *range,
                          const uint8_t *mask) {
        size_t size = nfw_field_info(field)->size;
        uint8_t *value = shape->values[field];
        uint8_t before[NFW_VALUE_MAX];

        memcpy(before, value, sizeof(before));
        memcpy(value, random_chance(random, 60) ? range->first : range->last, NFW_VALUE_MAX);
        for (size_t i = 0; mask && i < size; i++)
                value[i] = (uint8_t)((value[i] & mask[i]) | (before[i] & ~mask[i]));
        if (random_chance(random, 12))
                step(random, value, size);
}

static void do_as_tuple(struct random *random,
                        struct shape *shape,
                        const struct nfw_filter_set *set,
                        const struct nfw_filter_tuples *tuples) {
        const struct nfw_range *tuple;

        if (tuples->vec.n == 0)
                return;
        tuple = &tuples->vec.items[random_below(random, (unsigned)(tuples->vec.n / set->n_fields)) *
                                   set->n_fields];
        for (size_t i = 0; i < set->n_fields; i++)
                pick_in_range(random, shape, set->fields[i].field, &tuple[i],
                              set->fields[i].is_masked ? set->fields[i].mask : NULL);
}

static void do_as_match(struct random *random,
                        struct shape *shape,
                        const struct nfw_filter_ir *ir,
                        const struct nfw_filter_tuples *tuples,
                        const struct nfw_match *match) {
        if (match->negate && random_chance(random, 70))
                return;
        switch (match->kind) {
        case NFW_OPERAND_RANGES: {
                const struct nfw_range *range;

                if (match->ranges.vec.n == 0)
                        return;
                range = &match->ranges.vec.items[random_below(random, (unsigned)match->ranges.vec.n)];
                if (match->field == NFW_FIELD_TCP_OPTION && shape->n_options < SHAPE_MAX_OPTIONS)
                        shape->options[shape->n_options++] = range->first[0];
                else if (match->field < NFW_N_FIELDS)
                        pick_in_range(random, shape, match->field, range, NULL);
                break;
        }
        case NFW_OPERAND_MASKED:
                set_number(shape, match->field, match->flags | (random_below(random, 256) & ~match->mask));
                break;
        case NFW_OPERAND_SAME_OCTET:
                shape->values[match->field][match->octet] = shape->values[match->other][match->octet];
                break;
        case NFW_OPERAND_TUPLE:
                do_as_tuple(random, shape, &ir->sets.items[match->set], &tuples[match->set]);
                break;
        default:
                break;
        }
}

static void do_as_some_rule(struct random *random,
                            struct shape *shape,
                            const struct nfw_filter_ir *ir,
                            const struct nfw_filter_tuples *tuples,
                            enum nfw_direction direction) {
        const struct nfw_filter_chain *chain;
        const struct nfw_ir_rule *rule;
        unsigned int n = (unsigned)ir->chains.n;

        if (n == 0)
                return;
        for (unsigned int i = 0, first = random_below(random, n); i < n; i++) {
                chain = &ir->chains.items[(first + i) % n];
                if (chain->direction != direction || chain->rules.rules.n == 0)
                        continue;
                rule = &chain->rules.rules.items[random_below(random, (unsigned)chain->rules.rules.n)];
                nfw_vec_foreach (match, &rule->matches)
                        do_as_match(random, shape, ir, tuples, match);
                return;
        }
}

/* What a bridge would not pass on, whatever the filters say. */
static void make_passable(struct shape *shape) {
        static const uint8_t group[] = { 0x01, 0x80, 0xc2, 0x00, 0x00 };
        uint8_t *destination = shape->values[NFW_FIELD_ETHER_DADDR];
        uint8_t *source = shape->values[NFW_FIELD_ETHER_SADDR];

        if (memcmp(destination, group, sizeof(group)) == 0 && destination[5] <= 0x0f)
                destination[5] = 0;
        source[0] &= 0xfe;
        if (memcmp(source, (uint8_t[6]){ 0 }, 6) == 0)
                source[0] = 0x02;
}

void frame_random(struct world *world,
                  const struct nfw_filter_ir *ir,
                  const struct nfw_filter_tuples *tuples,
                  enum nfw_direction direction,
                  uint64_t tag,
                  struct frame *ret_frame) {
        struct random *random = &world->random;
        struct shape shape;

        draw_all(random, &shape);
        if (random_chance(random, 90))
                do_as_some_rule(random, &shape, ir, tuples, direction);
        if (random_chance(random, 20))
                do_as_some_rule(random, &shape, ir, tuples, direction);
        if (random_chance(random, 15)) {
                enum nfw_field field = (enum nfw_field)random_below(random, NFW_N_FIELDS);

                draw_value(random, &shape, field);
        }
        make_passable(&shape);
        ret_frame->direction = direction;
        ret_frame->size = shape_write(random, &shape, ret_frame->bytes);
        memcpy(ret_frame->bytes + ret_frame->size, &tag, FRAME_TAG);
        ret_frame->size += FRAME_TAG;
}
