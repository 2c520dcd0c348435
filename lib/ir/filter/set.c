/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/filter/set.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/siphash.h"
#include "ir/filter/value.h"

/* Names of sets are for people, and the kernel's have a bound. */
#define MAX_NAME 80

void nfw_filter_set_deinit(struct nfw_filter_set *set) {
        free(set->name);
        nfw_vec_deinit(&set->columns);
}

static bool access_equal(const struct nfw_nwfilter_access *a, const struct nfw_nwfilter_access *b) {
        return strcmp(a->name, b->name) == 0 && a->is_index == b->is_index && a->number == b->number;
}

static bool texts_equal(const struct nfw_nwfilter_parameter *a, const struct nfw_nwfilter_parameter *b) {
        if (!a || !b || a->values.n != b->values.n)
                return a == b;
        for (size_t i = 0; i < a->values.n; i++) {
                if (strcmp(a->values.items[i], b->values.items[i]) != 0)
                        return false;
        }
        return true;
}

/* What two sets have in common is told by what they would hold for any port. */
static bool value_equal(const struct nfw_nwfilter_tree *tree,
                        const struct nfw_nwfilter_value *a,
                        size_t a_scope,
                        const struct nfw_nwfilter_value *b,
                        size_t b_scope) {
        static const struct nfw_nwfilter_parameters none = { 0 };

        if (!a || !b)
                return a == b;
        if (!a->access.name || !b->access.name)
                return !a->access.name && !b->access.name &&
                       nfw_filter_constant_equal(&a->constant, &b->constant);
        if (!access_equal(&a->access, &b->access))
                return false;
        return a_scope == b_scope ||
               texts_equal(nfw_nwfilter_tree_lookup(tree, a_scope, &none, a->access.name),
                           nfw_nwfilter_tree_lookup(tree, b_scope, &none, b->access.name));
}

static bool field_equal(const struct nfw_filter_field *a, const struct nfw_filter_field *b) {
        return a->field == b->field && a->is_masked == b->is_masked &&
               memcmp(a->mask, b->mask, sizeof(a->mask)) == 0;
}

static bool set_equal(const struct nfw_nwfilter_tree *tree,
                      const struct nfw_filter_set *a,
                      const struct nfw_filter_set *b) {
        if (a->n_fields != b->n_fields || a->interval != b->interval || a->columns.n != b->columns.n)
                return false;
        for (size_t i = 0; i < a->n_fields; i++) {
                if (!field_equal(&a->fields[i], &b->fields[i]))
                        return false;
        }
        for (size_t i = 0; i < a->columns.n; i++) {
                const struct nfw_filter_column *x = &a->columns.items[i], *y = &b->columns.items[i];

                if (x->field != y->field || x->second_is_mask != y->second_is_mask ||
                    x->negate != y->negate || x->is_pinned != y->is_pinned || x->pin != y->pin ||
                    !value_equal(tree, x->value, a->scope, y->value, b->scope) ||
                    !value_equal(tree, x->second, a->scope, y->second, b->scope))
                        return false;
        }
        return true;
}

static void print_value(const struct nfw_nwfilter_value *value, FILE *stream) {
        if (!value || !value->access.name)
                return;
        fprintf(stream, "-%s", value->access.name);
        if (value->access.is_index || value->access.number > 0)
                fprintf(stream, "-%s%u", value->access.is_index ? "" : "at", value->access.number);
}

static void print_name(const struct nfw_filter_set *set, FILE *stream) {
        nfw_vec_foreach (column, &set->columns) {
                if (column->field == NFW_FILTER_NO_FIELD)
                        continue;
                if (column != set->columns.items)
                        fputc('-', stream);
                for (const char *p = nfw_field_info(set->fields[column->field].field)->name; *p; p++)
                        fputc(*p == ' ' ? '-' : *p, stream);
                print_value(column->value, stream);
                print_value(column->second, stream);
        }
}

static void hash(const void *data, size_t size, uint64_t *state) {
        const struct nfw_siphash_key key = { .k0 = *state };

        *state = nfw_siphash(&key, data, size);
}

