/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"
#include "ir/denier_table.h"

/*
 * A packet's rule is told as a favour, between two looks at the replies that somebody waits for. Rules whose addresses
 * have the destination, and rules of which more than protocols and ports must be looked at.
 */
#define MAX_HITS  2048
#define MAX_TRIED 8192

/* Rows of one kind, in the order of evaluation. */
struct cursor {
        const struct denier_row *rows;
        bool is_all; /* of them, or else those that the hits are indices of, ascending */
        uint32_t hits[MAX_HITS];
        size_t n, next;
};

enum {
        BY_ADDRESS,
        BY_LEARNED,
        OTHERS,
        N_CURSORS,
};

struct search {
        const struct denier_chain *chain;
        const struct denier_table *table;
        const struct nfw_evaluate_packet *packet;
        const struct nfw_denier_port *port;
        uint8_t protocol;
        uint16_t destination_port;
        size_t n_tried;
        struct cursor cursors[N_CURSORS];
};

static enum denier_family family_of(const struct nfw_evaluate_packet *packet) {
        switch (nfw_evaluate_family(packet)) {
        case AF_INET:
                return DENIER_IPV4;
        case AF_INET6:
                return DENIER_IPV6;
        default:
                return DENIER_OTHER;
        }
}

static int compare_hits(const void *a, const void *b) {
        const uint32_t *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

/* The number of spans that begin at the address or before. */
static size_t count_begun(const struct denier_table *table, const uint8_t *address, size_t size) {
        size_t low = 0, high = table->rows_of_spans.n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (memcmp(table->spans.items + 2 * size * middle, address, size) <= 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* False where there are too many. */
static bool hit(struct cursor *cursor, uint32_t row) {
        if (cursor->n >= MAX_HITS)
                return false;
        cursor->hits[cursor->n++] = row;
        return true;
}

static bool hit_by_address(const struct search *search, size_t size, struct cursor *cursor) {
        const struct denier_table *table = search->table;
        const uint8_t *address = search->packet->destination.bytes;
        size_t n = count_begun(table, address, size);

        for (size_t block = 0; block * DENIER_SPANS_IN_BLOCK < n; block++) {
                size_t begin = block * DENIER_SPANS_IN_BLOCK;
                size_t end = NFW_MIN(n, begin + DENIER_SPANS_IN_BLOCK);

                if (memcmp(table->block_ends.items + block * size, address, size) < 0)
                        continue;
                for (size_t i = begin; i < end; i++) {
                        if (memcmp(table->spans.items + 2 * size * i + size, address, size) >= 0 &&
                            !hit(cursor, table->rows_of_spans.items[i]))
                                return false;
                }
        }
        return true;
}

/* The first row that asks for what was learned for that entry, if one does. */
static size_t find_learned(const struct denier_table *table, size_t learned) {
        size_t low = 0, high = table->learned.n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (table->learned.items[middle].learned < learned)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static bool hit_by_learned(const struct search *search, struct cursor *cursor) {
        const struct denier_table *table = search->table;
        const size_t *learned;
        size_t n;

        if (!search->port->learned(search->port->userdata, &search->packet->destination, &learned, &n)) {
                cursor->is_all = true;
                cursor->n = table->rows_by_learned.n;
                return true;
        }
        for (size_t i = 0; i < n; i++) {
                size_t first = find_learned(table, learned[i]);

                for (size_t k = first; k < table->learned.n && table->learned.items[k].learned == learned[i];
                     k++) {
                        if (!hit(cursor, table->learned.items[k].row))
                                return false;
                }
        }
        return true;
}

/* False where there are too many rules that speak of the destination. */
static bool begin_cursors(struct search *search, enum denier_family family) {
        const struct denier_table *table = search->table;
        struct cursor *cursors = search->cursors;

        cursors[BY_ADDRESS].rows = table->rows_by_address.items;
        cursors[BY_LEARNED].rows = table->rows_by_learned.items;
        cursors[OTHERS].rows = table->rows.items;
        for (size_t i = 0; i < N_CURSORS; i++) {
                cursors[i].is_all = false;
                cursors[i].n = cursors[i].next = 0;
        }
        cursors[OTHERS].is_all = true;
        cursors[OTHERS].n = table->rows.n;
        if ((table->rows_of_spans.n > 0 &&
             !hit_by_address(search, denier_addr_size(family), &cursors[BY_ADDRESS])) ||
            (table->learned.n > 0 && !hit_by_learned(search, &cursors[BY_LEARNED])))
                return false;
        for (size_t i = 0; i < N_CURSORS; i++) {
                if (!cursors[i].is_all)
                        qsort(cursors[i].hits, cursors[i].n, sizeof(cursors[i].hits[0]), compare_hits);
        }
        return true;
}

static bool contains(const struct denier_chain *chain, const struct denier_test *test, const uint8_t *value) {
        size_t size = nfw_field_info((enum nfw_field)test->field)->size;
        const uint8_t *ranges = chain->values.items + test->first;
        size_t low = 0, high = test->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (memcmp(ranges + 2 * size * middle + size, value, size) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < test->n && memcmp(ranges + 2 * size * low, value, size) <= 0;
}

static enum nfw_truth ask(const struct search *search, const struct denier_test *test) {
        uint8_t value[NFW_VALUE_MAX] = { 0 };
        enum nfw_truth truth = NFW_UNKNOWN;
        struct nfw_addr addr;

        /* As in the kernel: a match on what is not there never holds, negated or not. */
        if (!nfw_evaluate_field(search->packet, (enum nfw_field)test->field, value))
                return NFW_FALSE;

        addr = (struct nfw_addr){ .family = nfw_field_info((enum nfw_field)test->field)->family };
        memcpy(addr.bytes, value, sizeof(addr.bytes));
        if (test->kind == NFW_OPERAND_RANGES)
                truth = contains(search->chain, test, value) ? NFW_TRUE : NFW_FALSE;
        else if (test->kind == NFW_OPERAND_PARAMETER)
                truth = search->port->is_parameter(search->port->userdata, (enum nfw_parameter)test->first,
                                                   &addr);
        else if (test->kind == NFW_OPERAND_LEARNED)
                truth = search->port->is_learned(search->port->userdata, test->first, &addr);
        if (truth == NFW_UNKNOWN || !test->negate)
                return truth;
        return truth == NFW_TRUE ? NFW_FALSE : NFW_TRUE;
}

static bool is_in_bounds(const struct search *search, const struct denier_row *row) {
        /* Which of them it is cannot be predicted, so all are asked. */
        return (row->first_port <= search->destination_port) & (search->destination_port <= row->last_port) &
               (row->first_protocol <= search->protocol) & (search->protocol <= row->last_protocol);
}

static enum nfw_truth matches(struct search *search, const struct denier_row *row) {
        enum nfw_truth result = NFW_TRUE;

        search->n_tried++;
        for (size_t i = 0; i < row->n_tests; i++) {
                enum nfw_truth truth = ask(search, &search->chain->tests.items[row->first_test + i]);

                if (truth == NFW_FALSE)
                        return NFW_FALSE;
                if (truth == NFW_UNKNOWN)
                        result = NFW_UNKNOWN;
        }
        return result;
}

/* Where the cursor stands, beyond what protocols and ports rule out; NULL at its end. */
static const struct denier_row *current_row(const struct search *search, struct cursor *cursor) {
        for (; cursor->next < cursor->n; cursor->next++) {
                size_t i = cursor->is_all ? cursor->next : cursor->hits[cursor->next];

                if (is_in_bounds(search, &cursor->rows[i]))
                        return &cursor->rows[i];
        }
        return NULL;
}

/* The next row in the order of evaluation, or NULL. */
static const struct denier_row *next_row(struct search *search) {
        const struct denier_row *first = NULL;
        struct cursor *of_first = NULL;

        for (size_t i = 0; i < N_CURSORS; i++) {
                const struct denier_row *row = current_row(search, &search->cursors[i]);

                if (row && (!first || row->order < first->order)) {
                        first = row;
                        of_first = &search->cursors[i];
                }
        }
        if (of_first)
                of_first->next++;
        return first;
}

/* Services that a policy denies by name have a part of its rules before their own. */
static bool is_same(const struct nfw_denier *denier, uint32_t a, uint32_t b) {
        const struct nfw_denier_rule *x = &denier->rules.items[a], *y = &denier->rules.items[b];

        return x->line == y->line && strcmp(x->name, y->name) == 0;
}

/*
 * The rule that dropped the packet is the first one that matched: the first that is sure to have matched, or one before
 * it of which that is not known. None that accepts: then it would have passed.
 */
static int find(const struct nfw_denier *denier, struct search *search, uint32_t *ret_rule) {
        const struct denier_row *row;
        bool found = false;
        uint32_t rule = 0;

        while ((row = next_row(search))) {
                enum nfw_truth truth;

                if (search->n_tried >= MAX_TRIED)
                        return NFW_E_NOT_FOUND;
                truth = matches(search, row);
                if (truth == NFW_FALSE || (truth == NFW_UNKNOWN && !row->drops))
                        continue;
                if (!row->drops)
                        break;
                if (found && !is_same(denier, row->rule, rule))
                        return NFW_E_NOT_FOUND;
                found = true;
                rule = row->rule;
                if (truth == NFW_TRUE)
                        break;
        }
        if (!found)
                return NFW_E_NOT_FOUND;

        *ret_rule = rule;
        return 0;
}

int nfw_denier_find(const struct nfw_denier *denier,
                    enum nfw_direction direction,
                    const struct nfw_evaluate_packet *packet,
                    const struct nfw_denier_port *port,
                    const struct nfw_denier_rule **ret_rule) {
        enum denier_family family = family_of(packet);
        struct search search;
        uint32_t rule;
        int r;

        search.chain = &denier->chains[direction];
        search.table = &search.chain->tables[family];
        search.packet = packet;
        search.port = port;
        search.protocol = packet->l4proto;
        search.destination_port = packet->has_ports ? packet->destination_port : 0;
        search.n_tried = 0;
        if (!begin_cursors(&search, family))
                return NFW_E_NOT_FOUND;

        r = find(denier, &search, &rule);
        if (r != 0)
                return r;
        *ret_rule = &denier->rules.items[rule];
        return 0;
}
