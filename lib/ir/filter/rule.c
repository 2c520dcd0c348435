/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "ir/build.h"
#include "ir/filter/lowering.h"

/* Who has not understood by then has other problems. */
#define MAX_REFUSED 64

/* Of one filter, in all its chains. */
#define MAX_RULES 131072

#define N_OCTETS  4
#define NO_OCTET  N_OCTETS

int nfw_filter_refuse(struct nfw_filter_lowering *lowering,
                      const struct nfw_nwfilter_rule *rule,
                      const char *code,
                      const struct nfw_pos *pos,
                      const char *format,
                      ...) {
        va_list arguments;
        int r;

        va_start(arguments, format);
        r = nfw_report_add_v(lowering->report, NFW_SEVERITY_ERROR, code, pos, NULL, format, arguments);
        va_end(arguments);
        if (r == 0)
                r = nfw_vec_push(&lowering->refused, rule);
        return r < 0 ? r : NFW_E_INVALID;
}

static bool is_refused(const struct nfw_filter_lowering *lowering, const struct nfw_nwfilter_rule *rule) {
        if (lowering->refused.n >= MAX_REFUSED)
                return true;
        nfw_vec_foreach (refused, &lowering->refused) {
                if (*refused == rule)
                        return true;
        }
        return false;
}

static int init_rule(struct nfw_filter_lowering *lowering,
                     const struct nfw_nwfilter_instance *instance,
                     const struct nfw_filter_place *place,
                     struct nfw_ir_rule *ret_rule) {
        const struct nfw_nwfilter_value *comment =
                nfw_filter_value_find(instance->rule, NFW_NWFILTER_COMMENT);
        nfw_cleanup(nfw_freep) char *name = NULL;
        unsigned int ordinal = 0;
        int r = nfw_seen_add(&lowering->ordinals, &instance->rule, sizeof(instance->rule), 0, &ordinal);

        if (r < 0)
                return r;
        if (comment && comment->constant.text)
                return nfw_ir_rule_init(ret_rule, place->verdict, comment->constant.text,
                                        &instance->rule->pos);
        if (asprintf(&name, "%s: rule %u", instance->filter->name, ordinal) < 0) {
                name = NULL;
                return -ENOMEM;
        }
        return nfw_ir_rule_init(ret_rule, place->verdict, name, &instance->rule->pos);
}

static int match_octet(struct nfw_ir_rule *rule, unsigned int octet, bool negate) {
        struct nfw_match match = { .field = NFW_FIELD_ARP_SADDR_IP,
                                   .other = NFW_FIELD_ARP_DADDR_IP,
                                   .kind = NFW_OPERAND_SAME_OCTET,
                                   .octet = octet,
                                   .negate = negate };

        return nfw_vec_push(&rule->matches, match);
}

/* Gratuitous ARP has the same address on both sides; what has not differs in one octet at least. */
static int lower_gratuitous(bool is_wanted, unsigned int differs, struct nfw_ir_rule *rule) {
        int r = 0;

        for (unsigned int octet = 0; r == 0 && is_wanted && octet < N_OCTETS; octet++)
                r = match_octet(rule, octet, false);
        if (r == 0 && differs != NO_OCTET)
                r = match_octet(rule, differs, true);
        return r;
}

static int lower_state(struct nfw_filter_ir *ir,
                       const struct nfw_filter_place *place,
                       struct nfw_ir_rule *rule) {
        int r = 0;

        if (place->has_state) {
                ir->needs_conntrack = true;
                r = nfw_ir_rule_match_flags(rule, NFW_FIELD_CT_STATE, place->state);
                if (r == 0)
                        rule->matches.items[rule->matches.n - 1].negate = place->negate_state;
        }
        if (r == 0 && place->has_ct_direction)
                r = nfw_ir_rule_match_number(rule, NFW_FIELD_CT_DIRECTION, place->ct_direction);
        return r;
}

/* What is asked whether the ARP is gratuitous. */
struct gratuitous {
        bool is_wanted;
        bool is_unwanted;
};

