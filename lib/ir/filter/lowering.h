/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the parts of the lowering of filters tell each other. */

#include "base/seen.h"
#include "ir/filter/filter.h"
#include "ir/filter/set.h"
#include "ir/filter/table.h"

struct nfw_filter_lowering {
        const struct nfw_nwfilter_tree *tree;
        const struct nfw_filter_options *options;
        struct nfw_report *report;
        struct nfw_filter_ir *ir;
        struct nfw_seen ordinals; /* of rules in their filters, from 1 */
        size_t n_rules;
        /* Rules that are lowered for both directions, or several times, are refused once. */
        NFW_VEC(const struct nfw_nwfilter_rule *) refused;
};

/* Of one rule in one direction. */
struct nfw_filter_place {
        enum nfw_direction direction;
        bool swapped;     /* source for destination */
        bool without_mac; /* what the rule says of MAC addresses does not count */
        enum nfw_verdict verdict;
        bool has_state; /* of the connection */
        bool negate_state;
        uint32_t state;
        bool has_ct_direction;
        uint8_t ct_direction; /* 0 original, 1 reply */
};

/* Says why the rule is refused. NFW_E_INVALID or -ENOMEM. */
nfw_printf(5, 6) int nfw_filter_refuse(struct nfw_filter_lowering *lowering,
                                       const struct nfw_nwfilter_rule *rule,
                                       const char *code,
                                       const struct nfw_pos *pos,
                                       const char *format,
                                       ...);

/* False where the rule has no effect in that direction: place.c */
bool nfw_filter_place_link(const struct nfw_nwfilter_instance *instance,
                           enum nfw_direction direction,
                           struct nfw_filter_place *ret_place);
bool nfw_filter_place_network(const struct nfw_nwfilter_rule *rule,
                              enum nfw_direction direction,
                              struct nfw_filter_place *ret_place);

/* Appends what the rule is at that place. 0, also where it was refused, or -ENOMEM: rule.c */
int nfw_filter_rule_lower(struct nfw_filter_lowering *lowering,
                          const struct nfw_nwfilter_instance *instance,
                          const struct nfw_filter_place *place,
                          struct nfw_ir_chain *chain);

/* What looks at one field: condition.c */
struct nfw_filter_condition {
        enum nfw_field field;
        const struct nfw_nwfilter_value *value;
        const struct nfw_nwfilter_value *second; /* a mask or the end of a range, or NULL */
        bool second_is_mask;
};

struct nfw_filter_conditions {
        NFW_VEC(struct nfw_filter_condition) vec;
};

static inline bool nfw_filter_condition_is_constant(const struct nfw_filter_condition *condition) {
        return !condition->value->access.name && !(condition->second && condition->second->access.name);
}

/* 0; NFW_E_INVALID, and it was said why; or -ENOMEM. */
int nfw_filter_conditions_collect(struct nfw_filter_lowering *lowering,
                                  const struct nfw_nwfilter_rule *rule,
                                  const struct nfw_filter_place *place,
                                  struct nfw_filter_conditions *ret_conditions);
/* Adds what a rule or a jump with that protocol looks at. 0 or -ENOMEM. */
int nfw_filter_match_protocol(const struct nfw_filter_protocol *protocol, struct nfw_ir_rule *rule);
/* Adds what the protocol and the fields that are looked at imply: implied.c */
int nfw_filter_implied_lower(struct nfw_filter_lowering *lowering,
                             const struct nfw_nwfilter_rule *rule,
                             const struct nfw_filter_conditions *conditions,
                             struct nfw_ir_rule *ir_rule);
/* The same and the conditions on constants. */
int nfw_filter_conditions_lower(struct nfw_filter_lowering *lowering,
                                const struct nfw_nwfilter_rule *rule,
                                const struct nfw_filter_conditions *conditions,
                                struct nfw_ir_rule *ir_rule);

/*
 * Values of the attributes that are part of what is compiled: choice.c. Where a variable stands for several,
 * the rule is several rules; axes are the iterators that they are walked with.
 */
#define NFW_FILTER_MAX_AXES 8

struct nfw_filter_axis {
        const struct nfw_nwfilter_value *value; /* the first that is walked with it */
        size_t n, at;
};

struct nfw_filter_choices {
        struct nfw_filter_axis axes[NFW_FILTER_MAX_AXES];
        size_t n;
};

bool nfw_filter_is_compiled(const struct nfw_nwfilter_value *value);
int nfw_filter_choices_init(struct nfw_filter_lowering *lowering,
                            const struct nfw_nwfilter_instance *instance,
                            struct nfw_filter_choices *ret_choices);
/* False behind the last. */
bool nfw_filter_choices_next(struct nfw_filter_choices *choices);
/* The axis that the variable is walked with, or NULL. */
const struct nfw_filter_axis *nfw_filter_choices_axis(const struct nfw_filter_choices *choices,
                                                      const struct nfw_nwfilter_access *access);
/* How many values count at once: those of a negated variable all do. */
size_t nfw_filter_choice_count(struct nfw_filter_lowering *lowering,
                               const struct nfw_nwfilter_instance *instance,
                               const struct nfw_nwfilter_value *value);
/* The index-th of those; *ret_constant is the caller's. 0; NFW_E_INVALID, and it was said why; or -ENOMEM. */
int nfw_filter_choice_get(struct nfw_filter_lowering *lowering,
                          const struct nfw_nwfilter_instance *instance,
                          const struct nfw_filter_choices *choices,
                          const struct nfw_nwfilter_value *value,
                          size_t index,
                          struct nfw_nwfilter_constant *ret_constant);

/* Adds what is no simple field: special.c. 0; NFW_E_INVALID, and it was said why; or -ENOMEM. */
int nfw_filter_special_lower(struct nfw_filter_lowering *lowering,
                             const struct nfw_nwfilter_instance *instance,
                             const struct nfw_filter_choices *choices,
                             const struct nfw_filter_place *place,
                             struct nfw_ir_rule *ir_rule);
/* The same of what has to be asked last, because asking counts. */
int nfw_filter_limits_lower(struct nfw_filter_lowering *lowering,
                            const struct nfw_nwfilter_instance *instance,
                            const struct nfw_filter_choices *choices,
                            struct nfw_ir_rule *ir_rule);

/* Adds the sets of variables: group.c. 0; NFW_E_INVALID, and it was said why; or -ENOMEM. */
int nfw_filter_groups_lower(struct nfw_filter_lowering *lowering,
                            const struct nfw_nwfilter_instance *instance,
                            const struct nfw_filter_choices *choices,
                            const struct nfw_filter_conditions *conditions,
                            struct nfw_ir_rule *ir_rule);

/* The first value of that attribute, or NULL. */
const struct nfw_nwfilter_value *nfw_filter_value_find(const struct nfw_nwfilter_rule *rule,
                                                       enum nfw_nwfilter_attribute attribute);
/* The one that belongs to it: of its element, else of one that has no value of its own to go with it. */
const struct nfw_nwfilter_value *nfw_filter_value_second(const struct nfw_nwfilter_rule *rule,
                                                         const struct nfw_nwfilter_value *value,
                                                         enum nfw_nwfilter_attribute second);
