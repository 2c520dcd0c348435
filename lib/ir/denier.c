/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir/denier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ir/denier_table.h"

/* A constant destination of a rule, before they are sorted. */
struct span {
        struct nfw_range range;
        uint32_t row;
};

struct spans {
        NFW_VEC(struct span) vec;
};

struct builder {
        struct nfw_denier *denier;
        struct denier_chain *chain;
        struct spans spans[DENIER_N_FAMILIES];
};

static void free_table(struct denier_table *table) {
        nfw_vec_deinit(&table->rows);
        nfw_vec_deinit(&table->rows_by_address);
        nfw_vec_deinit(&table->rows_by_learned);
        nfw_vec_deinit(&table->learned);
        nfw_vec_deinit(&table->spans);
        nfw_vec_deinit(&table->rows_of_spans);
        nfw_vec_deinit(&table->block_ends);
}

struct nfw_denier *nfw_denier_free(struct nfw_denier *denier) {
        if (!denier)
                return NULL;

        for (size_t i = 0; i < NFW_N_DIRECTIONS; i++) {
                nfw_vec_deinit(&denier->chains[i].tests);
                nfw_vec_deinit(&denier->chains[i].values);
                for (size_t j = 0; j < DENIER_N_FAMILIES; j++)
                        free_table(&denier->chains[i].tables[j]);
        }
        nfw_vec_foreach (rule, &denier->rules)
                free(rule->name);
        nfw_vec_deinit(&denier->rules);
        nfw_vec_deinit(&denier->learned);
        free(denier);
        return NULL;
}

bool nfw_denier_asks_learned(const struct nfw_denier *denier, size_t learned) {
        return learned < denier->learned.n && denier->learned.items[learned];
}

/*
 * A rule that accepts can end the search only where it is sure that it would have accepted the packet, and then there
 * is nothing to find. What was learned may have been learned since, and of connections there is nothing to see.
 */
static bool is_of_use(const struct nfw_ir_rule *rule) {
        if (rule->verdict == NFW_VERDICT_DROP)
                return true;
        if (rule->verdict != NFW_VERDICT_ACCEPT)
                return false;

        nfw_vec_foreach (match, &rule->matches) {
                if (match->kind == NFW_OPERAND_LEARNED || match->field == NFW_FIELD_CT_STATE)
                        return false;
        }
        return true;
}

/* The parts that a rule of a policy was lowered to follow one another. */
static int find_or_add_rule(struct nfw_denier *denier, const struct nfw_ir_rule *from, uint32_t *ret_rule) {
        const struct nfw_denier_rule *last;
        struct nfw_denier_rule rule;
        int r;

        if (denier->rules.n > 0) {
                last = &denier->rules.items[denier->rules.n - 1];
                *ret_rule = (uint32_t)(denier->rules.n - 1);
                if (last->line == from->pos.line && strcmp(last->name, from->name) == 0)
                        return 0;
        }

        rule = (struct nfw_denier_rule){ .name = strdup(from->name), .line = from->pos.line };
        r = rule.name ? nfw_vec_push(&denier->rules, rule) : -ENOMEM;
        if (r < 0) {
                free(rule.name);
                return r;
        }
        *ret_rule = (uint32_t)(denier->rules.n - 1);
        return 0;
}

static bool is_destination(const struct nfw_match *match) {
        return (match->field == NFW_FIELD_IP_DADDR || match->field == NFW_FIELD_IP6_DADDR) &&
               match->kind == NFW_OPERAND_RANGES && !match->negate;
}

static bool is_learned(const struct nfw_match *match) {
        return (match->field == NFW_FIELD_IP_DADDR || match->field == NFW_FIELD_IP6_DADDR) &&
               match->kind == NFW_OPERAND_LEARNED && !match->negate;
}

static const struct nfw_match *find_match(const struct nfw_ir_rule *rule,
                                          bool (*is_wanted)(const struct nfw_match *match)) {
        nfw_vec_foreach (match, &rule->matches) {
                if (is_wanted(match))
                        return match;
        }
        return NULL;
}