static void hash_number(uint64_t number, uint64_t *state) {
        uint8_t octets[sizeof(number)];

        for (size_t i = 0; i < sizeof(octets); i++)
                octets[i] = (uint8_t)(number >> 8 * i);
        hash(octets, sizeof(octets), state);
}

static void hash_value(const struct nfw_nwfilter_value *value, uint64_t *state) {
        hash_number(!value ? 0 : value->access.name ? 1 : 2, state);
        if (!value)
                return;
        if (value->access.name) {
                hash(value->access.name, strlen(value->access.name) + 1, state);
                hash_number(value->access.is_index, state);
                hash_number(value->access.number, state);
                return;
        }
        hash_number(value->constant.number, state);
        hash(value->constant.mac, sizeof(value->constant.mac), state);
        hash(value->constant.addr.bytes, nfw_addr_size(value->constant.addr.family), state);
}

/* Whether the fields and the variables, as the name has them, say all that there is to say of the set. */
static bool is_plain(const struct nfw_filter_set *set) {
        nfw_vec_foreach (column, &set->columns) {
                if (column->field == NFW_FILTER_NO_FIELD || set->fields[column->field].is_masked ||
                    column->second || column->negate || !column->value->access.name)
                        return false;
        }
        return true;
}

static uint64_t hash_set(const struct nfw_filter_set *set) {
        uint64_t state = set->interval;

        for (size_t i = 0; i < set->n_fields; i++) {
                hash_number(set->fields[i].field, &state);
                hash(set->fields[i].mask, sizeof(set->fields[i].mask), &state);
        }
        nfw_vec_foreach (column, &set->columns) {
                hash_number(column->field, &state);
                hash_number(column->second_is_mask, &state);
                hash_number(column->negate, &state);
                hash_value(column->value, &state);
                hash_value(column->second, &state);
                if (column->is_pinned)
                        hash_number(column->pin, &state);
        }
        return state;
}

static bool is_name_taken(const struct nfw_filter_ir *ir, const char *name) {
        nfw_vec_foreach (set, &ir->sets) {
                if (strcmp(set->name, name) == 0)
                        return true;
        }
        return false;
}

/* A set of the same name stays when the filter is replaced: so it must hold the same. */
static int make_name(const struct nfw_filter_ir *ir, const struct nfw_filter_set *set, char **ret_name) {
        nfw_cleanup(nfw_freep) char *base = NULL;
        char suffix[sizeof("-12345678")] = "";
        char *name;
        size_t size;
        FILE *stream = open_memstream(&base, &size);

        if (!stream)
                return -ENOMEM;
        print_name(set, stream);
        if (fclose(stream) != 0)
                return -ENOMEM;
        if (!is_plain(set) || strlen(base) > MAX_NAME)
                (void)snprintf(suffix, sizeof(suffix), "-%08" PRIx32, (uint32_t)hash_set(set));

        for (size_t number = 1; number <= ir->sets.n + 1; number++) {
                int r = number == 1 ? asprintf(&name, "%.*s%s", MAX_NAME, base, suffix)
                                    : asprintf(&name, "%.*s%s-%zu", MAX_NAME, base, suffix, number);

                if (r < 0)
                        return -ENOMEM;
                if (!is_name_taken(ir, name))
                        break;
                free(name);
        }
        *ret_name = name;
        return 0;
}

int nfw_filter_set_take(struct nfw_filter_ir *ir,
                        const struct nfw_nwfilter_tree *tree,
                        struct nfw_filter_set *set,
                        size_t *ret_index) {
        int r;

        for (size_t i = 0; i < ir->sets.n; i++) {
                if (!set_equal(tree, &ir->sets.items[i], set))
                        continue;
                nfw_filter_set_deinit(set);
                *ret_index = i;
                return 0;
        }

        r = make_name(ir, set, &set->name);
        if (r == 0)
                r = nfw_vec_push(&ir->sets, *set);
        if (r < 0) {
                nfw_filter_set_deinit(set);
                return r;
        }
        *ret_index = ir->sets.n - 1;
        return 0;
}
