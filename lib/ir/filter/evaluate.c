/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/filter/evaluate.h"

#include <string.h>

#include "base/macros.h"
#include "ir/filter/frame.h"

struct evaluation {
        const struct nfw_filter_ir *ir;
        const struct nfw_filter_packet *packet;
        const struct nfw_filter_port *port;
        struct nfw_filter_frame frame;
};

static bool field_value(const struct evaluation *evaluation,
                        enum nfw_field field,
                        uint8_t ret_value[static NFW_VALUE_MAX]) {
        struct nfw_range number;

        switch (field) {
        case NFW_FIELD_CT_STATE:
                number = nfw_range_from_number(evaluation->packet->ct_state, sizeof(uint32_t));
                break;
        case NFW_FIELD_CT_DIRECTION:
                number = nfw_range_from_number(evaluation->packet->ct_direction, sizeof(uint8_t));
                break;
        default:
                return nfw_filter_frame_field(&evaluation->frame, field, ret_value);
        }
        memcpy(ret_value, number.first, NFW_VALUE_MAX);
        return true;
}

static uint32_t value_to_number(enum nfw_field field, const uint8_t value[static NFW_VALUE_MAX]) {
        uint32_t number = 0;

        for (size_t i = 0; i < nfw_field_info(field)->size && i < sizeof(number); i++)
                number = number << 8 | value[i];
        return number;
}

static bool is_in_tuple(const struct nfw_range *tuple,
                        const uint8_t (*values)[NFW_VALUE_MAX],
                        size_t n_fields) {
        for (size_t i = 0; i < n_fields; i++) {
                if (nfw_value_compare(tuple[i].first, values[i]) > 0 ||
                    nfw_value_compare(values[i], tuple[i].last) > 0)
                        return false;
        }
        return true;
}

/* False where the frame lacks one of the fields. */
static bool tuple_holds(const struct evaluation *evaluation, size_t index, bool *ret_holds) {
        const struct nfw_filter_set *set = &evaluation->ir->sets.items[index];
        const struct nfw_filter_tuples *tuples = &evaluation->port->tuples[index];
        uint8_t values[NFW_FILTER_MAX_FIELDS][NFW_VALUE_MAX];
        bool holds = false;

        for (size_t i = 0; i < set->n_fields; i++) {
                if (!field_value(evaluation, set->fields[i].field, values[i]))
                        return false;
                for (size_t j = 0; set->fields[i].is_masked && j < NFW_VALUE_MAX; j++)
                        values[i][j] &= set->fields[i].mask[j];
        }
        for (size_t i = 0; i < tuples->vec.n && !holds; i += set->n_fields)
                holds = is_in_tuple(&tuples->vec.items[i], values, set->n_fields);
        *ret_holds = holds;
        return true;
}

static bool named_set_holds(const struct evaluation *evaluation, size_t index, bool *ret_holds) {
        const struct nfw_filter_named_set *set = &evaluation->ir->named_sets.items[index];
        const struct nfw_filter_port *port = evaluation->port;
        uint8_t values[NFW_ARRAY_SIZE(set->fields)][NFW_VALUE_MAX];

        for (size_t i = 0; i < set->n_fields; i++) {
                if (!field_value(evaluation, set->fields[i], values[i]))
                        return false;
        }
        *ret_holds = port->is_in_set && port->is_in_set(port->userdata, set, values);
        return true;
}

static bool is_above(const struct evaluation *evaluation,
                     const struct nfw_match *match,
                     const uint8_t value[static NFW_VALUE_MAX]) {
        const struct nfw_filter_port *port = evaluation->port;
        struct nfw_addr sender;

        nfw_addr_from_bytes(nfw_field_address_family(match->field), value, &sender);
        return (port->n_connections ? port->n_connections(port->userdata, &sender) : 1) > match->flags;
}

