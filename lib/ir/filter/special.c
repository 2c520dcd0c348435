/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "ir/build.h"
#include "ir/filter/lowering.h"

/* Filters that people write have a few. */
#define MAX_NAMED_SETS 1024

/* One value of an attribute, on its way to a match. */
struct special {
        struct nfw_filter_lowering *lowering;
        const struct nfw_nwfilter_instance *instance;
        const struct nfw_filter_choices *choices;
        const struct nfw_filter_place *place; /* NULL for limits */
        const struct nfw_nwfilter_value *value;
        const struct nfw_nwfilter_constant *constant;
        struct nfw_ir_rule *ir_rule;
};

static int push_match(const struct special *special, struct nfw_match match) {
        match.negate = special->value->negate;
        return nfw_vec_push(&special->ir_rule->matches, match);
}

static int match_number(const struct special *special, enum nfw_field field) {
        int r = nfw_ir_rule_match_number(special->ir_rule, field, (uint16_t)special->constant->number);

        if (r == 0)
                special->ir_rule->matches.items[special->ir_rule->matches.n - 1].negate =
                        special->value->negate;
        return r;
}

static int lower_option(const struct special *special) {
        return match_number(special, NFW_FIELD_TCP_OPTION);
}

/* A variable of what is a condition like others where it is a constant. */
static int lower_field(const struct special *special) {
        const struct nfw_filter_attribute *info = nfw_filter_attribute(special->value->attribute);
        bool is_ipv6 = nfw_filter_protocol(special->instance->rule->protocol)->is_ipv6;

        return match_number(special, is_ipv6 ? info->field6 : info->field);
}

static int lower_flags(const struct special *special) {
        return push_match(special, (struct nfw_match){ .field = NFW_FIELD_TCP_FLAGS,
                                                       .kind = NFW_OPERAND_MASKED,
                                                       .flags = (uint32_t)special->constant->number,
                                                       .mask = (uint32_t)special->constant->mask });
}

static bool is_source(const char *word, size_t size) {
        return size == 3 && strncasecmp(word, "src", 3) == 0;
}

/* "src,dst": the first is an address, the next a port, and so on in turn. No set has more parts than three. */
static void parse_set_flags(const struct special *special,
                            const char *text,
                            struct nfw_filter_named_set *set) {
        bool is_ipv6 = nfw_filter_protocol(special->instance->rule->protocol)->is_ipv6;

        for (const char *word = text; set->n_fields < NFW_ARRAY_SIZE(set->fields);) {
                size_t size = strcspn(word, ",");
                bool source = is_source(word, size) != special->place->swapped;

                if (set->n_fields % 2 == 1)
                        set->fields[set->n_fields++] = source ? NFW_FIELD_TH_SPORT : NFW_FIELD_TH_DPORT;
                else if (is_ipv6)
                        set->fields[set->n_fields++] = source ? NFW_FIELD_IP6_SADDR : NFW_FIELD_IP6_DADDR;
                else
                        set->fields[set->n_fields++] = source ? NFW_FIELD_IP_SADDR : NFW_FIELD_IP_DADDR;
                if (word[size] == '\0')
                        break;
                word += size + 1;
        }
}

/*
 * Whether one set can serve both, whatever the sides. Rules may name more parts than the set has, then the last do not
 * count; but whether ports count at all changes what else the rule looks at.
 */
static bool is_compatible(const struct nfw_filter_named_set *a, const struct nfw_filter_named_set *b) {
        return (a->n_fields > 1) == (b->n_fields > 1) &&
               nfw_field_info(a->fields[0])->size == nfw_field_info(b->fields[0])->size;
}

/* *ret_n_fields is the smallest number of parts that the set is used with. */
static int agree_on_parts(const struct special *special,
                          const struct nfw_filter_named_set *set,
                          size_t *ret_n_fields) {
        struct nfw_filter_ir *ir = special->lowering->ir;
        size_t n_fields = set->n_fields;

        nfw_vec_foreach (other, &ir->named_sets) {
                if (strcmp(other->name, set->name) != 0)
                        continue;
                if (!is_compatible(other, set))
                        return nfw_filter_refuse(special->lowering, special->instance->rule, "nwfilter/ipset",
                                                 &special->value->pos,
                                                 "the set '%s' holds other things elsewhere in the filter: "
                                                 "all its uses have one IP version and a port, or none",
                                                 set->name);
                n_fields = NFW_MIN(n_fields, other->n_fields);
        }
        nfw_vec_foreach (other, &ir->named_sets) {
                if (strcmp(other->name, set->name) == 0)
                        other->n_fields = n_fields;
        }
        *ret_n_fields = n_fields;
        return 0;
}

static int take_named_set(const struct special *special,
                          const struct nfw_filter_named_set *set,
                          size_t *ret_index) {
        struct nfw_filter_ir *ir = special->lowering->ir;
        struct nfw_filter_named_set copy = *set;
        int r = agree_on_parts(special, set, &copy.n_fields);

        if (r)
                return r;
        for (size_t i = 0; i < ir->named_sets.n; i++) {
                const struct nfw_filter_named_set *other = &ir->named_sets.items[i];

                if (strcmp(other->name, set->name) == 0 &&
                    memcmp(other->fields, set->fields, copy.n_fields * sizeof(*set->fields)) == 0) {
                        *ret_index = i;
                        return 0;
                }
        }

        if (ir->named_sets.n == MAX_NAMED_SETS)
                return nfw_filter_refuse(special->lowering, special->instance->rule, "nwfilter/too-large",
                                         &special->value->pos, "filters use at most %d sets", MAX_NAMED_SETS);
        copy.name = strdup(set->name);
        if (!copy.name)
                return -ENOMEM;
        r = nfw_vec_push(&ir->named_sets, copy);
        if (r < 0) {
                free(copy.name);
                return r;
        }
        *ret_index = ir->named_sets.n - 1;
        return 0;
}

