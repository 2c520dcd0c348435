/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "nwfilter/tree.h"

struct store {
        struct nfw_report *report;
        NFW_VEC(struct nfw_nwfilter *) filters;
        struct nfw_nwfilter_tree *tree;
};

static const struct nfw_nwfilter *find(void *userdata, const char *name) {
        struct store *store = userdata;

        nfw_vec_foreach (filter, &store->filters) {
                if (strcmp((*filter)->name, name) == 0)
                        return *filter;
        }
        return NULL;
}

static int setup(void **state) {
        struct store *store = calloc(1, sizeof(*store));

        assert_non_null(store);
        assert_int_equal(nfw_report_new(&store->report), 0);
        *state = store;
        return 0;
}

static int teardown(void **state) {
        struct store *store = *state;

        nfw_nwfilter_tree_free(store->tree);
        nfw_vec_foreach (filter, &store->filters)
                nfw_nwfilter_free(*filter);
        nfw_vec_deinit(&store->filters);
        nfw_report_free(store->report);
        free(store);
        return 0;
}

static void define(struct store *store, const char *xml) {
        struct nfw_nwfilter *filter;

        assert_int_equal(nfw_nwfilter_read("test.xml", xml, strlen(xml), store->report, &filter), 0);
        assert_int_equal(nfw_vec_push(&store->filters, filter), 0);
}

static int resolve(struct store *store, const char *top) {
        const struct nfw_nwfilter_source source = { .find = find, .userdata = store };

        return nfw_nwfilter_tree_new(&source, find(store, top), store->report, &store->tree);
}

static void expect_problem(struct store *store, size_t index, const char *code, const char *text) {
        const struct nfw_diagnostic *diagnostic;

        assert_true(index < nfw_report_n_diagnostics(store->report));
        diagnostic = nfw_report_diagnostic(store->report, index);
        assert_string_equal(nfw_diagnostic_code(diagnostic), code);
        if (!strstr(nfw_diagnostic_text(diagnostic), text))
                fail_msg("'%s' is not in '%s'", text, nfw_diagnostic_text(diagnostic));
}

#define RULE(priority) "<rule action='drop' direction='out' priority='" priority "'/>"
#define REFER(name)    "<filterref filter='" name "'/>"

static void test_order(void **state) {
        static const int priorities[] = { 1, 2, 3, 4, 2, 3, 5 };
        struct store *store = *state;

        define(store, "<filter name='c'>" RULE("3") "</filter>");
        define(store, "<filter name='b' chain='arp'>" RULE("2") REFER("c") "</filter>");
        define(store, "<filter name='a'>" RULE("1") REFER("b") RULE("4") REFER("b") RULE("5") "</filter>");
        assert_int_equal(resolve(store, "a"), 0);
        assert_int_equal(store->tree->instances.n, NFW_ARRAY_SIZE(priorities));
        for (size_t i = 0; i < NFW_ARRAY_SIZE(priorities); i++)
                assert_int_equal(store->tree->instances.items[i].rule->priority, priorities[i]);
        assert_int_equal(store->tree->filters.n, 3);
        assert_ptr_equal(store->tree->filters.items[0], store->tree->top);
        assert_string_equal(store->tree->instances.items[1].filter->name, "b");
        /* Nobody gives parameters, so there is one scope. */
        assert_int_equal(store->tree->scopes.n, 1);
}

static const char *value(struct store *store,
                         size_t instance,
                         const struct nfw_nwfilter_parameters *port,
                         const char *name) {
        const struct nfw_nwfilter_parameter *parameter = nfw_nwfilter_tree_lookup(
                store->tree, store->tree->instances.items[instance].scope, port, name);

        return parameter ? parameter->values.items[0] : NULL;
}

static void test_scopes(void **state) {
        struct store *store = *state;
        struct nfw_nwfilter_parameters port = { 0 };

        define(store, "<filter name='c'>" RULE("3") "</filter>");
        define(store,
               "<filter name='b'>" RULE(
                       "2") "<filterref filter='c'><parameter name='X' value='inner'/><parameter name='Y' value='inner'/>"
                            "</filterref></filter>");
        define(store,
               "<filter name='a'>" RULE("1") "<filterref filter='b'><parameter name='X' value='outer'/></filterref>" REFER(
                       "b") "</filter>");
        assert_int_equal(resolve(store, "a"), 0);
        assert_int_equal(store->tree->instances.n, 5);
        assert_null(value(store, 0, &port, "X"));
        assert_string_equal(value(store, 1, &port, "X"), "outer");
        assert_null(value(store, 1, &port, "Y"));
        assert_string_equal(value(store, 2, &port, "X"), "outer");
        assert_string_equal(value(store, 2, NULL, "Y"), "inner");
        assert_null(value(store, 3, &port, "X"));
        assert_string_equal(value(store, 4, &port, "X"), "inner");

        assert_int_equal(nfw_nwfilter_parameters_add(&port, "X", "port", &NFW_POS_NONE), 0);
        for (size_t i = 0; i < 5; i++)
                assert_string_equal(value(store, i, &port, "X"), "port");
        nfw_nwfilter_parameters_deinit(&port);
}

