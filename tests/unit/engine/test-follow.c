/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <net/if.h>
#include <signal.h>
#include <sys/resource.h>

#include "engine/keeper/follow.h"
#include "engine/port_record.h"
#include "kernel.h"

#define ONE "{name: one, action: allow, priority: 1, egress: {ips: [192.0.2.1]}}"

static void ip(const char *words) {
        char command[128];

        snprintf(command, sizeof(command), "ip link %s", words);
        if (system(command) != 0)
                fail_msg("%s", command);
}

/* How many transactions it took. */
static uint32_t follow(struct kernel *kernel) {
        uint32_t before, after;

        assert_int_equal(nfw_nft_generation(kernel->context->nft, &before), 0);
        assert_int_equal(nfw_follow_links(kernel->context, kernel->report, NULL), 0);
        assert_int_equal(nfw_nft_generation(kernel->context->nft, &after), 0);
        assert_int_equal(nfw_verify(kernel->context, NULL, kernel->report), 0);
        return after - before;
}

static bool is_bound(struct kernel *kernel, const char *port) {
        nfw_shadow_invalidate(&kernel->context->shadow);
        assert_int_equal(nfw_shadow_refresh(&kernel->context->shadow, kernel->context->nft), 0);
        return nfw_shadow_port(&kernel->context->shadow, port);
}

static bool is_recorded(struct kernel *kernel, const char *port) {
        struct nfw_port_record record;

        return nfw_port_record_read(kernel->context, port, &record) == 0;
}

static void test_nothing_to_follow(void **state) {
        struct kernel *kernel = *state;

        assert_int_equal(follow(kernel), 0);
        assert_int_equal(load(kernel, "web", ONE, "veth0"), 0);
        assert_int_equal(follow(kernel), 0);
        assert_true(is_bound(kernel, "veth0") && is_recorded(kernel, "veth0"));
}

static void test_another_name(void **state) {
        struct kernel *kernel = *state;

        assert_int_equal(load(kernel, "web", ONE, "veth0"), 0);
        ip("set veth0 name other0");
        assert_int_equal(follow(kernel), 1);
        assert_true(is_bound(kernel, "other0") && is_recorded(kernel, "other0"));
        assert_false(is_bound(kernel, "veth0") || is_recorded(kernel, "veth0"));
        ip("set other0 name veth0");
        assert_int_equal(follow(kernel), 1);
        assert_true(is_bound(kernel, "veth0"));
        assert_false(is_bound(kernel, "other0") || is_recorded(kernel, "other0"));
}

/* veth0 under web, and veth1 under that one. */
static void bind_two(struct kernel *kernel,
                     const char *policy,
                     struct nfw_port_record ret_records[static 2]) {
        const char *const second = "veth1";

        assert_int_equal(load(kernel, "web", ONE, "veth0"), 0);
        if (strcmp(policy, "web") == 0)
                assert_int_equal(nfw_attach(kernel->context, "web", &second, 1, kernel->report), 0);
        else
                assert_int_equal(load(kernel, policy, ONE, second), 0);
        assert_int_equal(nfw_port_record_read(kernel->context, "veth0", &ret_records[0]), 0);
        assert_int_equal(nfw_port_record_read(kernel->context, "veth1", &ret_records[1]), 0);
}

/* The binding is the one that was recorded, under whatever name. */
static void assert_goes_on(struct kernel *kernel, const char *port, const struct nfw_port_record *before) {
        struct nfw_port_record after;

        assert_true(is_bound(kernel, port));
        assert_int_equal(nfw_port_record_read(kernel->context, port, &after), 0);
        assert_string_equal(after.policy, before->policy);
        assert_string_equal(after.id, before->id);
        assert_int_equal(after.index, before->index);
}

/* Both bindings go on, each with its link, in one transaction. */
static void swap_names(struct kernel *kernel, const char *policy) {
        struct nfw_port_record before[2];

        bind_two(kernel, policy, before);
        for (int i = 0; i < 2; i++) {
                ip("set veth0 name spare0");
                ip("set veth1 name veth0");
                ip("set spare0 name veth1");
                assert_int_equal(follow(kernel), 1);
                assert_goes_on(kernel, "veth0", &before[1 - i]);
                assert_goes_on(kernel, "veth1", &before[i]);
        }
}

static void test_names_are_swapped(void **state) {
        swap_names(*state, "mail");
}

/* The second one's name has a binding already when its turn comes. */
static void test_names_are_swapped_under_one_policy(void **state) {
        swap_names(*state, "web");
}

