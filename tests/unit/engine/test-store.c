/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/probe.h"
#include "storing.h"

static void test_a_reboot(void **state) {
        struct kernel *kernel = *state;
        uint32_t before, after;
        struct stat st;

        load_two(kernel);
        assert_int_equal(load(kernel, "unused", ONE, NULL), 0);
        save(kernel);
        assert_int_equal(stat(store_path(kernel, "policies/one.policy"), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);

        reboot(kernel);
        assert_in_force(kernel, "", "none", "none");
        assert_int_equal(nfw_nft_generation(kernel->context->nft, &before), 0);
        assert_int_equal(restore(kernel), 0);
        assert_int_equal(nfw_report_n_diagnostics(kernel->report), 0);
        assert_int_equal(nfw_nft_generation(kernel->context->nft, &after), 0);
        assert_int_equal(after, before + 1); /* one transaction */
        assert_in_force(kernel, "any one unused", "any", "one");

        /* Nothing to do is no transaction. */
        assert_int_equal(restore(kernel), 0);
        assert_int_equal(nfw_nft_generation(kernel->context->nft, &after), 0);
        assert_int_equal(after, before + 1);
}

static void test_what_is_stored_follows_what_is_done(void **state) {
        static const char *const veth0[] = { "veth0" };
        struct kernel *kernel = *state;
        struct nfw_store *store = open_store(kernel);

        load_two(kernel);
        assert_int_equal(nfw_store_save(store, NULL), 0);
        assert_int_equal(nfw_detach(kernel->context, veth0, 1, NULL), 0);
        assert_int_equal(nfw_store_save(store, NULL), 0);
        assert_int_equal(nfw_unload(kernel->context, "any", true, NULL), 0);
        assert_int_equal(nfw_store_save(store, NULL), 0);
        assert_false(has_file(kernel, "policies/any.policy"));
        assert_int_equal(load(kernel, "one", ANY, NULL), 0);
        assert_int_equal(nfw_store_save(store, NULL), 0);
        nfw_store_free(store);

        reboot(kernel);
        assert_int_equal(restore(kernel), 0);
        assert_in_force(kernel, "one", "none", "none");
        assert_int_equal(system("nft list ruleset | grep -q 192.0.2.1") == 0, false);
}

/* What somebody else took out of the kernel was not unloaded. */
static void test_a_flush_is_put_right(void **state) {
        struct kernel *kernel = *state;
        struct nfw_store *store = open_store(kernel);

        load_two(kernel);
        assert_int_equal(nfw_store_save(store, NULL), 0);
        assert_int_equal(system("nft flush ruleset"), 0);
        assert_int_equal(nfw_store_save(store, NULL), 0);
        assert_int_equal(nfw_store_restore(store, kernel->report), 0);
        assert_in_force(kernel, "any one", "any", "one");

        /* A port alone, too. */
        assert_int_equal(system("nft 'delete element inet nfwpolicy egress { \"lo\" }; "
                                "delete element inet nfwpolicy ingress { \"lo\" }'"),
                         0);
        assert_int_equal(nfw_store_restore(store, kernel->report), 0);
        assert_in_force(kernel, "any one", "any", "one");
        nfw_store_free(store);
}

/* The kernel may have a newer version, of which the store was not told. */
static void test_what_is_in_force_stays(void **state) {
        struct kernel *kernel = *state;

        load_two(kernel);
        save(kernel);
        assert_int_equal(load(kernel, "one", ANY, "lo"), 0);
        start_again(kernel);
        assert_int_equal(restore(kernel), 0);
        assert_in_force(kernel, "any one", "one", "one");
        assert_int_equal(system("nft list ruleset | grep -q 192.0.2.1") == 0, false);
}

static void test_an_interface_that_is_not_there_yet(void **state) {
        struct kernel *kernel = *state;
        struct nfw_store *store;

        load_two(kernel);
        save(kernel);
        reboot(kernel);
        assert_int_equal(system("ip link set veth0 name late"), 0);
        store = open_store(kernel);
        assert_int_equal(nfw_store_restore(store, kernel->report), 0);
        assert_non_null(find_diagnostic(kernel, "state/no-interface"));
        /* in force for its first packet */
        assert_in_force(kernel, "any one", "any", "one");
        assert_int_equal(nfw_store_save(store, NULL), 0);
        nfw_store_free(store);

        assert_int_equal(system("ip link set late name veth0"), 0);
        start_again(kernel);
        assert_int_equal(restore(kernel), 0);
        assert_int_equal(nfw_report_n_diagnostics(kernel->report), 0);
        assert_in_force(kernel, "any one", "any", "one");
}

static void test_files_of_others(void **state) {
        struct kernel *kernel = *state;

        load_two(kernel);
        save(kernel);
        write_text(store_path(kernel, "policies/notes.txt"), "mine\n");
        write_text(store_path(kernel, "policies/half.policy.new"), "nfwpolicy-record 1\n");
        write_text(store_path(kernel, "bindings.new"), "nfwpolicy-bindings 1\n");
        assert_int_equal(symlink("/etc/passwd", store_path(kernel, "policies/link.policy")), 0);

        reboot(kernel);
        assert_int_equal(restore(kernel), 0);
        assert_in_force(kernel, "any one", "any", "one");
        assert_int_equal(nfw_report_n_diagnostics(kernel->report), 2);
        assert_true(has_file(kernel, "policies/notes.txt.damaged"));
        assert_true(has_file(kernel, "policies/link.policy.damaged"));
        assert_false(has_file(kernel, "policies/half.policy.new"));

        /* They are told once. */
        nfw_report_clear(kernel->report);
        assert_int_equal(restore(kernel), 0);
        assert_int_equal(nfw_report_n_diagnostics(kernel->report), 0);
}

/* It is not let through either, and neither is what else is under its policy. */
static void test_what_cannot_be_enforced_does_not_keep_others(void **state) {
        struct kernel *kernel = *state;
        bool has_conntrack;

        assert_int_equal(nfw_nft_probe_bridge_conntrack(kernel->context->nft, &has_conntrack), 0);
        if (has_conntrack)
                skip(); /* then there is nothing that this kernel would refuse */

        load_two(kernel);
        save(kernel);
        reboot(kernel);
        assert_int_equal(system("ip link add br0 type bridge && ip link set veth0 master br0"), 0);
        assert_int_equal(restore(kernel), 0);
        assert_non_null(find_diagnostic(kernel, "kernel/no-bridge-conntrack"));
        assert_in_force(kernel, "any one", "any", "one");
        assert_true(nfw_shadow_port(&kernel->context->shadow, "veth0")->standby);
        assert_null(nfw_shadow_port(&kernel->context->shadow, "veth0")->standby->policy);
        assert_int_equal(system("ip link del br0"), 0);

        /* It is still stored. */
        start_again(kernel);
        assert_int_equal(restore(kernel), 0);
        assert_in_force(kernel, "any one", "any", "one");
}

/* Our table with a set of the policy any's name, but not of its type: what is sent for that one is refused. */
static void make_in_the_way(struct kernel *kernel) {
        assert_int_equal(load(kernel, "here", ANY, NULL), 0);
        assert_int_equal(system("nft 'add set inet nfwpolicy any.id { type ipv4_addr; }'"), 0);
}

static void test_what_the_kernel_refuses_does_not_keep_others(void **state) {
        struct kernel *kernel = *state;
        struct nfw_store *store;

        load_two(kernel);
        save(kernel);
        reboot(kernel);
        make_in_the_way(kernel);
        store = open_store(kernel);
        assert_int_equal(nfw_store_restore(store, kernel->report), NFW_E_REFUSED);
        assert_non_null(find_diagnostic(kernel, "kernel/refused"));
        assert_string_equal(policy_of(kernel, "veth0"), "one");
        assert_string_equal(policy_of(kernel, "lo"), "none");
        /* As a keeper does, again and again, and the next one. */
        for (int i = 0; i < 3; i++) {
                assert_int_equal(nfw_store_save(store, kernel->report), 0);
                assert_int_equal(nfw_store_mark_copy(store), 0);
                if (i == 1) {
                        nfw_store_free(store);
                        start_again(kernel);
                        store = open_store(kernel);
                }
                assert_int_equal(nfw_store_restore(store, kernel->report), NFW_E_REFUSED);
        }
        assert_string_equal(policy_of(kernel, "lo"), "none");
        assert_int_equal(nfw_store_save(store, kernel->report), 0);
        nfw_store_free(store);

        /* It is still stored. */
        reboot(kernel);
        assert_int_equal(restore(kernel), 0);
        assert_in_force(kernel, "any here one", "any", "one");
}

#define NAMES "{name: n, action: allow, priority: 1, egress: {domains: [a.example]}}"

/* What the ports of such a policy may reach until then is nothing. */
static void test_what_the_kernel_refuses_lets_nothing_pass(void **state) {
        struct kernel *kernel = *state;
        struct nfw_store *store;

        load_two(kernel);
        assert_int_equal(load(kernel, "names", NAMES, "veth1"), 0);
        save(kernel);
        reboot(kernel);
        assert_int_equal(load(kernel, "here", ANY, NULL), 0);
        assert_int_equal(system("nft 'add set inet nfwpolicy names-allow1-learned4 { type ipv4_addr; }'"), 0);
        for (int i = 0; i < 2; i++) {
                store = open_store(kernel);
                assert_int_equal(nfw_store_restore(store, kernel->report), i == 0 ? NFW_E_REFUSED : 0);
                assert_true((find_diagnostic(kernel, "kernel/refused") != NULL) == (i == 0));
                assert_true((find_diagnostic(kernel, "state/policy-refused") != NULL) == (i == 0));
                assert_string_equal(policy_of(kernel, "lo"), "any");
                assert_string_equal(policy_of(kernel, "veth0"), "one");
                assert_string_equal(policy_of(kernel, "veth1"), "names");
                assert_int_equal(system("nft list chain inet nfwpolicy names-egress | grep -q nothing &&"
                                        "! nft list chain inet nfwpolicy names-egress | grep -q learned"),
                                 0);
                assert_int_equal(nfw_store_save(store, kernel->report), 0);
                nfw_store_free(store);
                start_again(kernel);
        }

        /* It is still stored. */
        reboot(kernel);
        assert_int_equal(restore(kernel), 0);
        assert_in_force(kernel, "any here names one", "any", "one");
        assert_string_equal(policy_of(kernel, "veth1"), "names");
        assert_int_equal(system("nft list chain inet nfwpolicy names-egress | grep -q learned"), 0);
}

/* What is remembered of a port is forgotten when it is in force under its other name, and not before. */
static void test_another_name_and_a_second_attempt(void **state) {
        struct kernel *kernel = *state;

        load_two(kernel);
        save(kernel);
        assert_int_equal(system("nft flush ruleset && ip link set veth0 name other0"), 0);
        start_again(kernel);
        make_in_the_way(kernel);
        assert_int_equal(restore(kernel), NFW_E_REFUSED);
        assert_string_equal(policy_of(kernel, "other0"), "one");
        assert_string_equal(policy_of(kernel, "veth0"), "none");
        assert_int_equal(system("ip link set other0 name veth0"), 0);
}

static void test_a_place_that_cannot_be_used(void **state) {
        struct kernel *kernel = *state;
        struct nfw_store *store = NULL;

        assert_int_equal(nfw_store_new(kernel->context, "/proc/nowhere/store", kernel->report, &store),
                         -ENOENT);
        assert_null(store);
        assert_non_null(find_diagnostic(kernel, "state/directory"));
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                kernel_test(test_a_reboot),
                kernel_test(test_what_is_stored_follows_what_is_done),
                kernel_test(test_a_flush_is_put_right),
                kernel_test(test_what_is_in_force_stays),
                kernel_test(test_an_interface_that_is_not_there_yet),
                kernel_test(test_files_of_others),
                kernel_test(test_what_cannot_be_enforced_does_not_keep_others),
                kernel_test(test_what_the_kernel_refuses_does_not_keep_others),
                kernel_test(test_what_the_kernel_refuses_lets_nothing_pass),
                kernel_test(test_another_name_and_a_second_attempt),
                kernel_test(test_a_place_that_cannot_be_used),
        };

        enter_namespace();
        return cmocka_run_group_tests_name("engine/store", tests, NULL, NULL);
}