static void test_missing(void **state) {
        struct store *store = *state;

        define(store, "<filter name='b'>" REFER("nobody") REFER("nothing") "</filter>");
        define(store, "<filter name='a'>" REFER("b") REFER("b") "</filter>");
        assert_int_equal(resolve(store, "a"), NFW_E_INVALID);
        /* Once each, though the filter is met twice. */
        assert_int_equal(nfw_report_n_diagnostics(store->report), 2);
        expect_problem(store, 0, "nwfilter/missing-filter", "'nobody'");
        expect_problem(store, 1, "nwfilter/missing-filter", "'nothing'");
        assert_int_equal(nfw_diagnostic_line(nfw_report_diagnostic(store->report, 0)), 1);
}

static void test_loop(void **state) {
        struct store *store = *state;

        define(store, "<filter name='a'>" REFER("b") "</filter>");
        define(store, "<filter name='b'>" REFER("c") "</filter>");
        define(store, "<filter name='c'>" REFER("d") REFER("b") "</filter>");
        define(store, "<filter name='d'>" RULE("1") "</filter>");
        assert_int_equal(resolve(store, "a"), NFW_E_INVALID);
        assert_int_equal(nfw_report_n_diagnostics(store->report), 1);
        expect_problem(store, 0, "nwfilter/loop", "b → c → b");
}

static void test_itself(void **state) {
        struct store *store = *state;

        define(store, "<filter name='a'>" REFER("a") "</filter>");
        assert_int_equal(resolve(store, "a"), NFW_E_INVALID);
        expect_problem(store, 0, "nwfilter/loop", "a → a");
}

/* Twice the one before, forty times over: with rules, and with nothing but references. */
static void define_powers(struct store *store, const char *last) {
        char xml[256];

        for (size_t i = 0; i < 40; i++) {
                snprintf(xml, sizeof(xml),
                         "<filter name='f%zu'><filterref filter='f%zu'/><filterref filter='f%zu'/></filter>",
                         i, i + 1, i + 1);
                define(store, xml);
        }
        define(store, last);
}

static void test_exponential_rules(void **state) {
        struct store *store = *state;

        define_powers(store, "<filter name='f40'>" RULE("1") "</filter>");
        assert_int_equal(resolve(store, "f0"), NFW_E_INVALID);
        expect_problem(store, 0, "nwfilter/too-large", "65536");
        assert_int_equal(nfw_report_n_diagnostics(store->report), 1);
}

static void test_exponential_references(void **state) {
        struct store *store = *state;

        define_powers(store, "<filter name='f40'/>");
        assert_int_equal(resolve(store, "f0"), NFW_E_INVALID);
        expect_problem(store, 0, "nwfilter/too-large", "references");
}

static void test_depth(void **state) {
        struct store *store = *state;
        char xml[128];

        for (size_t i = 0; i < 300; i++) {
                snprintf(xml, sizeof(xml), "<filter name='f%zu'>%s<filterref filter='f%zu'/></filter>", i,
                         RULE("1"), i + 1);
                define(store, xml);
        }
        define(store, "<filter name='f300'/>");
        assert_int_equal(resolve(store, "f0"), NFW_E_INVALID);
        expect_problem(store, 0, "nwfilter/too-large", "levels");
        assert_int_equal(resolve(store, "f100"), 0);
        assert_int_equal(store->tree->instances.n, 200);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_order, setup, teardown),
                cmocka_unit_test_setup_teardown(test_scopes, setup, teardown),
                cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
                cmocka_unit_test_setup_teardown(test_loop, setup, teardown),
                cmocka_unit_test_setup_teardown(test_itself, setup, teardown),
                cmocka_unit_test_setup_teardown(test_exponential_rules, setup, teardown),
                cmocka_unit_test_setup_teardown(test_exponential_references, setup, teardown),
                cmocka_unit_test_setup_teardown(test_depth, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