/* The first one gets the name that the second one leaves. */
static void test_names_move_up_under_one_policy(void **state) {
        struct nfw_port_record before[2];
        struct kernel *kernel = *state;

        bind_two(kernel, "web", before);
        ip("set veth1 name veth2");
        ip("set veth0 name veth1");
        assert_int_equal(follow(kernel), 1);
        assert_false(is_bound(kernel, "veth0") || is_recorded(kernel, "veth0"));
        assert_goes_on(kernel, "veth1", &before[0]);
        assert_goes_on(kernel, "veth2", &before[1]);
        ip("set veth1 name veth0");
        ip("set veth2 name veth1");
        assert_int_equal(follow(kernel), 1);
        assert_goes_on(kernel, "veth0", &before[0]);
        assert_goes_on(kernel, "veth1", &before[1]);
}

static void test_a_link_that_goes(void **state) {
        struct kernel *kernel = *state;

        ip("add gone0 type veth peer name gone1");
        assert_int_equal(load(kernel, "web", ONE, "gone0"), 0);
        assert_int_equal(load(kernel, "mail", ONE, "veth0"), 0);
        ip("delete gone0");
        assert_int_equal(follow(kernel), 1);
        assert_false(is_bound(kernel, "gone0") || is_recorded(kernel, "gone0"));
        assert_true(is_bound(kernel, "veth0"));
}

/* The name is the same, the link is another one: nobody has put it under a policy. */
static void test_a_link_that_is_another_one(void **state) {
        struct kernel *kernel = *state;

        ip("add gone0 type veth peer name gone1");
        assert_int_equal(load(kernel, "web", ONE, "gone0"), 0);
        ip("delete gone0");
        ip("add gone0 type veth peer name gone1");
        assert_int_equal(follow(kernel), 1);
        assert_false(is_bound(kernel, "gone0") || is_recorded(kernel, "gone0"));
        ip("delete gone0");
}

/* Rather as it is than without. */
static void test_a_policy_that_nobody_knows_any_more(void **state) {
        struct kernel *kernel = *state;
        char command[128];

        ip("add gone0 type veth peer name gone1");
        assert_int_equal(load(kernel, "web", ONE, "gone0"), 0);
        snprintf(command, sizeof(command), "rm '%s'/net-*/web-*.policy", kernel->place->directory);
        assert_int_equal(system(command), 0);
        nfw_record_forget_settings(kernel->context);
        ip("delete gone0");
        assert_int_equal(nfw_follow_links(kernel->context, kernel->report, NULL), 0);
        assert_true(is_bound(kernel, "gone0"));
}

/* As on a full disk. Sockets do not mind. */
static void allow_writing(bool allow) {
        struct rlimit limit;

        assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
        limit.rlim_cur = allow ? limit.rlim_max : 0;
        signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static size_t n_not_recorded(struct kernel *kernel) {
        size_t n = 0;

        for (size_t i = 0; i < nfw_report_n_diagnostics(kernel->report); i++)
                n += strcmp(nfw_diagnostic_code(nfw_report_diagnostic(kernel->report, i)),
                            "state/not-recorded") == 0;
        nfw_report_clear(kernel->report);
        return n;
}

/* What cannot be remembered is in force all the same, and told; it is noted as soon as there is room. */
static void test_a_full_disk(void **state) {
        const char *const ports[] = { "veth1", "late0" };
        struct nfw_port_record record;
        struct kernel *kernel = *state;

        assert_int_equal(load(kernel, "web", ONE, "veth0"), 0);
        assert_int_equal(nfw_attach_persistent(kernel->context, "web", &ports[1], 1, kernel->report), 0);
        allow_writing(false);
        assert_int_equal(nfw_attach(kernel->context, "web", ports, 1, kernel->report), 0);
        assert_int_equal(n_not_recorded(kernel), 1);
        assert_true(is_bound(kernel, "veth1"));

        ip("add late0 type veth peer name late1");
        ip("set veth0 name other0");
        assert_int_equal(nfw_follow_links(kernel->context, kernel->report, NULL), 0);
        assert_true(n_not_recorded(kernel) > 0);
        assert_true(is_bound(kernel, "late0") && is_bound(kernel, "other0"));
        assert_false(is_bound(kernel, "veth0"));

        allow_writing(true);
        assert_int_equal(nfw_follow_links(kernel->context, kernel->report, NULL), 0);
        assert_int_equal(n_not_recorded(kernel), 0);
        assert_int_equal(nfw_port_record_read(kernel->context, "late0", &record), 0);
        assert_int_equal(record.index, if_nametoindex("late0"));
        assert_true(record.is_persistent);
        ip("set other0 name veth0");
        ip("delete late0");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                kernel_test(test_nothing_to_follow),
                kernel_test(test_another_name),
                kernel_test(test_names_are_swapped),
                kernel_test(test_names_are_swapped_under_one_policy),
                kernel_test(test_names_move_up_under_one_policy),
                kernel_test(test_a_link_that_goes),
                kernel_test(test_a_link_that_is_another_one),
                kernel_test(test_a_policy_that_nobody_knows_any_more),
                kernel_test(test_a_full_disk),
        };

        enter_namespace();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