static int match_set_ports(const struct special *special) {
        uint8_t l4proto = nfw_filter_protocol(special->instance->rule->protocol)->l4proto;

        if (l4proto == 0)
                return nfw_ir_rule_match_numbers(special->ir_rule, NFW_FIELD_L4PROTO, nfw_filter_with_ports,
                                                 NFW_ARRAY_SIZE(nfw_filter_with_ports));
        if (nfw_filter_has_ports(l4proto))
                return 0;
        return nfw_filter_refuse(special->lowering, special->instance->rule, "nwfilter/ipset",
                                 &special->value->pos,
                                 "the second part of a set is a port, which '%s' does not have",
                                 nfw_nwfilter_protocol_name(special->instance->rule->protocol));
}

static int lower_ipset(const struct special *special) {
        const struct nfw_nwfilter_rule *rule = special->instance->rule;
        const struct nfw_nwfilter_value *flags =
                nfw_filter_value_second(rule, special->value, NFW_NWFILTER_IPSETFLAGS);
        struct nfw_filter_named_set set = { .name = special->constant->text };
        struct nfw_nwfilter_constant constant;
        size_t index = 0;
        int r;

        if (!flags)
                return nfw_filter_refuse(special->lowering, rule, "nwfilter/incomplete", &special->value->pos,
                                         "'ipset' requires 'ipsetflags'");
        r = nfw_filter_choice_get(special->lowering, special->instance, special->choices, flags, 0,
                                  &constant);
        if (r)
                return r;
        parse_set_flags(special, constant.text, &set);
        nfw_nwfilter_constant_deinit(&constant);
        if (set.n_fields > 1)
                r = match_set_ports(special);
        if (r == 0)
                r = take_named_set(special, &set, &index);
        if (r)
                return r;
        return push_match(
                special,
                (struct nfw_match){ .field = set.fields[0], .kind = NFW_OPERAND_NAMED_SET, .set = index });
}

static int lower_limit(const struct special *special) {
        bool is_ipv6 = nfw_filter_protocol(special->instance->rule->protocol)->is_ipv6;

        return push_match(special,
                          (struct nfw_match){ .field = is_ipv6 ? NFW_FIELD_IP6_SADDR : NFW_FIELD_IP_SADDR,
                                              .kind = NFW_OPERAND_ABOVE,
                                              .flags = (uint32_t)special->constant->number });
}

/* Once for each value that counts at the same time. */
static int lower_value(struct special special, int (*lower)(const struct special *special)) {
        size_t n = nfw_filter_choice_count(special.lowering, special.instance, special.value);

        for (size_t i = 0; i < n; i++) {
                struct nfw_nwfilter_constant constant;
                int r = nfw_filter_choice_get(special.lowering, special.instance, special.choices,
                                              special.value, i, &constant);

                if (r)
                        return r;
                special.constant = &constant;
                r = lower(&special);
                nfw_nwfilter_constant_deinit(&constant);
                if (r)
                        return r;
        }
        return 0;
}

static int lower_all(struct special special,
                     enum nfw_nwfilter_attribute attribute,
                     int (*lower)(const struct special *special)) {
        nfw_vec_foreach (value, &special.instance->rule->values) {
                int r;

                if (value->attribute != attribute || (nfw_filter_attribute(attribute) && !value->access.name))
                        continue;
                special.value = value;
                r = lower_value(special, lower);
                if (r)
                        return r;
        }
        return 0;
}

int nfw_filter_special_lower(struct nfw_filter_lowering *lowering,
                             const struct nfw_nwfilter_instance *instance,
                             const struct nfw_filter_choices *choices,
                             const struct nfw_filter_place *place,
                             struct nfw_ir_rule *ir_rule) {
        struct special special = { .lowering = lowering,
                                   .instance = instance,
                                   .choices = choices,
                                   .place = place,
                                   .ir_rule = ir_rule };

        static const enum nfw_nwfilter_attribute fields[] = { NFW_NWFILTER_VLANID, NFW_NWFILTER_HWTYPE,
                                                              NFW_NWFILTER_DSCP };

        int r = lower_all(special, NFW_NWFILTER_FLAGS, lower_flags);

        for (size_t i = 0; i < NFW_ARRAY_SIZE(fields) && r == 0; i++)
                r = lower_all(special, fields[i], lower_field);
        if (r == 0)
                r = lower_all(special, NFW_NWFILTER_OPTION, lower_option);
        if (r == 0)
                r = lower_all(special, NFW_NWFILTER_IPSET, lower_ipset);
        return r;
}

int nfw_filter_limits_lower(struct nfw_filter_lowering *lowering,
                            const struct nfw_nwfilter_instance *instance,
                            const struct nfw_filter_choices *choices,
                            struct nfw_ir_rule *ir_rule) {
        struct special special = {
                .lowering = lowering, .instance = instance, .choices = choices, .ir_rule = ir_rule
        };

        return lower_all(special, NFW_NWFILTER_CONNLIMIT_ABOVE, lower_limit);
}
