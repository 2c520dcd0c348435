/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <poll.h>
#include <sys/wait.h>

#include "engine/keeper/keeper.h"
#include "engine/shadow.h"
#include "kernel.h"

#define ANY  "{name: any, action: allow, priority: 1}"
#define ONE  "{name: one, action: allow, priority: 1, egress: {ips: [192.0.2.1]}}"
#define NAME "{name: one, action: allow, priority: 1, egress: {domains: [a.example]}}"

struct kept {
        struct kernel *kernel;
        struct nfw_context *context;
        struct nfw_store *store;
        struct nfw_keeper *keeper;
};

static int kept_setup(void **state) {
        struct kept *kept = calloc(1, sizeof(*kept));
        char path[128];

        if (!kept || kernel_setup((void **)&kept->kernel) < 0)
                return -1;
        snprintf(path, sizeof(path), "%s/store", kept->kernel->place->directory);
        if (nfw_context_new(&kept->context) < 0 ||
            nfw_context_set_state_directory(kept->context, kept->kernel->place->directory) < 0 ||
            nfw_store_new(kept->context, path, NULL, &kept->store) < 0 ||
            nfw_keeper_new(kept->context, kept->store, NULL, &kept->keeper) < 0)
                return -1;
        *state = kept;
        return 0;
}

static int kept_teardown(void **state) {
        struct kept *kept = *state;
        int r;

        nfw_keeper_free(kept->keeper);
        nfw_store_free(kept->store);
        nfw_context_free(kept->context);
        r = kernel_teardown((void **)&kept->kernel);
        free(kept);
        return r;
}

#define kept_test(test_) cmocka_unit_test_setup_teardown(test_, kept_setup, kept_teardown)

/* Everything that it has to do until nothing more happens. */
static void settle(struct kept *kept) {
        struct pollfd fd = { .fd = nfw_keeper_get_fd(kept->keeper), .events = POLLIN };

        while (poll(&fd, 1, 200) == 1)
                assert_int_equal(nfw_keeper_dispatch(kept->keeper), 0);
}

