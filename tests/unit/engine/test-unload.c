/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel.h"

#define ALLOW "{name: a, action: allow, priority: 1}"

/* Another process, which has loaded something of its own and has seen what the kernel held then. */
static struct kernel *another(const struct kernel *first) {
        struct kernel *kernel = calloc(1, sizeof(*kernel));

        assert_non_null(kernel);
        assert_int_equal(nfw_context_new(&kernel->context), 0);
        assert_int_equal(nfw_context_set_state_directory(kernel->context, first->place->directory), 0);
        assert_int_equal(nfw_report_new(&kernel->report), 0);
        assert_int_equal(load(kernel, "other", ALLOW, NULL), 0);
        nfw_status_free(look(kernel));
        return kernel;
}

static void forget(struct kernel *kernel) {
        nfw_context_free(kernel->context);
        nfw_report_free(kernel->report);
        free(kernel);
}

static void assert_has_record(struct kernel *kernel, const char *name) {
        char *text = NULL;

        assert_int_equal(nfw_show(kernel->context, name, NFW_FORMAT_IR, kernel->report, &text), 0);
        free(text);
}

static void test_a_refusal_keeps_what_another_has_loaded(void **state) {
        struct kernel *kernel = *state, *old = another(kernel);

        assert_int_equal(load(kernel, "web", ALLOW, "veth0"), 0);
        assert_int_equal(nfw_unload(old->context, "web", false, old->report), NFW_E_IN_USE);
        assert_has_record(kernel, "web");
        forget(old);
}

static void test_what_another_has_loaded_is_unloaded(void **state) {
        struct kernel *kernel = *state, *old = another(kernel);

        assert_int_equal(load(kernel, "web", ALLOW, "veth0"), 0);
        assert_int_equal(nfw_unload(old->context, "web", true, old->report), 0);
        assert_int_equal(nfw_report_n_diagnostics(old->report), 0);
        assert_int_equal(nfw_unload(old->context, "web", true, old->report), NFW_E_NOT_FOUND);
        assert_has_record(kernel, "other");
        forget(old);
}

static void test_what_is_gone_is_forgotten(void **state) {
        struct kernel *kernel = *state, *old = another(kernel);

        assert_int_equal(load(kernel, "web", ALLOW, "veth0"), 0);
        assert_int_equal(system("nft flush ruleset"), 0);
        assert_int_equal(nfw_unload(old->context, "web", false, old->report), 0);
        assert_int_equal(nfw_report_n_diagnostics(old->report), 1);
        assert_int_equal(nfw_unload(old->context, "web", false, old->report), NFW_E_NOT_FOUND);
        forget(old);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                kernel_test(test_a_refusal_keeps_what_another_has_loaded),
                kernel_test(test_what_another_has_loaded_is_unloaded),
                kernel_test(test_what_is_gone_is_forgotten),
        };

        enter_namespace();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