static bool match_holds(const struct evaluation *evaluation, const struct nfw_match *match) {
        uint8_t value[NFW_VALUE_MAX], other[NFW_VALUE_MAX];
        bool holds = false;

        if (match->kind == NFW_OPERAND_TUPLE)
                return tuple_holds(evaluation, match->set, &holds) && holds != match->negate;
        if (match->kind == NFW_OPERAND_NAMED_SET)
                return named_set_holds(evaluation, match->set, &holds) && holds != match->negate;
        if (match->field == NFW_FIELD_TCP_OPTION)
                return nfw_filter_frame_has_option(&evaluation->frame, &match->ranges, &holds) &&
                       holds != match->negate;
        if (!field_value(evaluation, match->field, value))
                return false;

        switch (match->kind) {
        case NFW_OPERAND_RANGES:
                holds = nfw_ranges_contain(&match->ranges, value);
                break;
        case NFW_OPERAND_FLAGS:
                holds = value_to_number(match->field, value) & match->flags;
                break;
        case NFW_OPERAND_MASKED:
                holds = (value_to_number(match->field, value) & match->mask) == match->flags;
                break;
        case NFW_OPERAND_SAME_OCTET:
                if (!field_value(evaluation, match->other, other))
                        return false;
                holds = value[match->octet] == other[match->octet];
                break;
        case NFW_OPERAND_ABOVE:
                holds = is_above(evaluation, match, value);
                break;
        default: /* for policies */
                return false;
        }
        return holds != match->negate;
}

static bool rule_matches(const struct evaluation *evaluation, const struct nfw_ir_rule *rule) {
        nfw_vec_foreach (match, &rule->matches) {
                if (!match_holds(evaluation, match))
                        return false;
        }
        return true;
}

/* A chain that is jumped to jumps no further, so there is one place to come back to. */
static enum nfw_verdict run_layer(const struct evaluation *evaluation,
                                  size_t entry,
                                  const struct nfw_ir_rule **ret_rule) {
        const struct nfw_filter_chain *chain = &evaluation->ir->chains.items[entry], *caller = NULL;
        size_t next = 0, next_in_caller = 0;

        for (;;) {
                const struct nfw_ir_rule *rule;

                if (next == chain->rules.rules.n) {
                        if (!caller)
                                return NFW_VERDICT_ACCEPT;
                        chain = caller;
                        caller = NULL;
                        next = next_in_caller;
                        continue;
                }
                rule = &chain->rules.rules.items[next++];
                if (!rule_matches(evaluation, rule))
                        continue;

                switch (rule->verdict) {
                case NFW_VERDICT_JUMP:
                        caller = chain;
                        next_in_caller = next;
                        chain = &evaluation->ir->chains.items[rule->chain];
                        next = 0;
                        break;
                case NFW_VERDICT_RETURN:
                        next = chain->rules.rules.n;
                        break;
                case NFW_VERDICT_ACCEPT:
                case NFW_VERDICT_DROP:
                case NFW_VERDICT_REJECT:
                        *ret_rule = rule;
                        return rule->verdict;
                default:
                        break;
                }
        }
}

enum nfw_verdict nfw_filter_evaluate(const struct nfw_filter_ir *ir,
                                     enum nfw_direction direction,
                                     const struct nfw_filter_packet *packet,
                                     const struct nfw_filter_port *port,
                                     const struct nfw_ir_rule **ret_rule) {
        struct evaluation evaluation = { .ir = ir, .packet = packet, .port = port };
        const struct nfw_ir_rule *rule = NULL;
        enum nfw_verdict verdict = NFW_VERDICT_ACCEPT;

        if (!nfw_filter_frame_parse(packet->frame, packet->size, &evaluation.frame))
                verdict = NFW_VERDICT_DROP;
        for (size_t layer = 0; layer < NFW_N_FILTER_LAYERS && verdict == NFW_VERDICT_ACCEPT; layer++) {
                if (ir->entry[layer][direction] != NFW_FILTER_NO_CHAIN)
                        verdict = run_layer(&evaluation, ir->entry[layer][direction], &rule);
        }
        if (ret_rule)
                *ret_rule = rule;
        return verdict;
}