static int add_values(struct denier_chain *chain, const struct nfw_match *match, struct denier_test *test) {
        size_t size = nfw_field_info(match->field)->size;
        int r;

        test->first = (uint32_t)chain->values.n;
        test->n = (uint32_t)match->ranges.vec.n;
        r = nfw_vec_reserve(&chain->values, 2 * size * match->ranges.vec.n);
        if (r < 0)
                return r;
        nfw_vec_foreach (range, &match->ranges.vec) {
                memcpy(chain->values.items + chain->values.n, range->first, size);
                memcpy(chain->values.items + chain->values.n + size, range->last, size);
                chain->values.n += 2 * size;
        }
        return 0;
}

static int add_test(struct builder *builder, const struct nfw_match *match, struct denier_row *row) {
        struct denier_test test = {
                .field = (uint8_t)match->field,
                .kind = (uint8_t)match->kind,
                .negate = match->negate,
        };
        int r = 0;

        if (match->kind == NFW_OPERAND_RANGES)
                r = add_values(builder->chain, match, &test);
        else if (match->kind == NFW_OPERAND_PARAMETER)
                test.first = match->parameter;
        else if (match->kind == NFW_OPERAND_LEARNED) {
                test.first = (uint32_t)match->learned;
                builder->denier->learned.items[match->learned] = true;
        }
        if (r == 0)
                r = nfw_vec_push(&builder->chain->tests, test);
        if (r == 0)
                row->n_tests++;
        return r;
}

static void narrow(const struct nfw_match *match, struct denier_row *row) {
        const struct nfw_range *first = match->ranges.vec.items, *last;

        if (match->kind != NFW_OPERAND_RANGES || match->negate || match->ranges.vec.n == 0)
                return;
        last = &first[match->ranges.vec.n - 1];
        if (match->field == NFW_FIELD_L4PROTO) {
                row->first_protocol = first->first[0];
                row->last_protocol = last->last[0];
        } else if (match->field == NFW_FIELD_TH_DPORT) {
                row->first_port = (uint16_t)(first->first[0] << 8 | first->first[1]);
                row->last_port = (uint16_t)(last->last[0] << 8 | last->last[1]);
        }
}

