/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "ir/filter/disjoint.h"
#include "ir/filter/set.h"
#include "ir/filter/value.h"

/* One side of a column: what the port gives, or a constant. */
struct list {
        const struct nfw_nwfilter_value *value;
        const struct nfw_nwfilter_parameter *parameter; /* NULL: a constant */
        NFW_VEC(struct nfw_nwfilter_constant) constants;
        size_t length; /* of the whole list, also where the constants are one element of it */
        size_t axis;   /* index, or NO_AXIS where it does not move */
};

/* An iterator, and how far it is. */
struct axis {
        const struct list *list; /* the first that is walked with it */
        unsigned int number;
        size_t n, at;
        bool is_pinned;
};

#define NO_AXIS SIZE_MAX

/* Two for each field, and for each of those two the list of a variable that has no field. */
#define MAX_LISTS (6 * NFW_FILTER_MAX_FIELDS)

struct walk {
        const struct nfw_nwfilter_tree *tree;
        const struct nfw_filter_set *set;
        const struct nfw_nwfilter_parameters *port;
        bool learned_ip;
        struct nfw_report *report;
        struct list lists[MAX_LISTS]; /* two for each column */
        size_t n_lists;
        struct axis axes[MAX_LISTS];
        size_t n_axes;
        bool invalid;
        bool nothing; /* what is not known yet gives no elements */
};

static nfw_printf(4, 5) int refuse(
        struct walk *walk, const char *code, const struct nfw_pos *pos, const char *format, ...) {
        va_list arguments;
        int r;

        va_start(arguments, format);
        r = nfw_report_add_v(walk->report, NFW_SEVERITY_ERROR, code, pos, NULL, format, arguments);
        va_end(arguments);
        walk->invalid = true;
        return r;
}

static bool is_learned(const char *name) {
        return strcmp(name, NFW_FILTER_IP) == 0 || strcmp(name, NFW_FILTER_IPV6) == 0;
}

static int parse_element(struct walk *walk,
                         const struct nfw_filter_column *column,
                         struct list *list,
                         const char *text) {
        const struct nfw_pos *pos = list->parameter->pos.line > 0 ? &list->parameter->pos : &list->value->pos;
        struct nfw_nwfilter_constant constant;
        const char *expected;
        int r;

        r = nfw_nwfilter_constant_parse(column->protocol, list->value->attribute, text, &constant, &expected);
        if (r == NFW_E_INVALID)
                return refuse(walk, "nwfilter/variable-value", pos,
                              "'%s' of the variable '%s' is no value of '%s': expected %s", text,
                              list->value->access.name, nfw_nwfilter_attribute_name(list->value->attribute),
                              expected);
        if (r < 0)
                return r;
        r = nfw_vec_push(&list->constants, constant);
        if (r < 0)
                nfw_nwfilter_constant_deinit(&constant);
        return r;
}

