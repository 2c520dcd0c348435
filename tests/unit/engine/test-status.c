/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "engine/status.h"
#include "kernel.h"

static void test_no_tables(void **state) {
        struct nfw_status *status = look(*state);

        assert_false(nfw_status_has_table(status, "inet"));
        assert_false(nfw_status_has_table(status, "bridge"));
        assert_false(nfw_status_has_foreign_table(status, "inet"));
        assert_null(nfw_status_free(status));
}

static void test_our_table(void **state) {
        struct kernel *kernel = *state;
        struct nfw_status *status;

        assert_int_equal(load(kernel, "web", "{name: a, action: allow, priority: 1}", "veth0"), 0);
        status = look(kernel);
        assert_true(nfw_status_has_table(status, "inet"));
        assert_false(nfw_status_has_table(status, "bridge"));
        assert_false(nfw_status_has_foreign_table(status, "inet"));
        assert_false(nfw_status_has_table(status, "ip"));
        nfw_status_free(status);
}

static void test_foreign_table(void **state) {
        struct nfw_status *status;

        assert_int_equal(system("nft add table inet nfwpolicy"), 0);
        status = look(*state);
        assert_false(nfw_status_has_table(status, "inet"));
        assert_true(nfw_status_has_foreign_table(status, "inet"));
        assert_false(nfw_status_has_foreign_table(status, "bridge"));
        nfw_status_free(status);
}

static void test_features(void **state) {
        struct kernel *kernel = *state;
        bool has = false;

        assert_int_equal(nfw_context_has_feature(kernel->context, NFW_FEATURE_NF_TABLES, &has), 0);
        assert_true(has);
        /* What it is depends on the kernel; nothing of the question stays behind. */
        assert_int_equal(nfw_context_has_feature(kernel->context, NFW_FEATURE_BRIDGE_CONNTRACK, &has), 0);
        assert_int_equal(nfw_context_has_feature(kernel->context, NFW_FEATURE_TIMEOUT_UPDATE, &has), 0);
        assert_int_equal(system("test -z \"$(nft list ruleset)\""), 0);
        assert_int_equal(nfw_context_has_feature(kernel->context, NFW_N_FEATURES, &has), -EINVAL);
}

static void test_feature_names(void **state) {
        (void)state;
        assert_string_equal(nfw_feature_name(NFW_FEATURE_NF_TABLES), "nf_tables");
        assert_string_equal(nfw_feature_name(NFW_FEATURE_BRIDGE_CONNTRACK), "bridge_conntrack");
        assert_string_equal(nfw_feature_name(NFW_FEATURE_TIMEOUT_UPDATE), "timeout_update");
        assert_string_equal(nfw_feature_name(NFW_N_FEATURES), "unknown");
}

static void test_releases(void **state) {
        static const struct {
                const char *release;
                bool is_since;
        } cases[] = {
                { "6.12.0", true },  { "6.12", true },   { "6.12-rc1", true }, { "6.18.44-fc", true },
                { "7.0", true },     { "10.1.2", true }, { "6.11.9", false },  { "6.1.0-18-amd64", false },
                { "5.14.0", false }, { "6", false },     { "", false },        { "linux", false },
                { "6.", false },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                if (nfw_kernel_is_since(cases[i].release, 6, 12) != cases[i].is_since)
                        fail_msg("%s", cases[i].release);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_feature_names), cmocka_unit_test(test_releases),
                kernel_test(test_no_tables),          kernel_test(test_our_table),
                kernel_test(test_foreign_table),      kernel_test(test_features),
        };

        enter_namespace();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
