/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/bindings.h"
#include "kernel.h"

#define ANY "{name: any, action: allow, priority: 1}"

static const struct nfw_record no_settings;

static void test_each_port_once(void **state) {
        struct kernel *kernel = *state;
        struct nfw_bindings bindings = { 0 };

        for (int i = 0; i < 3; i++) {
                assert_int_equal(nfw_bindings_add(&bindings, kernel->context, "lo", &no_settings, NULL), 0);
                assert_int_equal(nfw_bindings_add(&bindings, kernel->context, "veth0", &no_settings, NULL),
                                 0);
        }
        assert_int_equal(bindings.vec.n, 2);
        assert_string_equal(bindings.vec.items[0].port.interface, "lo");
        assert_string_equal(bindings.vec.items[1].port.interface, "veth0");
        assert_string_not_equal(bindings.vec.items[0].binding, bindings.vec.items[1].binding);
        assert_true(nfw_record_id_is_valid(bindings.vec.items[0].binding));
        nfw_bindings_deinit(&bindings);
        assert_int_equal(bindings.vec.n, 0);
}

static void test_unknown_interfaces(void **state) {
        static const char *const names[][2] = {
                { "veht0", "did you mean `veth0`?" },
                { "", "ip link" },
                { "a-name-that-is-longer-than-any", "ip link" },
                { "lo/", "did you mean `lo`?" },
        };
        struct kernel *kernel = *state;
        struct nfw_bindings bindings = { 0 };

        assert_int_equal(nfw_bindings_add(&bindings, kernel->context, "lo", &no_settings, NULL), 0);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(names); i++) {
                nfw_report_clear(kernel->report);
                assert_int_equal(nfw_bindings_add(&bindings, kernel->context, names[i][0], &no_settings,
                                                  kernel->report),
                                 NFW_E_NOT_FOUND);
                assert_string_equal(nfw_diagnostic_code(only_diagnostic(kernel->report)),
                                    "port/no-interface");
                assert_contains(nfw_diagnostic_text(only_diagnostic(kernel->report)), names[i][0]);
                assert_contains(nfw_diagnostic_hint(only_diagnostic(kernel->report)), names[i][1]);
        }
        /* what was there is as it was */
        assert_int_equal(bindings.vec.n, 1);
        nfw_bindings_deinit(&bindings);
}

static void test_tables(void **state) {
        struct kernel *kernel = *state;
        struct nfw_bindings bindings = { 0 };

        assert_false(nfw_bindings_use_table(&bindings, NFW_TABLE_INET));
        assert_int_equal(system("ip link add br0 type bridge && ip link set veth0 master br0"), 0);
        assert_int_equal(nfw_bindings_add(&bindings, kernel->context, "veth0", &no_settings, NULL), 0);
        assert_true(nfw_bindings_use_table(&bindings, NFW_TABLE_BRIDGE));
        assert_false(nfw_bindings_use_table(&bindings, NFW_TABLE_INET));
        assert_int_equal(nfw_bindings_add(&bindings, kernel->context, "br0", &no_settings, NULL), 0);
        assert_true(nfw_bindings_use_table(&bindings, NFW_TABLE_INET));
        nfw_bindings_deinit(&bindings);
        assert_int_equal(system("ip link del br0"), 0);
}

static const char *policy_of(struct kernel *kernel, const char *port) {
        const struct nfw_shadow_port *held;

        assert_int_equal(nfw_shadow_refresh(&kernel->context->shadow, kernel->context->nft), 0);
        held = nfw_shadow_port(&kernel->context->shadow, port);
        return held ? held->policy : "none";
}

/* The shadow that our own commits keep up to date must be what a fresh look at the kernel finds. */
static void test_the_shadow_follows_our_own_changes(void **state) {
        static const char *const both[] = { "lo", "veth0" }, *const other[] = { "veth1" };
        struct kernel *kernel = *state;

        assert_int_equal(load(kernel, "one", ANY, "lo"), 0);
        assert_int_equal(load(kernel, "two", ANY, "veth1"), 0);
        for (int turn = 0; turn < 2; turn++) {
                assert_int_equal(nfw_attach(kernel->context, "one", both, 2, NULL), 0);
                assert_int_equal(nfw_attach(kernel->context, "one", other, 1, NULL), 0);
                if (turn == 1)
                        nfw_shadow_invalidate(&kernel->context->shadow);
                assert_string_equal(policy_of(kernel, "lo"), "one");
                assert_string_equal(policy_of(kernel, "veth0"), "one");
                assert_string_equal(policy_of(kernel, "veth1"), "one");

                assert_int_equal(nfw_attach(kernel->context, "two", other, 1, NULL), 0);
                assert_int_equal(nfw_detach(kernel->context, both + 1, 1, NULL), 0);
                if (turn == 1)
                        nfw_shadow_invalidate(&kernel->context->shadow);
                assert_string_equal(policy_of(kernel, "lo"), "one");
                assert_string_equal(policy_of(kernel, "veth0"), "none");
                assert_string_equal(policy_of(kernel, "veth1"), "two");
        }
}

static void test_all_ports_or_none(void **state) {
        static const char *const ports[] = { "veth0", "veth1", "missing0" };
        struct kernel *kernel = *state;

        assert_int_equal(load(kernel, "one", ANY, "lo"), 0);
        assert_int_equal(nfw_attach(kernel->context, "one", ports, 3, kernel->report), NFW_E_NOT_FOUND);
        assert_string_equal(policy_of(kernel, "veth0"), "none");
        assert_int_equal(nfw_attach(kernel->context, "one", ports, 1, kernel->report), 0);
        assert_int_equal(nfw_detach(kernel->context, ports, 2, kernel->report), NFW_E_NOT_FOUND);
        assert_string_equal(policy_of(kernel, "veth0"), "one");
}

static void test_a_port_named_twice(void **state) {
        static const char *const ports[] = { "veth0", "lo", "veth0", "lo", "veth0" };
        struct kernel *kernel = *state;

        assert_int_equal(load(kernel, "one", ANY, "veth1"), 0);
        assert_int_equal(nfw_attach(kernel->context, "one", ports, 5, kernel->report), 0);
        assert_string_equal(policy_of(kernel, "lo"), "one");
        assert_int_equal(nfw_detach(kernel->context, ports, 5, kernel->report), 0);
        assert_string_equal(policy_of(kernel, "lo"), "none");
        assert_string_equal(policy_of(kernel, "veth0"), "none");
        assert_string_equal(policy_of(kernel, "veth1"), "one");
        assert_int_equal(nfw_detach(kernel->context, NULL, 0, kernel->report), 0);
        assert_int_equal(nfw_report_n_diagnostics(kernel->report), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                kernel_test(test_each_port_once),
                kernel_test(test_unknown_interfaces),
                kernel_test(test_tables),
                kernel_test(test_the_shadow_follows_our_own_changes),
                kernel_test(test_all_ports_or_none),
                kernel_test(test_a_port_named_twice),
        };

        enter_namespace();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
