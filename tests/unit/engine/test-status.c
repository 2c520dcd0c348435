/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "engine/status/status.h"
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

#define NAMES "{name: a, action: allow, priority: 1, egress: {domains: [a.example]}}"

static struct nfw_status *look_without_grants(struct kernel *kernel) {
        struct nfw_status *status;

        assert_int_equal(nfw_status_new_without_grants(kernel->context, kernel->report, &status), 0);
        return status;
}

/* Puts 192.0.2.1 into every learned set for IPv4, as a learner does. */
static void grant(struct kernel *kernel, const char *port) {
        struct nfw_context *context = kernel->context;
        struct nfw_nft_grant_note note = { .name = "a.example", .resolver = address("192.0.2.53") };
        const struct nfw_addr addr = address("192.0.2.1");

        assert_int_equal(nfw_shadow_update(&context->shadow, context->nft), 0);
        nfw_nft_batch_reset(context->batch);
        nfw_vec_foreach (policy, &context->shadow.policies)
                nfw_vec_foreach (set, &policy->sets)
                        if (strstr(*set, "-learned4"))
                                assert_int_equal(nfw_nft_put_grant(context->batch, NFW_NFT_ADD, policy->table,
                                                                   *set, port, &addr, 60000, &note),
                                                 0);
        assert_int_equal(nfw_nft_commit(context->nft, context->batch, 0, false, NULL), 0);
}

static void test_without_grants(void **state) {
        struct kernel *kernel = *state;
        struct nfw_status *status;

        assert_int_equal(load(kernel, "web", NAMES, "veth0"), 0);
        grant(kernel, "veth0");
        status = look_without_grants(kernel);
        assert_int_equal(nfw_status_n_grants(status), 0);
        assert_int_equal(nfw_status_n_loaded(status), 1);
        assert_int_equal(nfw_status_n_bindings(status), 1);
        assert_string_equal(nfw_binding_port(nfw_status_binding(status, 0)), "veth0");
        nfw_status_free(status);

        status = look(kernel);
        assert_int_equal(nfw_status_n_grants(status), 1);
        assert_string_equal(nfw_grant_name(nfw_status_grant(status, 0)), "a.example");
        nfw_status_free(status);
}

/* What a context has read earlier is not what it tells later. */
static void test_changes_of_others(void **state) {
        struct kernel *kernel = *state, other = *kernel;
        const char *port = "veth0";
        struct nfw_status *status;

        assert_int_equal(nfw_context_new(&other.context), 0);
        assert_int_equal(nfw_context_set_state_directory(other.context, kernel->place->directory), 0);
        assert_int_equal(load(kernel, "web", NAMES, port), 0);
        nfw_status_free(look_without_grants(kernel));

        assert_int_equal(load(&other, "web",
                              "{name: a, action: allow, priority: 1}, {name: b, action: deny, "
                              "priority: 2}",
                              "veth1"),
                         0);
        status = look_without_grants(kernel);
        assert_int_equal(nfw_status_n_loaded(status), 1);
        assert_int_equal(nfw_loaded_n_rules(nfw_status_loaded(status, 0)), 2);
        assert_false(nfw_loaded_has_domains(nfw_status_loaded(status, 0)));
        assert_int_equal(nfw_status_n_bindings(status), 2);
        nfw_status_free(status);

        assert_int_equal(nfw_detach(other.context, &port, 1, NULL), 0);
        status = look_without_grants(kernel);
        assert_int_equal(nfw_status_n_bindings(status), 1);
        assert_string_equal(nfw_binding_port(nfw_status_binding(status, 0)), "veth1");
        nfw_status_free(status);

        assert_int_equal(nfw_unload(other.context, "web", true, NULL), 0);
        status = look_without_grants(kernel);
        assert_int_equal(nfw_status_n_loaded(status), 0);
        assert_null(kernel->context->summaries);
        nfw_status_free(status);
        nfw_context_free(other.context);
}

static void test_record_is_gone(void **state) {
        struct kernel *kernel = *state;
        struct nfw_status *status;

        assert_int_equal(load(kernel, "web", NAMES, NULL), 0);
        for (int i = 0; i < 2; i++) {
                status = look_without_grants(kernel);
                assert_string_equal(nfw_loaded_file(nfw_status_loaded(status, 0)), "test.yaml");
                assert_true(nfw_loaded_has_domains(nfw_status_loaded(status, 0)));
                nfw_status_free(status);
        }

        status = look(kernel);
        nfw_record_remove(kernel->context, "web", nfw_loaded_id(nfw_status_loaded(status, 0)));
        nfw_status_free(status);
        status = look_without_grants(kernel);
        assert_string_equal(nfw_loaded_file(nfw_status_loaded(status, 0)), "");
        assert_false(nfw_loaded_has_domains(nfw_status_loaded(status, 0)));
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
                kernel_test(test_foreign_table),      kernel_test(test_without_grants),
                kernel_test(test_changes_of_others),  kernel_test(test_record_is_gone),
                kernel_test(test_features),
        };

        enter_namespace();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
