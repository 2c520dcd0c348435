/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/build.h"

#include <errno.h>
#include <string.h>

int nfw_ir_rule_init(struct nfw_ir_rule *rule,
                     enum nfw_verdict verdict,
                     const char *name,
                     const struct nfw_pos *pos) {
        char *copy = strdup(name);

        if (!copy)
                return -ENOMEM;

        *rule = (struct nfw_ir_rule){ .verdict = verdict, .name = copy, .pos = *pos };
        return 0;
}

static int match_copy(const struct nfw_match *match, struct nfw_match *ret_copy) {
        struct nfw_match copy = *match;
        int r;

        copy.ranges = (struct nfw_ranges){ 0 };
        r = nfw_ranges_add_all(&copy.ranges, &match->ranges);
        if (r < 0)
                return r;

        *ret_copy = copy;
        return 0;
}

static int rule_take_match(struct nfw_ir_rule *rule, struct nfw_match *match) {
        int r = nfw_vec_push(&rule->matches, *match);

        if (r < 0)
                nfw_ranges_deinit(&match->ranges);
        return r;
}

static int rule_copy_match(struct nfw_ir_rule *rule, const struct nfw_match *match) {
        struct nfw_match copy;
        int r = match_copy(match, &copy);

        return r < 0 ? r : rule_take_match(rule, &copy);
}

int nfw_ir_rule_copy(const struct nfw_ir_rule *rule, struct nfw_ir_rule *ret_copy) {
        struct nfw_ir_rule copy;
        int r = nfw_ir_rule_init(&copy, rule->verdict, rule->name, &rule->pos);

        if (r < 0)
                return r;
        copy.mirror = rule->mirror;
        copy.fixed = rule->fixed;

        nfw_vec_foreach (match, &rule->matches) {
                r = rule_copy_match(&copy, match);
                if (r < 0) {
                        nfw_ir_rule_deinit(&copy);
                        return r;
                }
        }

        *ret_copy = copy;
        return 0;
}

int nfw_ir_chain_take(struct nfw_ir_chain *chain, struct nfw_ir_rule *rule) {
        int r = nfw_vec_push(&chain->rules, *rule);

        if (r < 0)
                nfw_ir_rule_deinit(rule);
        *rule = (struct nfw_ir_rule){ 0 };
        return r;
}

int nfw_ir_rule_take_ranges(struct nfw_ir_rule *rule, enum nfw_field field, struct nfw_ranges *ranges) {
        struct nfw_match match = { .field = field, .kind = NFW_OPERAND_RANGES, .ranges = *ranges };

        *ranges = (struct nfw_ranges){ 0 };
        nfw_ranges_normalize(&match.ranges, nfw_field_info(field)->size);
        return rule_take_match(rule, &match);
}

int nfw_ir_rule_match_numbers(struct nfw_ir_rule *rule,
                              enum nfw_field field,
                              const uint16_t *numbers,
                              size_t n) {
        struct nfw_ranges ranges = { 0 };

        for (size_t i = 0; i < n; i++) {
                struct nfw_range range = nfw_range_from_number(numbers[i], nfw_field_info(field)->size);
                int r = nfw_ranges_add(&ranges, &range);

                if (r < 0) {
                        nfw_ranges_deinit(&ranges);
                        return r;
                }
        }
        return nfw_ir_rule_take_ranges(rule, field, &ranges);
}

int nfw_ir_rule_match_number(struct nfw_ir_rule *rule, enum nfw_field field, uint16_t number) {
        return nfw_ir_rule_match_numbers(rule, field, &number, 1);
}

int nfw_ir_rule_match_flags(struct nfw_ir_rule *rule, enum nfw_field field, uint32_t flags) {
        struct nfw_match match = { .field = field, .kind = NFW_OPERAND_FLAGS, .flags = flags };

        return rule_take_match(rule, &match);
}

int nfw_ir_rule_match_parameter(struct nfw_ir_rule *rule,
                                enum nfw_field field,
                                enum nfw_parameter parameter) {
        struct nfw_match match = { .field = field, .kind = NFW_OPERAND_PARAMETER, .parameter = parameter };

        return rule_take_match(rule, &match);
}

int nfw_ir_rule_match_learned(struct nfw_ir_rule *rule, enum nfw_field field, size_t learned) {
        struct nfw_match match = { .field = field, .kind = NFW_OPERAND_LEARNED, .learned = learned };

        return rule_take_match(rule, &match);
}

static struct nfw_match *find_ranges(struct nfw_ir_rule *rule, enum nfw_field field) {
        nfw_vec_foreach (match, &rule->matches) {
                if (match->field == field && match->kind == NFW_OPERAND_RANGES && !match->negate)
                        return match;
        }
        return NULL;
}

/* AF_INET or AF_INET6 where a match implies it, 0 where none does, -1 where two contradict each other. */
static int implied_family(const struct nfw_ir_rule *rule) {
        int family = 0;

        nfw_vec_foreach (match, &rule->matches) {
                int implied = nfw_field_info(match->field)->family;

                if (implied && family && implied != family)
                        return -1;
                if (implied)
                        family = implied;
        }
        return family;
}

int nfw_ir_rule_conjoin(struct nfw_ir_rule *rule, const struct nfw_ir_rule *other, bool *ret_possible) {
        bool possible = true;
        int r;

        nfw_vec_foreach (match, &other->matches) {
                struct nfw_match *mine = find_ranges(rule, match->field);
                struct nfw_ranges both;

                if (!mine || match->kind != NFW_OPERAND_RANGES || match->negate) {
                        r = rule_copy_match(rule, match);
                        if (r < 0)
                                return r;
                        continue;
                }
                r = nfw_ranges_intersect(&mine->ranges, &match->ranges, &both);
                if (r < 0)
                        return r;
                nfw_ranges_deinit(&mine->ranges);
                mine->ranges = both;
                possible = possible && both.vec.n > 0;
        }

        *ret_possible = possible && implied_family(rule) >= 0;
        return 0;
}
