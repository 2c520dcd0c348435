/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "ir/build.h"
#include "ir/filter/lowering.h"
#include "ir/filter/value.h"

/* What the kernel's keys have beside the port's name, each field being rounded up to four octets. */
#define MAX_KEY 48

/* Filters that people write have a dozen. */
#define MAX_SETS 1024

/* The conditions that depend on variables, and which of them are walked together. */
struct groups {
        struct nfw_filter_lowering *lowering;
        const struct nfw_nwfilter_instance *instance;
        const struct nfw_filter_choices *choices;
        NFW_VEC(const struct nfw_filter_condition *) conditions;
        NFW_VEC(size_t) group; /* of each condition, named after its first member */
};

static const struct nfw_nwfilter_value *part(const struct nfw_filter_condition *condition, size_t i) {
        return i == 0 ? condition->value : condition->second;
}

static bool is_iterated(const struct nfw_nwfilter_value *value) {
        return value && value->access.name && !value->access.is_index;
}

static bool is_walked_together(const struct nfw_filter_condition *a, const struct nfw_filter_condition *b) {
        if (a->value->negate || b->value->negate)
                return false;
        for (size_t i = 0; i < 2; i++) {
                for (size_t j = 0; j < 2; j++) {
                        if (is_iterated(part(a, i)) && is_iterated(part(b, j)) &&
                            part(a, i)->access.number == part(b, j)->access.number)
                                return true;
                }
        }
        return false;
}

static void join(struct groups *groups, size_t from, size_t to) {
        nfw_vec_foreach (group, &groups->group) {
                if (*group == from)
                        *group = to;
        }
}

static int collect(struct groups *groups, const struct nfw_filter_conditions *conditions) {
        nfw_vec_foreach (condition, &conditions->vec) {
                size_t index = groups->conditions.n;
                int r;

                if (nfw_filter_condition_is_constant(condition))
                        continue;
                r = nfw_vec_push(&groups->conditions, condition);
                if (r == 0)
                        r = nfw_vec_push(&groups->group, index);
                if (r < 0)
                        return r;
                for (size_t i = 0; i < index; i++) {
                        if (is_walked_together(groups->conditions.items[i], condition))
                                join(groups, groups->group.items[index], groups->group.items[i]);
                }
        }
        return 0;
}

static int refuse_size(struct groups *groups, const struct nfw_filter_condition *condition) {
        return nfw_filter_refuse(groups->lowering, groups->instance->rule, "nwfilter/too-large",
                                 &condition->value->pos,
                                 "too many variables are walked together: give some of them iterators of "
                                 "their own, as in '$%s[@9]'",
                                 condition->value->access.name ? condition->value->access.name
                                                               : condition->second->access.name);
}

static bool is_all_ones(const struct nfw_filter_field *field) {
        for (size_t i = 0; i < nfw_field_info(field->field)->size; i++) {
                if (field->mask[i] != 0xff)
                        return false;
        }
        return true;
}

static int set_field(struct groups *groups,
                     const struct nfw_filter_condition *condition,
                     struct nfw_filter_set *set,
                     struct nfw_filter_column *column) {
        struct nfw_filter_field *field = &set->fields[set->n_fields];

        *field = (struct nfw_filter_field){ .field = condition->field };
        if (!condition->second)
                return 0;
        if (!condition->second_is_mask || condition->second->access.name) {
                set->interval = true;
                return 0;
        }

        if (!nfw_filter_mask(condition->field, &condition->second->constant, field->mask))
                return nfw_filter_refuse(groups->lowering, groups->instance->rule, "nwfilter/empty-range",
                                         &condition->second->pos, "the mask has holes");
        field->is_masked = !is_all_ones(field);
        if (!field->is_masked) {
                memset(field->mask, 0, sizeof(field->mask));
                column->second = NULL;
        }
        return 0;
}

/* The lengths of the lists that rules were made of have to fit as well, and each rule has its own of their values. */
static int add_axis(struct groups *groups,
                    const struct nfw_nwfilter_value *value,
                    struct nfw_filter_set *set) {
        const struct nfw_filter_axis *axis =
                is_iterated(value) ? nfw_filter_choices_axis(groups->choices, &value->access) : NULL;

        if (!axis)
                return 0;
        return nfw_vec_push(&set->columns,
                            ((struct nfw_filter_column){ .field = NFW_FILTER_NO_FIELD,
                                                         .protocol = groups->instance->rule->protocol,
                                                         .value = axis->value,
                                                         .is_pinned = axis->n > 1,
                                                         .pin = axis->at }));
}

static int add_column(struct groups *groups,
                      const struct nfw_filter_condition *condition,
                      struct nfw_filter_set *set,
                      size_t *key_size) {
        struct nfw_filter_column column = {
                .field = set->n_fields,
                .protocol = groups->instance->rule->protocol,
                .value = condition->value,
                .second = condition->second,
                .second_is_mask = condition->second_is_mask,
                .negate = condition->value->negate,
        };
        int r;

        *key_size += (nfw_field_info(condition->field)->size + 3U) & ~3U;
        if (set->n_fields == NFW_FILTER_MAX_FIELDS || *key_size > MAX_KEY)
                return refuse_size(groups, condition);
        r = set_field(groups, condition, set, &column);
        if (r)
                return r;
        set->n_fields++;
        r = nfw_vec_push(&set->columns, column);
        for (size_t i = 0; r == 0 && i < 2 && !column.negate; i++)
                r = add_axis(groups, part(condition, i), set);
        return r;
}

static int lower_group(struct groups *groups, size_t first, struct nfw_ir_rule *ir_rule) {
        struct nfw_filter_set set = { .scope = groups->instance->scope };
        struct nfw_match match = { .kind = NFW_OPERAND_TUPLE,
                                   .field = groups->conditions.items[first]->field,
                                   .negate = groups->conditions.items[first]->value->negate };
        size_t key_size = 0;

        for (size_t i = first; i < groups->conditions.n; i++) {
                int r = groups->group.items[i] == groups->group.items[first]
                                ? add_column(groups, groups->conditions.items[i], &set, &key_size)
                                : 0;

                if (r) {
                        nfw_filter_set_deinit(&set);
                        return r;
                }
        }
        if (groups->lowering->ir->sets.n == MAX_SETS) {
                nfw_filter_set_deinit(&set);
                return nfw_filter_refuse(groups->lowering, groups->instance->rule, "nwfilter/too-large",
                                         &groups->instance->rule->pos,
                                         "filters look at variables in at most %d ways", MAX_SETS);
        }
        return nfw_filter_set_take(groups->lowering->ir, groups->lowering->tree, &set, &match.set) == 0
                       ? nfw_vec_push(&ir_rule->matches, match)
                       : -ENOMEM;
}

int nfw_filter_groups_lower(struct nfw_filter_lowering *lowering,
                            const struct nfw_nwfilter_instance *instance,
                            const struct nfw_filter_choices *choices,
                            const struct nfw_filter_conditions *conditions,
                            struct nfw_ir_rule *ir_rule) {
        struct groups groups = { .lowering = lowering, .instance = instance, .choices = choices };
        int r = collect(&groups, conditions);

        for (size_t i = 0; r == 0 && i < groups.conditions.n; i++) {
                bool is_first = true;

                for (size_t j = 0; j < i && is_first; j++)
                        is_first = groups.group.items[j] != groups.group.items[i];
                if (is_first)
                        r = lower_group(&groups, i, ir_rule);
        }
        nfw_vec_deinit(&groups.conditions);
        nfw_vec_deinit(&groups.group);
        return r;
}
