/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ir/plan/build.h"

/* The order of matches: what is cheap comes first, and the protocol before its ports. */
static int match_cost(const struct nfw_plan *plan, const struct nfw_plan_match *match) {
        const struct nfw_plan_set *set;

        if (match->n_fields == 1 && match->fields[0] == NFW_FIELD_L4PROTO)
                return 0;
        switch (match->kind) {
        case NFW_PLAN_RANGE:
        case NFW_PLAN_FLAGS:
                return 0;
        case NFW_PLAN_SET:
                set = &plan->sets.items[match->set];
                if (set->learned != SIZE_MAX)
                        return 4;
                return set->name ? 2 : 1;
        case NFW_PLAN_PARAMETER:
                return 3;
        default:
                return 0;
        }
}

static int match_compare(const void *a, const void *b, void *userdata) {
        const struct nfw_plan_match *x = a, *y = b;
        int c = match_cost(userdata, x) - match_cost(userdata, y);

        return c ? c : (int)x->fields[0] - (int)y->fields[0];
}

void nfw_plan_rule_deinit(struct nfw_plan_rule *rule) {
        nfw_vec_deinit(&rule->matches);
        free(rule->comment);
}

/* Moves the rule to the chain's end, its matches in order. */
static int take_rule(struct nfw_plan_builder *builder,
                     const struct nfw_plan_group *group,
                     const struct nfw_plan_indices *sources,
                     struct nfw_plan_rule *rule) {
        const struct nfw_ir_rule *first =
                &builder->ir->chains[builder->direction].rules.items[sources->vec.items[0]];
        int r = nfw_plan_source_comment(builder, sources, &rule->comment);

        rule->verdict = group->verdict;
        rule->block = builder->block;
        rule->mirror = nfw_plan_is_branch(group->verdict) ? NFW_MIRROR_NONE : first->mirror;
        rule->counter = group->verdict == NFW_VERDICT_ACCEPT || group->verdict == NFW_VERDICT_DROP;
        rule->pos = first->pos;
        if (rule->matches.n > 1)
                qsort_r(rule->matches.items, rule->matches.n, sizeof(*rule->matches.items), match_compare,
                        builder->plan);

        if (r == 0)
                r = nfw_vec_push(&builder->chain->rules, *rule);
        if (r < 0)
                nfw_plan_rule_deinit(rule);
        *rule = (struct nfw_plan_rule){ 0 };
        return r;
}

/* Numbers are spelled out where that does not make the list long; prefixes of addresses stay as they are. */
static bool is_short_list(enum nfw_field field, const struct nfw_ranges *ranges) {
        uint64_t n_values = 0;

        if (nfw_field_info(field)->size > sizeof(uint16_t))
                return false;
        nfw_vec_foreach (range, &ranges->vec)
                n_values += nfw_range_n_values(range, nfw_field_info(field)->size);
        return n_values <= NFW_PLAN_MAX_ANONYMOUS;
}

/* All of the ranges as the elements of one set. */
static int ranges_to_part(enum nfw_field field,
                          const struct nfw_ranges *ranges,
                          struct nfw_plan_part *ret_part) {
        struct nfw_plan_boxes values = { .fields = { field }, .n_fields = 1 };
        bool spell_out = is_short_list(field, ranges);
        bool interval = false;

        nfw_vec_foreach (range, &ranges->vec) {
                int r = spell_out ? nfw_plan_boxes_add_values(&values, range)
                                  : nfw_vec_push(&values.ranges, *range);

                if (r < 0) {
                        nfw_plan_boxes_deinit(&values);
                        return r;
                }
                interval = interval || (!spell_out && !nfw_range_is_single(range));
        }

        *ret_part = nfw_plan_part_from_boxes(&values, interval);
        return 0;
}

/* The values of one field: compared in the rule or looked up. */
static int match_ranges(struct nfw_plan_builder *builder,
                        const struct nfw_plan_group *group,
                        const struct nfw_plan_indices *sources,
                        enum nfw_field field,
                        const struct nfw_ranges *ranges,
                        bool negate,
                        struct nfw_plan_rule *rule) {
        struct nfw_plan_match match = {
                .kind = NFW_PLAN_RANGE,
                .negate = negate,
                .fields = { field },
                .n_fields = 1,
        };
        struct nfw_plan_part part;
        int r;

        if (ranges->vec.n == 1) {
                match.range = ranges->vec.items[0];
                return nfw_vec_push(&rule->matches, match);
        }

        r = ranges_to_part(field, ranges, &part);
        if (r < 0)
                return r;
        match.kind = NFW_PLAN_SET;
        r = nfw_plan_add_set(builder, group, match.fields, 1, &part, sources, &match.set);
        return r < 0 ? r : nfw_vec_push(&rule->matches, match);
}

