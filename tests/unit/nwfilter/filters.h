/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nwfilter/filter.h"

static inline void print_report(const struct nfw_report *report) {
        for (size_t i = 0; i < nfw_report_n_diagnostics(report); i++) {
                const struct nfw_diagnostic *diagnostic = nfw_report_diagnostic(report, i);

                print_message("# %s:%u:%u: %s: %s\n", nfw_diagnostic_file(diagnostic),
                              nfw_diagnostic_line(diagnostic), nfw_diagnostic_column(diagnostic),
                              nfw_diagnostic_code(diagnostic), nfw_diagnostic_text(diagnostic));
        }
}

/* Reads what must be valid, without a warning. The caller frees the filter. */
static inline struct nfw_nwfilter *read_valid(const char *text) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        struct nfw_nwfilter *filter = NULL;

        assert_int_equal(nfw_report_new(&report), 0);
        if (nfw_nwfilter_read("test.xml", text, strlen(text), report, &filter) != 0 ||
            nfw_report_n_diagnostics(report) > 0) {
                print_report(report);
                fail_msg("not read: %s", text);
        }
        return filter;
}

/* A filter with one rule and this in it. */
static inline char *with_rule(const char *elements) {
        char *text = NULL;

        assert_int_not_equal(
                asprintf(&text, "<filter name='t'><rule action='drop' direction='out'>%s</rule></filter>",
                         elements),
                -1);
        return text;
}

static inline void assert_same_access(const struct nfw_nwfilter_access *a,
                                      const struct nfw_nwfilter_access *b) {
        assert_int_equal(!a->name, !b->name);
        if (!a->name)
                return;
        assert_string_equal(a->name, b->name);
        assert_int_equal(a->is_index, b->is_index);
        assert_int_equal(a->number, b->number);
}

static inline void assert_same_constant(const struct nfw_nwfilter_value *a,
                                        const struct nfw_nwfilter_value *b) {
        assert_int_equal(a->constant.number, b->constant.number);
        assert_int_equal(a->constant.mask, b->constant.mask);
        assert_memory_equal(a->constant.mac, b->constant.mac, sizeof(a->constant.mac));
        assert_true(nfw_addr_equal(&a->constant.addr, &b->constant.addr));
        assert_int_equal(!a->constant.text, !b->constant.text);
        if (a->constant.text && a->attribute != NFW_NWFILTER_STATE)
                assert_string_equal(a->constant.text, b->constant.text);
}

static inline const struct nfw_nwfilter_value *value_of(const struct nfw_nwfilter_rule *rule,
                                                        size_t element,
                                                        enum nfw_nwfilter_attribute attribute) {
        nfw_vec_foreach (value, &rule->values)
                if (value->element == element && value->attribute == attribute)
                        return value;
        return NULL;
}

static inline void assert_same_rule(const struct nfw_nwfilter_rule *a, const struct nfw_nwfilter_rule *b) {
        assert_int_equal(a->action, b->action);
        assert_int_equal(a->direction, b->direction);
        assert_int_equal(a->priority, b->priority);
        assert_int_equal(a->statematch, b->statematch);
        assert_int_equal(a->protocol, b->protocol);
        assert_int_equal(a->n_elements, b->n_elements);
        assert_int_equal(a->values.n, b->values.n);
        for (size_t i = 0; i < a->n_elements; i++)
                assert_int_equal(a->element_negate.items[i], b->element_negate.items[i]);
        nfw_vec_foreach (value, &a->values) {
                const struct nfw_nwfilter_value *other = value_of(b, value->element, value->attribute);

                assert_non_null(other);
                assert_int_equal(value->negate, other->negate);
                assert_same_access(&value->access, &other->access);
                if (!value->access.name)
                        assert_same_constant(value, other);
        }
}

static inline void assert_same_parameters(const struct nfw_nwfilter_parameters *a,
                                          const struct nfw_nwfilter_parameters *b) {
        assert_int_equal(a->vec.n, b->vec.n);
        for (size_t i = 0; i < a->vec.n; i++) {
                const struct nfw_nwfilter_parameter *one = &a->vec.items[i], *other = &b->vec.items[i];

                assert_string_equal(one->name, other->name);
                assert_int_equal(one->values.n, other->values.n);
                for (size_t k = 0; k < one->values.n; k++)
                        assert_string_equal(one->values.items[k], other->values.items[k]);
        }
}

/* Everything but positions and the texts as they were written. */
static inline void assert_same_filter(const struct nfw_nwfilter *a, const struct nfw_nwfilter *b) {
        assert_string_equal(a->name, b->name);
        assert_string_equal(a->uuid, b->uuid);
        assert_string_equal(a->chain_name, b->chain_name);
        assert_int_equal(a->chain, b->chain);
        assert_int_equal(a->chain_priority, b->chain_priority);
        assert_int_equal(a->has_chain_priority, b->has_chain_priority);
        assert_int_equal(a->entries.n, b->entries.n);
        for (size_t i = 0; i < a->entries.n; i++) {
                const struct nfw_nwfilter_entry *one = &a->entries.items[i], *other = &b->entries.items[i];

                assert_int_equal(!one->rule, !other->rule);
                assert_int_equal(!one->reference, !one->rule ? 0 : 1);
                if (one->rule) {
                        assert_same_rule(one->rule, other->rule);
                        continue;
                }
                assert_string_equal(one->reference->filter, other->reference->filter);
                assert_same_parameters(&one->reference->parameters, &other->reference->parameters);
        }
}

/* What it becomes when it is written is the same filter, and is written the same again. */
static inline void assert_round_trip(const struct nfw_nwfilter *filter) {
        nfw_cleanup(nfw_nwfilter_freep) struct nfw_nwfilter *again = NULL;
        nfw_cleanup(nfw_freep) char *text = NULL, *second = NULL;

        assert_int_equal(nfw_nwfilter_write(filter, &text), 0);
        assert_int_equal(nfw_nwfilter_read("again.xml", text, strlen(text), NULL, &again), 0);
        assert_same_filter(filter, again);
        assert_int_equal(nfw_nwfilter_write(again, &second), 0);
        assert_string_equal(text, second);
}