/* In a process of its own, as the command line is. */
static void in_another_process(struct kept *kept, int (*function)(struct kernel *kernel)) {
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                nfw_context_free(kept->kernel->context);
                if (nfw_context_new(&kept->kernel->context) < 0 ||
                    nfw_context_set_state_directory(kept->kernel->context, kept->kernel->place->directory) <
                            0)
                        _exit(2);
                _exit(function(kept->kernel) == 0 ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

static size_t n_events(struct kept *kept, enum nfw_event_type type, const char *text) {
        size_t n = 0;
        struct nfw_event *event;

        while (nfw_keeper_pop_event(kept->keeper, &event) == 0) {
                if (nfw_event_get_type(event) == type && strstr(nfw_event_text(event), text))
                        n++;
                nfw_event_free(event);
        }
        return n;
}

static const char *policy_of(struct kept *kept, const char *port) {
        static char name[NFW_POLICY_NAME_MAX + 1];
        struct nfw_context *context = kept->kernel->context;
        const struct nfw_shadow_port *held;

        nfw_shadow_invalidate(&context->shadow);
        assert_int_equal(nfw_shadow_refresh(&context->shadow, context->nft), 0);
        held = nfw_shadow_port(&context->shadow, port);
        snprintf(name, sizeof(name), "%s", held ? held->policy : "none");
        return name;
}

static void assert_in_force(struct kept *kept, const char *lo, const char *veth0) {
        assert_string_equal(policy_of(kept, "lo"), lo);
        assert_string_equal(policy_of(kept, "veth0"), veth0);
        assert_int_equal(nfw_verify(kept->kernel->context, NULL, kept->kernel->report), 0);
}

static int load_both(struct kernel *kernel) {
        return load(kernel, "any", ANY, "lo") == 0 && load(kernel, "one", ONE, "veth0") == 0 ? 0 : -1;
}

/* Without assertions: it is not the test program that runs this. */
static int keep_in_container(struct kernel *kernel, struct nfw_context *context, struct nfw_keeper *keeper) {
        struct pollfd fd = { .fd = nfw_keeper_get_fd(keeper), .events = POLLIN };
        bool knows_itself, knows_others;

        kernel->context = context;
        if (load(kernel, "any", ANY, "lo") != 0)
                return 3;
        while (poll(&fd, 1, 200) == 1)
                if (nfw_keeper_dispatch(keeper) < 0)
                        return 4;
        knows_itself = keeper->author.pid == 0;
        if (system("nft insert rule inet nfwpolicy any-egress drop") != 0)
                return 5;
        while (poll(&fd, 1, 200) == 1)
                if (nfw_keeper_dispatch(keeper) < 0)
                        return 6;
        knows_others = keeper->author.pid != 0 && strcmp(keeper->author.name, "nft") == 0;
        return knows_itself && knows_others && nfw_verify(context, NULL, kernel->report) == 0 ? 0 : 7;
}

static int begin_in_container(struct kept *kept) {
        struct nfw_context *context;
        struct nfw_keeper *keeper;
        struct nfw_store *store;
        char path[128];
        int r;

        snprintf(path, sizeof(path), "%s/contained", kept->kernel->place->directory);
        if (nfw_context_new(&context) < 0 ||
            nfw_context_set_state_directory(context, kept->kernel->place->directory) < 0 ||
            nfw_store_new(context, path, NULL, &store) < 0 ||
            nfw_keeper_new(context, store, NULL, &keeper) < 0)
                return 2;
        r = keep_in_container(kept->kernel, context, keeper);
        nfw_keeper_free(keeper);
        nfw_store_free(store);
        nfw_context_free(context);
        return r;
}

/* Its process has another number for the kernel than for itself there. */
static void test_in_a_container(void **state) {
        struct kept *kept = *state;
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                if (unshare(CLONE_NEWPID) < 0)
                        _exit(77);
                pid = fork();
                if (pid == 0) {
                        struct nfw_context *context = kept->kernel->context;
                        int r = begin_in_container(kept);

                        kept->kernel->context = context;
                        _exit(r);
                }
                _exit(pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ? 1
                                                                                       : WEXITSTATUS(status));
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77) {
                print_message("no pid namespace can be made\n");
                skip();
        }
        assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_what_others_do_with_nft_is_undone(void **state) {
        static const char *const commands[] = {
                "nft flush ruleset",
                "nft delete table inet nfwpolicy",
                "nft flush chain inet nfwpolicy one-egress",
                "nft insert rule inet nfwpolicy prerouting accept",
                "nft add chain inet nfwpolicy mine",
                "nft delete element inet nfwpolicy egress '{ \"lo\" }'",
        };
        struct kept *kept = *state;

        in_another_process(kept, load_both);
        settle(kept);
        assert_int_equal(n_events(kept, NFW_EVENT_EDITED, ""), 0);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(commands); i++) {
                assert_int_equal(system(commands[i]), 0);
                settle(kept);
                assert_in_force(kept, "any", "one");
                if (n_events(kept, NFW_EVENT_EDITED, "nft (process ") != 1)
                        fail_msg("%s", commands[i]);
        }
}

static int replace_and_unload(struct kernel *kernel) {
        return load(kernel, "one", ANY, NULL) == 0 && nfw_unload(kernel->context, "any", true, NULL) == 0
                       ? 0
                       : -1;
}

/* Whoever does it with the library has a reason. */
static void test_what_others_load_is_left_alone_and_stored(void **state) {
        struct kept *kept = *state;
        struct stat st;
        char path[160];

        in_another_process(kept, load_both);
        settle(kept);
        in_another_process(kept, replace_and_unload);
        settle(kept);
        assert_int_equal(n_events(kept, NFW_EVENT_EDITED, ""), 0);
        assert_in_force(kept, "none", "one");
        snprintf(path, sizeof(path), "%s/store/policies/any.policy", kept->kernel->place->directory);
        assert_int_equal(stat(path, &st), -1);

        assert_int_equal(system("nft flush ruleset"), 0);
        settle(kept);
        assert_in_force(kept, "none", "one");
}

/* What we do ourselves in the meantime does not hide it. */
static void test_an_edit_before_a_change_of_our_own(void **state) {
        static const char *const veth1[] = { "veth1" };
        struct kept *kept = *state;

        in_another_process(kept, load_both);
        settle(kept);
        assert_int_equal(system("nft insert rule inet nfwpolicy prerouting accept"), 0);
        assert_int_equal(nfw_attach(kept->context, "any", veth1, 1, NULL), 0);
        settle(kept);
        assert_int_equal(n_events(kept, NFW_EVENT_EDITED, "nft (process "), 1);
        assert_in_force(kept, "any", "one");
        assert_string_equal(policy_of(kept, "veth1"), "any");
}

static void test_other_tables_are_no_concern(void **state) {
        struct kept *kept = *state;

        in_another_process(kept, load_both);
        settle(kept);
        assert_int_equal(
                system("nft 'add table inet other; add chain inet other c; delete table inet other'"), 0);
        settle(kept);
        assert_int_equal(n_events(kept, NFW_EVENT_EDITED, ""), 0);
}

static int load_name(struct kernel *kernel) {
        return load(kernel, "one", NAME, "veth0");
}

static bool has_resolver(const char *address) {
        char command[128];

        snprintf(command, sizeof(command), "nft list set inet nfwpolicy resolvers4 | grep -q %s", address);
        return system(command) == 0;
}

/* What its addresses tell is added when it is there. */
static void test_a_link_with_another_name(void **state) {
        struct kept *kept = *state;

        in_another_process(kept, load_name);
        settle(kept);
        assert_int_equal(system("ip link set veth0 name late && nft flush ruleset"), 0);
        settle(kept);
        assert_string_equal(policy_of(kept, "late"), "one");
        assert_int_equal(system("ip address add 192.0.2.77/24 dev late && ip link set late name veth0"), 0);
        settle(kept);
        assert_in_force(kept, "none", "one");
        assert_true(has_resolver("192.0.2.77"));
        assert_int_equal(system("ip address del 192.0.2.77/24 dev veth0"), 0);
}

/* The host's own addresses on the link are trusted name servers. */
static void test_addresses_are_followed(void **state) {
        struct kept *kept = *state;

        in_another_process(kept, load_name);
        settle(kept);
        assert_int_equal(system("ip address add 192.0.2.77/24 dev veth0"), 0);
        settle(kept);
        assert_true(has_resolver("192.0.2.77"));
        assert_int_equal(system("ip address del 192.0.2.77/24 dev veth0"), 0);
        settle(kept);
        assert_false(has_resolver("192.0.2.77"));
        assert_int_equal(n_events(kept, NFW_EVENT_EDITED, ""), 0);
}

/* Somebody who does it again and again is not answered each time; in the end ours is in force. */
static void test_a_fight(void **state) {
        struct kept *kept = *state;
        size_t n_answers = 0;

        /* Longer than any machine takes for a turn. */
        kept->keeper->pause_ms = 600000;
        in_another_process(kept, load_both);
        settle(kept);
        for (int i = 0; i < 100 && (size_t)i == n_answers; i++) {
                struct pollfd fd = { .fd = nfw_keeper_get_fd(kept->keeper), .events = POLLIN };

                assert_int_equal(system("nft delete table inet nfwpolicy"), 0);
                while (poll(&fd, 1, 0) == 1)
                        assert_int_equal(nfw_keeper_dispatch(kept->keeper), 0);
                n_answers += n_events(kept, NFW_EVENT_EDITED, "");
        }
        assert_true(n_answers >= 10);
        assert_true(n_answers < 100);
        assert_string_equal(policy_of(kept, "lo"), "none");
        /* The pause is over. */
        kept->keeper->pause_ms = 0;
        kept->keeper->timer_is_set = false;
        assert_int_equal(nfw_keeper_set_timer(kept->keeper, 1), 0);
        for (int i = 0; i < 20 && strcmp(policy_of(kept, "lo"), "none") == 0; i++)
                settle(kept);
        assert_in_force(kept, "any", "one");
}

static void test_it_takes_over(void **state) {
        struct kept *kept = *state;
        char path[128];

        in_another_process(kept, load_both);
        settle(kept);
        kept->keeper = nfw_keeper_free(kept->keeper);
        kept->store = nfw_store_free(kept->store);
        assert_int_equal(system("nft flush ruleset"), 0);
        snprintf(path, sizeof(path), "%s/store", kept->kernel->place->directory);
        assert_int_equal(nfw_store_new(kept->context, path, NULL, &kept->store), 0);
        assert_int_equal(nfw_keeper_new(kept->context, kept->store, kept->kernel->report, &kept->keeper), 0);
        assert_in_force(kept, "any", "one");
        settle(kept);
        assert_int_equal(n_events(kept, NFW_EVENT_EDITED, ""), 0);
}

static const char *id_of(struct kept *kept, const char *policy) {
        static char id[NFW_ID_MAX];
        struct nfw_context *context = kept->kernel->context;
        const struct nfw_nft_policy *in_force;

        nfw_shadow_invalidate(&context->shadow);
        assert_int_equal(nfw_shadow_refresh(&context->shadow, context->nft), 0);
        in_force = nfw_shadow_any_policy(&context->shadow, policy);
        snprintf(id, sizeof(id), "%s", in_force ? in_force->id : "none");
        return id;
}

static bool is_stored(struct kept *kept, const char *policy) {
        const struct nfw_stored_policy *known = nfw_store_find_policy(kept->store, policy);

        assert_non_null(known);
        return strcmp(known->id, id_of(kept, policy)) == 0;
}

/* The disk is not waited for before learners have had their turn. */
static void test_a_repair_is_stored_later(void **state) {
        struct kept *kept = *state;
        char before[NFW_ID_MAX];

        in_another_process(kept, load_both);
        settle(kept);
        assert_true(is_stored(kept, "one"));
        strcpy(before, id_of(kept, "one"));
        assert_int_equal(system("nft flush chain inet nfwpolicy one-egress"), 0);
        while (strcmp(id_of(kept, "one"), before) == 0)
                assert_int_equal(nfw_keeper_dispatch(kept->keeper), 0);
        assert_false(is_stored(kept, "one"));
        settle(kept);
        assert_true(is_stored(kept, "one"));
}

static ino_t stored_file(const struct kept *kept, const char *file) {
        struct stat st;
        char path[160];

        snprintf(path, sizeof(path), "%s/store/%s", kept->kernel->place->directory, file);
        assert_int_equal(stat(path, &st), 0);
        return st.st_ino;
}

/* What comes back is what it was: there is nothing to write, however many policies there are and slow the disk is. */
static void test_nothing_is_written_after_a_flush(void **state) {
        struct kept *kept = *state;
        char before[NFW_ID_MAX];
        ino_t policy, bindings;

        in_another_process(kept, load_both);
        settle(kept);
        strcpy(before, id_of(kept, "one"));
        policy = stored_file(kept, "policies/one.policy");
        bindings = stored_file(kept, "bindings");
        assert_int_equal(system("nft flush ruleset"), 0);
        settle(kept);
        assert_in_force(kept, "any", "one");
        assert_string_equal(id_of(kept, "one"), before);
        assert_int_equal(stored_file(kept, "policies/one.policy"), policy);
        assert_int_equal(stored_file(kept, "bindings"), bindings);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                kept_test(test_in_a_container),
                kept_test(test_what_others_do_with_nft_is_undone),
                kept_test(test_what_others_load_is_left_alone_and_stored),
                kept_test(test_an_edit_before_a_change_of_our_own),
                kept_test(test_other_tables_are_no_concern),
                kept_test(test_a_link_with_another_name),
                kept_test(test_addresses_are_followed),
                kept_test(test_a_fight),
                kept_test(test_it_takes_over),
                kept_test(test_a_repair_is_stored_later),
                kept_test(test_nothing_is_written_after_a_flush),
        };

        enter_namespace();
        return cmocka_run_group_tests_name("engine/keeper", tests, NULL, NULL);
}