static int match_operand(struct nfw_plan_builder *builder,
                         const struct nfw_plan_group *group,
                         const struct nfw_plan_indices *sources,
                         const struct nfw_plan_operand *operand,
                         struct nfw_plan_rule *rule) {
        struct nfw_plan_match match = {
                .negate = operand->negate,
                .fields = { operand->field },
                .n_fields = 1,
                .flags = operand->flags,
                .parameter = operand->parameter,
        };
        int r = 0;

        switch (operand->kind) {
        case NFW_OPERAND_RANGES:
                return match_ranges(builder, group, sources, operand->field, operand->ranges, operand->negate,
                                    rule);
        case NFW_OPERAND_FLAGS:
                match.kind = NFW_PLAN_FLAGS;
                break;
        case NFW_OPERAND_PARAMETER:
                match.kind = NFW_PLAN_PARAMETER;
                break;
        case NFW_OPERAND_LEARNED:
                match.kind = NFW_PLAN_SET;
                r = nfw_plan_use_learned(builder, group, &operand->learned, operand->field, &match.set);
                break;
        default: /* for filters, which are not folded */
                return -EOPNOTSUPP;
        }
        return r < 0 ? r : nfw_vec_push(&rule->matches, match);
}

static int match_operands(struct nfw_plan_builder *builder,
                          const struct nfw_plan_group *group,
                          const struct nfw_plan_item *item,
                          struct nfw_plan_rule *rule) {
        nfw_vec_foreach (operand, &item->operands) {
                int r = match_operand(builder, group, &item->sources, operand, rule);

                if (r < 0)
                        return r;
        }
        return 0;
}

int nfw_plan_emit_rule(struct nfw_plan_builder *builder,
                       const struct nfw_plan_group *group,
                       const struct nfw_plan_item *item) {
        struct nfw_plan_rule rule = { 0 };
        int r = 0;

        for (unsigned int i = 0; r == 0 && i < NFW_N_POLICY_FIELDS; i++) {
                if (item->fields & 1U << i)
                        r = match_ranges(builder, group, &item->sources, (enum nfw_field)i, &item->ranges[i],
                                         false, &rule);
        }
        if (r == 0)
                r = match_operands(builder, group, item, &rule);
        if (r < 0) {
                nfw_plan_rule_deinit(&rule);
                return r;
        }
        return take_rule(builder, group, &item->sources, &rule);
}

/* One rule that looks the part up, with the operands that all of the items have. */
static int emit_part(struct nfw_plan_builder *builder,
                     const struct nfw_plan_group *group,
                     const struct nfw_plan_boxes *boxes,
                     struct nfw_plan_part *part,
                     const struct nfw_plan_item *item,
                     const struct nfw_plan_indices *sources) {
        struct nfw_plan_match match = { .kind = NFW_PLAN_SET, .n_fields = boxes->n_fields };
        struct nfw_plan_rule rule = { 0 };
        int r = 0;

        memcpy(match.fields, boxes->fields, sizeof(match.fields));
        if (boxes->n_fields == 1 && part->elements.n == 1) {
                match.kind = NFW_PLAN_RANGE;
                match.range = part->elements.items[0];
        } else {
                r = nfw_plan_add_set(builder, group, boxes->fields, boxes->n_fields, part, sources,
                                     &match.set);
        }
        if (r == 0)
                r = nfw_vec_push(&rule.matches, match);
        if (r == 0)
                r = match_operands(builder, group, item, &rule);
        if (r < 0) {
                nfw_plan_rule_deinit(&rule);
                return r;
        }
        return take_rule(builder, group, sources, &rule);
}

int nfw_plan_emit_boxes(struct nfw_plan_builder *builder,
                        const struct nfw_plan_group *group,
                        struct nfw_plan_boxes *boxes,
                        const struct nfw_plan_item *item,
                        const struct nfw_plan_indices *sources) {
        nfw_cleanup(nfw_plan_parts_deinit) struct nfw_plan_parts parts = { 0 };
        int r = nfw_plan_boxes_partition(boxes, &parts);

        nfw_vec_foreach (part, &parts.vec) {
                if (r == 0)
                        r = emit_part(builder, group, boxes, part, item, sources);
        }
        return r;
}