/* The tests that cost most come last. */
static int add_tests(struct builder *builder,
                     const struct nfw_ir_rule *rule,
                     const struct nfw_match *destination,
                     struct denier_row *row) {
        row->first_test = (uint32_t)builder->chain->tests.n;
        for (int pass = 0; pass < 2; pass++) {
                nfw_vec_foreach (match, &rule->matches) {
                        bool is_costly = match->kind != NFW_OPERAND_RANGES;
                        int r;

                        if (match == destination || is_costly != (pass == 1))
                                continue;
                        narrow(match, row);
                        r = add_test(builder, match, row);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static bool can_match(const struct nfw_ir_rule *rule, enum denier_family family) {
        static const uint8_t numbers[DENIER_N_FAMILIES] = { 0, AF_INET, AF_INET6 };

        nfw_vec_foreach (match, &rule->matches) {
                uint8_t wanted = nfw_field_info(match->field)->family;

                if (wanted && wanted != numbers[family])
                        return false;
        }
        return true;
}

static int add_spans(struct spans *spans, const struct nfw_match *destination, uint32_t row) {
        int r = nfw_vec_reserve(&spans->vec, destination->ranges.vec.n);

        if (r < 0)
                return r;
        nfw_vec_foreach (range, &destination->ranges.vec)
                spans->vec.items[spans->vec.n++] = (struct span){ .range = *range, .row = row };
        return 0;
}

/* Where it is found: by its destination if it has one, or else by what it wants to be learned. */
static int put_row(struct builder *builder,
                   enum denier_family family,
                   const struct denier_row *row,
                   const struct nfw_match *destination,
                   const struct nfw_match *learned) {
        struct denier_table *table = &builder->chain->tables[family];
        struct denier_learned entry;
        int r;

        if (destination) {
                r = add_spans(&builder->spans[family], destination, (uint32_t)table->rows_by_address.n);
                return r < 0 ? r : nfw_vec_push(&table->rows_by_address, *row);
        }
        if (learned) {
                entry = (struct denier_learned){ (uint32_t)learned->learned,
                                                 (uint32_t)table->rows_by_learned.n };
                r = nfw_vec_push(&table->learned, entry);
                return r < 0 ? r : nfw_vec_push(&table->rows_by_learned, *row);
        }
        return nfw_vec_push(&table->rows, *row);
}

static int add_row(struct builder *builder, const struct nfw_ir_rule *rule, uint32_t order) {
        const struct nfw_match *destination = find_match(rule, is_destination),
                               *learned = find_match(rule, is_learned);
        struct denier_row row = {
                .order = order,
                .last_port = UINT16_MAX,
                .last_protocol = UINT8_MAX,
                .drops = rule->verdict == NFW_VERDICT_DROP,
        };
        int r = 0;

        if (row.drops)
                r = find_or_add_rule(builder->denier, rule, &row.rule);
        if (r == 0)
                r = add_tests(builder, rule, destination, &row);

        for (size_t i = 0; r == 0 && i < DENIER_N_FAMILIES; i++) {
                if (can_match(rule, (enum denier_family)i))
                        r = put_row(builder, (enum denier_family)i, &row, destination, learned);
        }
        return r;
}

static int compare_spans(const void *a, const void *b) {
        const struct span *x = a, *y = b;

        return nfw_value_compare(x->range.first, y->range.first);
}

static int sort_spans(struct spans *spans, struct denier_table *table, size_t size) {
        uint8_t end[NFW_VALUE_MAX] = { 0 };
        size_t n = spans->vec.n;
        size_t n_blocks = (n + DENIER_SPANS_IN_BLOCK - 1) / DENIER_SPANS_IN_BLOCK;

        if (n == 0)
                return 0;
        if (nfw_vec_reserve(&table->spans, n * 2 * size) < 0 ||
            nfw_vec_reserve(&table->rows_of_spans, n) < 0 ||
            nfw_vec_reserve(&table->block_ends, n_blocks * size) < 0)
                return -ENOMEM;

        qsort(spans->vec.items, n, sizeof(*spans->vec.items), compare_spans);
        for (size_t i = 0; i < n; i++) {
                const struct span *span = &spans->vec.items[i];

                memcpy(table->spans.items + 2 * size * i, span->range.first, size);
                memcpy(table->spans.items + 2 * size * i + size, span->range.last, size);
                table->rows_of_spans.items[i] = span->row;
                if (i % DENIER_SPANS_IN_BLOCK == 0 || memcmp(span->range.last, end, size) > 0)
                        memcpy(end, span->range.last, size);
                memcpy(table->block_ends.items + i / DENIER_SPANS_IN_BLOCK * size, end, size);
        }
        table->spans.n = n * 2 * size;
        table->rows_of_spans.n = n;
        table->block_ends.n = n_blocks * size;
        return 0;
}

static int compare_learned(const void *a, const void *b) {
        const struct denier_learned *x = a, *y = b;

        if (x->learned != y->learned)
                return x->learned < y->learned ? -1 : 1;
        return (x->row > y->row) - (x->row < y->row);
}

static void sort_learned(struct denier_table *table) {
        if (table->learned.n > 1)
                qsort(table->learned.items, table->learned.n, sizeof(*table->learned.items), compare_learned);
}

static int add_chain(struct nfw_denier *denier, const struct nfw_ir_chain *from, struct denier_chain *chain) {
        struct builder builder = { .denier = denier, .chain = chain };
        uint32_t order = 0;
        int r = 0;

        nfw_vec_foreach (rule, &from->rules) {
                if (r == 0 && is_of_use(rule))
                        r = add_row(&builder, rule, order);
                order++;
        }
        for (size_t i = 0; i < DENIER_N_FAMILIES; i++) {
                if (r == 0)
                        r = sort_spans(&builder.spans[i], &chain->tables[i],
                                       denier_addr_size((enum denier_family)i));
                nfw_vec_deinit(&builder.spans[i].vec);
                sort_learned(&chain->tables[i]);
        }
        return r;
}

int nfw_denier_new(const struct nfw_ir *ir, struct nfw_denier **ret_denier) {
        nfw_cleanup(nfw_denier_freep) struct nfw_denier *denier = calloc(1, sizeof(*denier));
        int r;

        if (!denier)
                return -ENOMEM;
        r = nfw_vec_reserve(&denier->learned, ir->learned.n);
        if (r < 0)
                return r;
        denier->learned.n = ir->learned.n;
        for (size_t i = 0; i < denier->learned.n; i++)
                denier->learned.items[i] = false;

        for (size_t i = 0; i < NFW_N_DIRECTIONS; i++) {
                r = add_chain(denier, &ir->chains[i], &denier->chains[i]);
                if (r < 0)
                        return r;
        }
        *ret_denier = nfw_steal(denier);
        return 0;
}