static int parse_list(struct walk *walk, const struct nfw_filter_column *column, struct list *list) {
        const struct nfw_nwfilter_access *access = &list->value->access;
        size_t n = list->parameter->values.n;

        list->length = n;
        if (column->field == NFW_FILTER_NO_FIELD)
                return 0;
        if (access->is_index && access->number >= n)
                return refuse(walk, "nwfilter/variable-index", &list->value->pos,
                              "the variable '%s' has %zu values, counting from 0", access->name, n);
        for (size_t i = 0; i < n; i++) {
                int r = access->is_index && i != access->number
                                ? 0
                                : parse_element(walk, column, list, list->parameter->values.items[i]);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int take_axis(struct walk *walk, struct list *list) {
        const struct nfw_nwfilter_access *access = &list->value->access;

        for (size_t i = 0; i < walk->n_axes; i++) {
                const struct axis *axis = &walk->axes[i];

                if (axis->number != access->number)
                        continue;
                list->axis = i;
                if (axis->n == list->length)
                        return 0;
                return refuse(walk, "nwfilter/unequal-lists", &list->value->pos,
                              "'%s' has %zu values and '%s' has %zu, but they are walked together",
                              axis->list->value->access.name, axis->n, access->name, list->length);
        }
        list->axis = walk->n_axes;
        walk->axes[walk->n_axes++] =
                (struct axis){ .list = list, .number = access->number, .n = list->length };
        return 0;
}

static int add_list(struct walk *walk,
                    const struct nfw_filter_column *column,
                    const struct nfw_nwfilter_value *value) {
        struct list *list = &walk->lists[walk->n_lists++];
        int r;

        *list = (struct list){ .value = value, .axis = NO_AXIS };
        if (!value || !value->access.name)
                return 0;

        list->parameter =
                nfw_nwfilter_tree_lookup(walk->tree, walk->set->scope, walk->port, value->access.name);
        if (!list->parameter || list->parameter->values.n == 0) {
                walk->nothing = true;
                if (walk->learned_ip && is_learned(value->access.name))
                        return 0;
                return refuse(walk, "nwfilter/missing-variable", &value->pos,
                              "the variable '%s' has no value", value->access.name);
        }
        r = parse_list(walk, column, list);
        if (r == 0 && !value->access.is_index)
                r = take_axis(walk, list);
        return r;
}

static int collect(struct walk *walk) {
        nfw_vec_foreach (column, &walk->set->columns) {
                int r;

                if (walk->n_lists + 2 > MAX_LISTS)
                        return -ENOMEM;
                r = add_list(walk, column, column->value);
                if (r == 0)
                        r = add_list(walk, column, column->second);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int pin(struct walk *walk) {
        for (size_t i = 0; i < walk->set->columns.n; i++) {
                const struct nfw_filter_column *column = &walk->set->columns.items[i];
                const struct list *list = &walk->lists[2 * i];
                struct axis *axis;

                if (!column->is_pinned || list->axis == NO_AXIS)
                        continue;
                axis = &walk->axes[list->axis];
                if (column->pin >= axis->n)
                        return refuse(walk, "nwfilter/unequal-lists", &column->value->pos,
                                      "'%s' had more values when the filter was compiled",
                                      column->value->access.name);
                axis->is_pinned = true;
                axis->at = column->pin;
        }
        return 0;
}

static const struct nfw_nwfilter_constant *current(const struct walk *walk, const struct list *list) {
        if (!list->value)
                return NULL;
        if (!list->parameter)
                return &list->value->constant;
        return &list->constants.items[list->axis == NO_AXIS ? 0 : walk->axes[list->axis].at];
}

static int add_tuple(struct walk *walk, struct nfw_filter_tuples *tuples) {
        struct nfw_range ranges[NFW_FILTER_MAX_FIELDS] = { 0 };
        int r = 0;

        for (size_t i = 0; i < walk->set->columns.n; i++) {
                const struct nfw_filter_column *column = &walk->set->columns.items[i];
                const struct nfw_filter_field *field;
                struct nfw_range *range;

                if (column->field == NFW_FILTER_NO_FIELD)
                        continue;
                field = &walk->set->fields[column->field];
                range = &ranges[column->field];
                if (!nfw_filter_range(field->field, current(walk, &walk->lists[2 * i]),
                                      current(walk, &walk->lists[2 * i + 1]), column->second_is_mask, range))
                        return refuse(walk, "nwfilter/empty-range", &column->value->pos,
                                      "with the port's parameters '%s' stands for no value at all",
                                      nfw_nwfilter_attribute_name(column->value->attribute));
                /* The rule applies the mask to what it looks up. */
                if (field->is_masked)
                        memcpy(range->last, range->first, sizeof(range->last));
        }
        for (size_t i = 0; r == 0 && i < walk->set->n_fields; i++)
                r = nfw_vec_push(&tuples->vec, ranges[i]);
        return r;
}

static bool next(struct walk *walk) {
        for (size_t i = 0; i < walk->n_axes; i++) {
                if (walk->axes[i].is_pinned)
                        continue;
                if (++walk->axes[i].at < walk->axes[i].n)
                        return true;
                walk->axes[i].at = 0;
        }
        return false;
}

static int refuse_size(struct walk *walk) {
        return refuse(walk, "nwfilter/too-large", &walk->set->columns.items[0].value->pos,
                      "the port's parameters make more than %d combinations", NFW_FILTER_MAX_TUPLES);
}

static int enumerate(struct walk *walk, struct nfw_filter_tuples *tuples) {
        size_t n = 1;
        int r;

        for (size_t i = 0; i < walk->n_axes; i++) {
                if (walk->axes[i].is_pinned)
                        continue;
                if (walk->axes[i].n > NFW_FILTER_MAX_TUPLES / n)
                        return refuse_size(walk);
                n *= walk->axes[i].n;
        }
        do
                r = add_tuple(walk, tuples);
        while (r == 0 && !walk->invalid && next(walk));
        return r;
}

static void walk_deinit(struct walk *walk) {
        for (size_t i = 0; i < walk->n_lists; i++) {
                nfw_vec_foreach (constant, &walk->lists[i].constants)
                        nfw_nwfilter_constant_deinit(constant);
                nfw_vec_deinit(&walk->lists[i].constants);
        }
}

int nfw_filter_set_tuples(const struct nfw_filter_ir *ir nfw_unused,
                          const struct nfw_nwfilter_tree *tree,
                          const struct nfw_filter_set *set,
                          const struct nfw_nwfilter_parameters *port,
                          bool learned_ip,
                          struct nfw_report *report,
                          struct nfw_filter_tuples *ret_tuples) {
        struct walk walk = {
                .tree = tree, .set = set, .port = port, .learned_ip = learned_ip, .report = report
        };
        struct nfw_filter_tuples tuples = { 0 };
        bool fits = true;
        int r = collect(&walk);

        if (r == 0 && !walk.invalid && !walk.nothing)
                r = pin(&walk);
        if (r == 0 && !walk.invalid && !walk.nothing)
                r = enumerate(&walk, &tuples);
        walk_deinit(&walk);
        if (r == 0 && !walk.invalid)
                r = nfw_filter_tuples_disjoin(set, &tuples, &fits);
        if (r == 0 && !fits)
                r = refuse_size(&walk);
        if (r == 0 && walk.invalid)
                r = NFW_E_INVALID;
        if (r) {
                nfw_filter_tuples_deinit(&tuples);
                return r;
        }

        *ret_tuples = tuples;
        return 0;
}

static bool refers(const struct nfw_nwfilter_value *value, const char *name) {
        return value && value->access.name && strcmp(value->access.name, name) == 0;
}

bool nfw_filter_set_learns(const struct nfw_nwfilter_tree *tree,
                           const struct nfw_filter_set *set,
                           const struct nfw_nwfilter_parameters *port,
                           uint8_t family) {
        const char *name = family == AF_INET ? NFW_FILTER_IP : NFW_FILTER_IPV6;
        const struct nfw_nwfilter_parameter *given;

        nfw_vec_foreach (column, &set->columns) {
                if (!refers(column->value, name) && !refers(column->second, name))
                        continue;
                given = nfw_nwfilter_tree_lookup(tree, set->scope, port, name);
                return !given || given->values.n == 0;
        }
        return false;
}
