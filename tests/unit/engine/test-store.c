/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "engine/store/store.h"
#include "kernel.h"
#include "nft/probe.h"

#define ANY "{name: any, action: allow, priority: 1}"
#define ONE "{name: one, action: allow, priority: 1, egress: {ips: [192.0.2.1]}}"

static const char *store_path(const struct kernel *kernel, const char *name) {
        static char path[512];

        snprintf(path, sizeof(path), "%s/store%s%s", kernel->place->directory, *name ? "/" : "", name);
        return path;
}

static bool has_file(const struct kernel *kernel, const char *name) {
        struct stat st;

        return lstat(store_path(kernel, name), &st) == 0;
}

static struct nfw_store *open_store(struct kernel *kernel) {
        struct nfw_store *store;

        assert_int_equal(nfw_store_new(kernel->context, store_path(kernel, ""), kernel->report, &store), 0);
        return store;
}

static void save(struct kernel *kernel) {
        struct nfw_store *store = open_store(kernel);

        assert_int_equal(nfw_store_save(store, kernel->report), 0);
        nfw_store_free(store);
}

/* Of the tests' own: what the next program finds. */
static void start_again(struct kernel *kernel) {
        nfw_context_free(kernel->context);
        assert_int_equal(nfw_context_new(&kernel->context), 0);
        assert_int_equal(nfw_context_set_state_directory(kernel->context, kernel->place->directory), 0);
        nfw_report_clear(kernel->report);
}

/* Neither rules nor what was in /run. */
static void reboot(struct kernel *kernel) {
        char command[128];

        snprintf(command, sizeof(command), "nft flush ruleset && rm -rf '%s'/net-*",
                 kernel->place->directory);
        assert_int_equal(system(command), 0);
        start_again(kernel);
}

static int restore(struct kernel *kernel) {
        struct nfw_store *store = open_store(kernel);
        int r = nfw_store_restore(store, kernel->report);

        nfw_store_free(store);
        return r;
}

static const char *policy_of(struct kernel *kernel, const char *port) {
        const struct nfw_shadow_port *held;

        assert_int_equal(nfw_shadow_refresh(&kernel->context->shadow, kernel->context->nft), 0);
        held = nfw_shadow_port(&kernel->context->shadow, port);
        return held ? held->policy : "none";
}

static void assert_in_force(struct kernel *kernel, const char *policies, const char *lo, const char *veth0) {
        char names[256] = "";

        nfw_shadow_invalidate(&kernel->context->shadow);
        assert_string_equal(policy_of(kernel, "lo"), lo);
        assert_string_equal(policy_of(kernel, "veth0"), veth0);
        nfw_vec_foreach (policy, &kernel->context->shadow.policies) {
                assert_true(strlen(names) + strlen(policy->name) + 2 < sizeof(names));
                strcat(strcat(names, *names ? " " : ""), policy->name);
        }
        assert_string_equal(names, policies);
        assert_int_equal(nfw_verify(kernel->context, NULL, kernel->report), 0);
}

static const struct nfw_diagnostic *find_diagnostic(const struct kernel *kernel, const char *code) {
        for (size_t i = 0; i < nfw_report_n_diagnostics(kernel->report); i++) {
                const struct nfw_diagnostic *each = nfw_report_diagnostic(kernel->report, i);

                if (strcmp(nfw_diagnostic_code(each), code) == 0)
                        return each;
        }
        return NULL;
}

static void load_two(struct kernel *kernel) {
        assert_int_equal(load(kernel, "any", ANY, "lo"), 0);
        assert_int_equal(load(kernel, "one", ONE, "veth0"), 0);
}

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

/* At whatever octet a file ends, or whichever is another: the rest is put back, and the file is kept for a look. */
static void test_damage(void **state) {
        static const char *const files[] = { "policies/one.policy", "bindings" };
        struct kernel *kernel = *state;
        char command[2048];

        load_two(kernel);
        save(kernel);
        snprintf(command, sizeof(command), "cp -a '%s' '%s/good'", store_path(kernel, ""),
                 kernel->place->directory);
        assert_int_equal(system(command), 0);

        for (size_t i = 0; i < NFW_ARRAY_SIZE(files); i++) {
                struct stat st;
                int fd;

                assert_int_equal(stat(store_path(kernel, files[i]), &st), 0);
                for (int step = 0; step < 12; step++) {
                        bool cut = step % 2;
                        off_t at = (st.st_size - 1) * step / 11;
                        char octet = 'X', aside[64];

                        fd = open(store_path(kernel, files[i]), O_WRONLY | O_CLOEXEC);
                        assert_true(fd >= 0);
                        assert_int_equal(cut ? ftruncate(fd, at) : pwrite(fd, &octet, 1, at), cut ? 0 : 1);
                        close(fd);

                        reboot(kernel);
                        assert_int_equal(restore(kernel), 0);
                        assert_non_null(find_diagnostic(kernel, "state/set-aside"));
                        snprintf(aside, sizeof(aside), "%s.damaged", files[i]);
                        assert_true(has_file(kernel, aside));
                        assert_false(has_file(kernel, files[i]));
                        if (i == 0)
                                assert_in_force(kernel, "any", "any", "none");
                        else
                                assert_in_force(kernel, "any one", "none", "none");

                        snprintf(command, sizeof(command), "rm -rf '%s' && cp -a '%s/good' '%s'",
                                 store_path(kernel, ""), kernel->place->directory, store_path(kernel, ""));
                        assert_int_equal(system(command), 0);
                }
        }
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
                kernel_test(test_damage),
                kernel_test(test_files_of_others),
                kernel_test(test_what_cannot_be_enforced_does_not_keep_others),
                kernel_test(test_a_place_that_cannot_be_used),
        };

        enter_namespace();
        return cmocka_run_group_tests_name("engine/store", tests, NULL, NULL);
}