static int find_gratuitous(struct nfw_filter_lowering *lowering,
                           const struct nfw_nwfilter_instance *instance,
                           const struct nfw_filter_choices *choices,
                           struct gratuitous *ret_gratuitous) {
        struct gratuitous gratuitous = { 0 };

        nfw_vec_foreach (value, &instance->rule->values) {
                struct nfw_nwfilter_constant constant;
                bool holds;
                int r;

                if (value->attribute != NFW_NWFILTER_GRATUITOUS)
                        continue;
                r = nfw_filter_choice_get(lowering, instance, choices, value, 0, &constant);
                if (r)
                        return r;
                holds = constant.number != 0;
                nfw_nwfilter_constant_deinit(&constant);
                gratuitous.is_wanted = gratuitous.is_wanted || (holds && !value->negate);
                gratuitous.is_unwanted = gratuitous.is_unwanted || (holds && value->negate);
        }
        *ret_gratuitous = gratuitous;
        return 0;
}

static int build_rule(struct nfw_filter_lowering *lowering,
                      const struct nfw_nwfilter_instance *instance,
                      const struct nfw_filter_choices *choices,
                      const struct nfw_filter_place *place,
                      const struct nfw_filter_conditions *conditions,
                      const struct gratuitous *gratuitous,
                      unsigned int differs,
                      struct nfw_ir_chain *chain) {
        struct nfw_ir_rule rule;
        int r = init_rule(lowering, instance, place, &rule);

        if (r < 0)
                return r;
        if (++lowering->n_rules > MAX_RULES) {
                nfw_ir_rule_deinit(&rule);
                return nfw_filter_refuse(lowering, instance->rule, "nwfilter/too-large", &instance->rule->pos,
                                         "the filter becomes more than %d rules", MAX_RULES);
        }
        rule.fixed = true;
        r = nfw_filter_conditions_lower(lowering, instance->rule, conditions, &rule);
        if (r == 0)
                r = lower_gratuitous(gratuitous->is_wanted, differs, &rule);
        if (r == 0)
                r = nfw_filter_special_lower(lowering, instance, choices, place, &rule);
        if (r == 0)
                r = nfw_filter_groups_lower(lowering, instance, choices, conditions, &rule);
        if (r == 0)
                r = lower_state(lowering->ir, place, &rule);
        if (r == 0)
                r = nfw_filter_limits_lower(lowering, instance, choices, &rule);
        if (r) {
                nfw_ir_rule_deinit(&rule);
                return r;
        }

        if (nfw_filter_value_find(instance->rule, NFW_NWFILTER_CONNLIMIT_ABOVE))
                lowering->ir->needs_conntrack = true;
        if (place->verdict == NFW_VERDICT_REJECT)
                lowering->ir->needs_reject = true;
        return nfw_ir_chain_take(chain, &rule);
}

static int build_rules(struct nfw_filter_lowering *lowering,
                       const struct nfw_nwfilter_instance *instance,
                       const struct nfw_filter_choices *choices,
                       const struct nfw_filter_place *place,
                       const struct nfw_filter_conditions *conditions,
                       struct nfw_ir_chain *chain) {
        struct gratuitous gratuitous;
        int r = find_gratuitous(lowering, instance, choices, &gratuitous);

        if (r == 0 && !gratuitous.is_unwanted)
                return build_rule(lowering, instance, choices, place, conditions, &gratuitous, NO_OCTET,
                                  chain);
        for (unsigned int octet = 0; r == 0 && octet < N_OCTETS; octet++)
                r = build_rule(lowering, instance, choices, place, conditions, &gratuitous, octet, chain);
        return r;
}

int nfw_filter_rule_lower(struct nfw_filter_lowering *lowering,
                          const struct nfw_nwfilter_instance *instance,
                          const struct nfw_filter_place *place,
                          struct nfw_ir_chain *chain) {
        struct nfw_filter_conditions conditions = { 0 };
        struct nfw_filter_choices choices;
        int r;

        if (place->verdict == NFW_VERDICT_CONTINUE || is_refused(lowering, instance->rule))
                return 0;

        r = nfw_filter_choices_init(lowering, instance, &choices);
        if (r == 0)
                r = nfw_filter_conditions_collect(lowering, instance->rule, place, &conditions);
        if (r == 0) {
                do
                        r = build_rules(lowering, instance, &choices, place, &conditions, chain);
                while (r == 0 && nfw_filter_choices_next(&choices));
        }
        nfw_vec_deinit(&conditions.vec);
        return r == NFW_E_INVALID ? 0 : r;
}
