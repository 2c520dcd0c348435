/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "ir/filter/lowering.h"

/* As many rules may come of one. */
#define MAX_CHOICES 256

/* They are words for the rule, not values of packets; or values that the kernel and nft have no sets for. */
static const enum nfw_nwfilter_attribute compiled[] = {
        NFW_NWFILTER_GRATUITOUS,      NFW_NWFILTER_FLAGS, NFW_NWFILTER_OPTION,     NFW_NWFILTER_STATE,
        NFW_NWFILTER_CONNLIMIT_ABOVE, NFW_NWFILTER_IPSET, NFW_NWFILTER_IPSETFLAGS, NFW_NWFILTER_VLANID,
        NFW_NWFILTER_HWTYPE,          NFW_NWFILTER_DSCP,
};

bool nfw_filter_is_compiled(const struct nfw_nwfilter_value *value) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(compiled); i++) {
                if (compiled[i] == value->attribute)
                        return true;
        }
        return false;
}

static const struct nfw_nwfilter_parameter *lookup(const struct nfw_filter_lowering *lowering,
                                                   const struct nfw_nwfilter_instance *instance,
                                                   const struct nfw_nwfilter_value *value) {
        return nfw_nwfilter_tree_lookup(lowering->tree, instance->scope, lowering->options->port,
                                        value->access.name);
}

/* Whether the rule is made for one value of the variable after the other. */
static bool is_walked(const struct nfw_nwfilter_value *value) {
        return value->access.name && !value->access.is_index && !value->negate &&
               nfw_filter_is_compiled(value);
}

static int check_variable(struct nfw_filter_lowering *lowering,
                          const struct nfw_nwfilter_instance *instance,
                          const struct nfw_nwfilter_value *value) {
        const struct nfw_nwfilter_parameter *parameter = lookup(lowering, instance, value);

        if (!parameter || parameter->values.n == 0)
                return nfw_filter_refuse(lowering, instance->rule, "nwfilter/missing-variable", &value->pos,
                                         "the variable '%s' has no value", value->access.name);
        if (value->access.is_index && value->access.number >= parameter->values.n)
                return nfw_filter_refuse(lowering, instance->rule, "nwfilter/variable-index", &value->pos,
                                         "the variable '%s' has %zu values, counting from 0",
                                         value->access.name, parameter->values.n);
        return 0;
}

static int add_axis(struct nfw_filter_lowering *lowering,
                    const struct nfw_nwfilter_instance *instance,
                    const struct nfw_nwfilter_value *value,
                    struct nfw_filter_choices *choices) {
        size_t n = lookup(lowering, instance, value)->values.n;
        const struct nfw_filter_axis *axis = nfw_filter_choices_axis(choices, &value->access);
        size_t n_choices = n;

        if (axis && axis->n != n)
                return nfw_filter_refuse(lowering, instance->rule, "nwfilter/unequal-lists", &value->pos,
                                         "'%s' has %zu values and '%s' has %zu, but they are walked together",
                                         axis->value->access.name, axis->n, value->access.name, n);
        if (axis)
                return 0;

        for (size_t i = 0; i < choices->n; i++)
                n_choices *= choices->axes[i].n;
        if (choices->n == NFW_FILTER_MAX_AXES || n_choices > MAX_CHOICES)
                return nfw_filter_refuse(lowering, instance->rule, "nwfilter/too-large", &value->pos,
                                         "more than %d rules would come of this one", MAX_CHOICES);
        choices->axes[choices->n++] = (struct nfw_filter_axis){ .value = value, .n = n };
        return 0;
}

int nfw_filter_choices_init(struct nfw_filter_lowering *lowering,
                            const struct nfw_nwfilter_instance *instance,
                            struct nfw_filter_choices *ret_choices) {
        struct nfw_filter_choices choices = { 0 };

        nfw_vec_foreach (value, &instance->rule->values) {
                int r;

                if (!value->access.name || !nfw_filter_is_compiled(value))
                        continue;
                r = check_variable(lowering, instance, value);
                if (r == 0 && is_walked(value))
                        r = add_axis(lowering, instance, value, &choices);
                if (r)
                        return r;
        }
        *ret_choices = choices;
        return 0;
}

bool nfw_filter_choices_next(struct nfw_filter_choices *choices) {
        for (size_t i = 0; i < choices->n; i++) {
                if (++choices->axes[i].at < choices->axes[i].n)
                        return true;
                choices->axes[i].at = 0;
        }
        return false;
}

const struct nfw_filter_axis *nfw_filter_choices_axis(const struct nfw_filter_choices *choices,
                                                      const struct nfw_nwfilter_access *access) {
        if (!access->name || access->is_index)
                return NULL;
        for (size_t i = 0; i < choices->n; i++) {
                if (choices->axes[i].value->access.number == access->number)
                        return &choices->axes[i];
        }
        return NULL;
}

size_t nfw_filter_choice_count(struct nfw_filter_lowering *lowering,
                               const struct nfw_nwfilter_instance *instance,
                               const struct nfw_nwfilter_value *value) {
        if (!value->access.name || value->access.is_index || is_walked(value))
                return 1;
        return lookup(lowering, instance, value)->values.n;
}

static int copy_constant(const struct nfw_nwfilter_constant *constant,
                         struct nfw_nwfilter_constant *ret_constant) {
        struct nfw_nwfilter_constant copy = *constant;

        if (constant->text) {
                copy.text = strdup(constant->text);
                if (!copy.text)
                        return -ENOMEM;
        }
        *ret_constant = copy;
        return 0;
}

int nfw_filter_choice_get(struct nfw_filter_lowering *lowering,
                          const struct nfw_nwfilter_instance *instance,
                          const struct nfw_filter_choices *choices,
                          const struct nfw_nwfilter_value *value,
                          size_t index,
                          struct nfw_nwfilter_constant *ret_constant) {
        const struct nfw_nwfilter_parameter *parameter;
        const struct nfw_filter_axis *axis;
        const char *expected, *text;
        int r;

        if (!value->access.name)
                return copy_constant(&value->constant, ret_constant);

        parameter = lookup(lowering, instance, value);
        axis = is_walked(value) ? nfw_filter_choices_axis(choices, &value->access) : NULL;
        if (value->access.is_index)
                index = value->access.number;
        else if (axis)
                index = axis->at;
        text = parameter->values.items[index];
        r = nfw_nwfilter_constant_parse(instance->rule->protocol, value->attribute, text, ret_constant,
                                        &expected);
        if (r == NFW_E_INVALID)
                return nfw_filter_refuse(lowering, instance->rule, "nwfilter/variable-value", &value->pos,
                                         "'%s' of the variable '%s' is no value of '%s': expected %s", text,
                                         value->access.name, nfw_nwfilter_attribute_name(value->attribute),
                                         expected);
        return r;
}
