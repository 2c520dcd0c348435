/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/build.h"
#include "ir/filter/lowering.h"
#include "ir/filter/value.h"

const struct nfw_nwfilter_value *nfw_filter_value_find(const struct nfw_nwfilter_rule *rule,
                                                       enum nfw_nwfilter_attribute attribute) {
        nfw_vec_foreach (value, &rule->values) {
                if (value->attribute == attribute)
                        return value;
        }
        return NULL;
}

static const struct nfw_nwfilter_value *find_in_element(const struct nfw_nwfilter_rule *rule,
                                                        enum nfw_nwfilter_attribute attribute,
                                                        size_t element) {
        nfw_vec_foreach (value, &rule->values) {
                if (value->attribute == attribute && value->element == element)
                        return value;
        }
        return NULL;
}

const struct nfw_nwfilter_value *nfw_filter_value_second(const struct nfw_nwfilter_rule *rule,
                                                         const struct nfw_nwfilter_value *value,
                                                         enum nfw_nwfilter_attribute second) {
        const struct nfw_nwfilter_value *own = find_in_element(rule, second, value->element);

        if (own)
                return own;
        nfw_vec_foreach (other, &rule->values) {
                if (other->attribute == second && !find_in_element(rule, value->attribute, other->element))
                        return other;
        }
        return NULL;
}

/*
 * With libvirt, the mask of the sender's address in ARP also counts for a target's address that has none. Nobody's
 * documents say so, but filters may have been tried out with it.
 */
static const struct nfw_nwfilter_value *leaked_mask(const struct nfw_filter_lowering *lowering,
                                                    const struct nfw_nwfilter_rule *rule,
                                                    const struct nfw_nwfilter_value *value) {
        if (!lowering->options->compat || value->attribute != NFW_NWFILTER_ARPDSTIPADDR)
                return NULL;
        return nfw_filter_value_find(rule, NFW_NWFILTER_ARPSRCIPMASK);
}

static int collect_value(struct nfw_filter_lowering *lowering,
                         const struct nfw_nwfilter_rule *rule,
                         const struct nfw_filter_place *place,
                         const struct nfw_nwfilter_value *value,
                         struct nfw_filter_conditions *conditions) {
        const struct nfw_filter_attribute *info = nfw_filter_attribute(value->attribute);
        struct nfw_filter_condition condition = { .value = value };

        if (!info) {
                info = nfw_filter_attribute_first(value->attribute);
                if (info && !nfw_filter_value_find(rule, info->attribute))
                        return nfw_filter_refuse(lowering, rule, "nwfilter/incomplete", &value->pos,
                                                 "'%s' means nothing without '%s'",
                                                 nfw_nwfilter_attribute_name(value->attribute),
                                                 nfw_nwfilter_attribute_name(info->attribute));
                return 0;
        }
        /* It is looked at as a value that the rule has: special.c. */
        if (value->access.name && nfw_filter_is_compiled(value))
                return 0;

        condition.field = nfw_filter_protocol(rule->protocol)->is_ipv6 ? info->field6 : info->field;
        if (condition.field == NFW_FIELD_ETHER_SADDR || condition.field == NFW_FIELD_ETHER_DADDR) {
                if (place->without_mac)
                        return 0;
                if (place->swapped && rule->protocol == NFW_NWFILTER_STP)
                        return nfw_filter_refuse(lowering, rule, "nwfilter/direction", &value->pos,
                                                 "all of 'stp' is sent to the same MAC address, so there is "
                                                 "no other direction of '%s'",
                                                 nfw_nwfilter_attribute_name(value->attribute));
        }
        if (place->swapped)
                condition.field = nfw_filter_swap_field(condition.field);
        if (info->second != NFW_N_NWFILTER_ATTRIBUTES) {
                condition.second = nfw_filter_value_second(rule, value, info->second);
                condition.second_is_mask = info->second_is_mask;
                if (!condition.second)
                        condition.second = leaked_mask(lowering, rule, value);
        }
        return nfw_vec_push(&conditions->vec, condition);
}

int nfw_filter_conditions_collect(struct nfw_filter_lowering *lowering,
                                  const struct nfw_nwfilter_rule *rule,
                                  const struct nfw_filter_place *place,
                                  struct nfw_filter_conditions *ret_conditions) {
        struct nfw_filter_conditions conditions = { 0 };

        nfw_vec_foreach (value, &rule->values) {
                int r = collect_value(lowering, rule, place, value, &conditions);

                if (r) {
                        nfw_vec_deinit(&conditions.vec);
                        return r;
                }
        }
        *ret_conditions = conditions;
        return 0;
}

static int match_constant(struct nfw_filter_lowering *lowering,
                          const struct nfw_nwfilter_rule *rule,
                          const struct nfw_filter_condition *condition,
                          struct nfw_ir_rule *ir_rule) {
        const struct nfw_nwfilter_constant *second = condition->second ? &condition->second->constant : NULL;
        struct nfw_ranges ranges = { 0 };
        struct nfw_range range;
        int r;

        if (!nfw_filter_range(condition->field, &condition->value->constant, second,
                              condition->second_is_mask, &range))
                return nfw_filter_refuse(lowering, rule, "nwfilter/empty-range", &condition->value->pos,
                                         "'%s' stands for no value at all",
                                         nfw_nwfilter_attribute_name(condition->value->attribute));
        r = nfw_ranges_add(&ranges, &range);
        if (r == 0)
                r = nfw_ir_rule_take_ranges(ir_rule, condition->field, &ranges);
        if (r == 0)
                ir_rule->matches.items[ir_rule->matches.n - 1].negate = condition->value->negate;
        return r;
}

int nfw_filter_conditions_lower(struct nfw_filter_lowering *lowering,
                                const struct nfw_nwfilter_rule *rule,
                                const struct nfw_filter_conditions *conditions,
                                struct nfw_ir_rule *ir_rule) {
        int r = nfw_filter_implied_lower(lowering, rule, conditions, ir_rule);

        nfw_vec_foreach (condition, &conditions->vec) {
                if (r == 0 && nfw_filter_condition_is_constant(condition))
                        r = match_constant(lowering, rule, condition, ir_rule);
        }
        return r;
}
