/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/shadow.h"
#include "place.h"

#define N_PORTS 1000

static void add(struct nfw_shadow *shadow, const char *interface, const char *policy) {
        struct nfw_shadow_port *port;

        assert_int_equal(nfw_shadow_add_port(shadow, interface, &port), 0);
        assert_string_equal(port->interface, interface);
        assert_null(port->policy);
        assert_string_equal(port->binding, "");
        port->policy = strdup(policy);
        assert_non_null(port->policy);
}

static void add_policy(struct nfw_shadow *shadow, const char *name, enum nfw_table table) {
        struct nfw_nft_policy policy = { .name = strdup(name), .id = strdup("0"), .table = table };

        assert_int_equal(nfw_vec_push(&policy.sets, strdup("set")), 0);
        assert_int_equal(nfw_vec_push(&shadow->policies, policy), 0);
}

static const char *port_name(size_t i) {
        static char name[16];

        snprintf(name, sizeof(name), "port%zu", i);
        return name;
}

static void test_empty(void **state) {
        struct nfw_shadow shadow = { 0 };

        (void)state;
        assert_null(nfw_shadow_port(&shadow, "vnet0"));
        assert_null(nfw_shadow_any_policy(&shadow, "web"));
        nfw_shadow_remove_port(&shadow, "vnet0");
        assert_int_equal(nfw_shadow_foreach_port(&shadow, NULL, NULL), 0);
        nfw_shadow_deinit(&shadow);
}

static int count(struct nfw_shadow_port *port, void *userdata) {
        size_t number;

        assert_int_equal(sscanf(port->interface, "port%zu", &number), 1);
        assert_true(number < N_PORTS);
        ((unsigned int *)userdata)[number]++;
        return 0;
}

static void test_many_ports(void **state) {
        unsigned int *seen = calloc(N_PORTS, sizeof(*seen));
        struct nfw_shadow shadow = { 0 };

        (void)state;
        assert_non_null(seen);
        for (size_t i = 0; i < N_PORTS; i++)
                add(&shadow, port_name(i), "web");
        assert_int_equal(shadow.n_ports, N_PORTS);
        for (size_t i = 0; i < N_PORTS; i++)
                assert_string_equal(nfw_shadow_port(&shadow, port_name(i))->interface, port_name(i));
        assert_null(nfw_shadow_port(&shadow, "port1000"));

        for (size_t i = 0; i < N_PORTS; i += 3)
                nfw_shadow_remove_port(&shadow, port_name(i));
        nfw_shadow_remove_port(&shadow, port_name(0));
        assert_int_equal(nfw_shadow_foreach_port(&shadow, count, seen), 0);
        for (size_t i = 0; i < N_PORTS; i++) {
                assert_int_equal(seen[i], i % 3 != 0);
                assert_int_equal(nfw_shadow_port(&shadow, port_name(i)) != NULL, i % 3 != 0);
        }
        assert_int_equal(shadow.n_ports, N_PORTS - (N_PORTS + 2) / 3);
        nfw_shadow_deinit(&shadow);
        assert_int_equal(shadow.n_ports, 0);
        free(seen);
}

/* A name that is as long as names are: the key is all of it. */
static void test_long_interface_names(void **state) {
        struct nfw_shadow shadow = { 0 };

        (void)state;
        add(&shadow, "fifteen-letterA", "one");
        add(&shadow, "fifteen-letterB", "two");
        assert_string_equal(nfw_shadow_port(&shadow, "fifteen-letterA")->policy, "one");
        assert_string_equal(nfw_shadow_port(&shadow, "fifteen-letterB")->policy, "two");
        assert_null(nfw_shadow_port(&shadow, "fifteen-letter"));
        assert_null(nfw_shadow_port(&shadow, "fifteen-letterAB"));
        nfw_shadow_deinit(&shadow);
}

static int stop_at_third(struct nfw_shadow_port *port nfw_unused, void *userdata) {
        return ++*(int *)userdata == 3 ? -7 : 0;
}

static int remove_it(struct nfw_shadow_port *port, void *userdata) {
        char interface[16];

        memcpy(interface, port->interface, sizeof(interface));
        nfw_shadow_remove_port(userdata, interface);
        return 0;
}

static void test_foreach(void **state) {
        struct nfw_shadow shadow = { 0 };
        int n = 0;

        (void)state;
        for (size_t i = 0; i < 100; i++)
                add(&shadow, port_name(i), "web");
        assert_int_equal(nfw_shadow_foreach_port(&shadow, stop_at_third, &n), -7);
        assert_int_equal(n, 3);
        assert_int_equal(nfw_shadow_foreach_port(&shadow, remove_it, &shadow), 0);
        assert_int_equal(shadow.n_ports, 0);
        nfw_shadow_deinit(&shadow);
}

static void test_policies(void **state) {
        struct nfw_shadow shadow = { 0 };

        (void)state;
        add_policy(&shadow, "web", NFW_TABLE_INET);
        add_policy(&shadow, "web", NFW_TABLE_BRIDGE);
        add_policy(&shadow, "build", NFW_TABLE_BRIDGE);
        assert_int_equal(nfw_shadow_policy(&shadow, "web", NFW_TABLE_INET)->table, NFW_TABLE_INET);
        assert_int_equal(nfw_shadow_policy(&shadow, "web", NFW_TABLE_BRIDGE)->table, NFW_TABLE_BRIDGE);
        assert_null(nfw_shadow_policy(&shadow, "build", NFW_TABLE_INET));
        assert_string_equal(nfw_shadow_any_policy(&shadow, "build")->name, "build");
        assert_null(nfw_shadow_any_policy(&shadow, "we"));
        assert_null(nfw_shadow_any_policy(&shadow, "web2"));
        nfw_shadow_deinit(&shadow);
        assert_null(nfw_shadow_any_policy(&shadow, "web"));
}

struct changes {
        char text[256];
};

static int note_change(const char *interface, void *userdata) {
        struct changes *changes = userdata;

        strcat(strcat(changes->text, interface), " ");
        return strcmp(interface, "stop") == 0 ? -7 : 0;
}

static void test_changes(void **state) {
        struct nfw_shadow shadow = { 0 };
        struct changes changes = { 0 };
        uint64_t before;

        (void)state;
        assert_int_equal(nfw_shadow_foreach_change(&shadow, 0, note_change, &changes), 0);
        add(&shadow, "one", "web");
        before = shadow.n_changes;
        add(&shadow, "fifteen-letters", "web");
        nfw_shadow_remove_port(&shadow, "one");
        nfw_shadow_remove_port(&shadow, "not-there");
        add(&shadow, "one", "web");
        nfw_shadow_remove_port(&shadow, "fifteen-letters");
        assert_int_equal(nfw_shadow_foreach_change(&shadow, before, note_change, &changes), 0);
        assert_string_equal(changes.text, "fifteen-letters one one fifteen-letters ");
        assert_int_equal(nfw_shadow_foreach_change(&shadow, shadow.n_changes, note_change, NULL), 0);

        before = shadow.n_changes;
        add(&shadow, "stop", "web");
        add(&shadow, "two", "web");
        changes = (struct changes){ 0 };
        assert_int_equal(nfw_shadow_foreach_change(&shadow, before, note_change, &changes), -7);
        assert_string_equal(changes.text, "stop ");
        nfw_shadow_deinit(&shadow);
}

static int count_change(const char *interface, void *userdata) {
        size_t *n = userdata;

        assert_string_equal(interface, port_name((*n)++));
        return 0;
}

/* Only the last ones are known, and none of them twice. */
static void test_many_changes(void **state) {
        struct nfw_shadow shadow = { 0 };
        size_t n = 1;

        (void)state;
        for (size_t i = 0; i < NFW_SHADOW_N_CHANGES + 1; i++)
                add(&shadow, port_name(i), "web");
        assert_int_equal(nfw_shadow_foreach_change(&shadow, 0, count_change, NULL), NFW_SHADOW_FORGOTTEN);
        assert_int_equal(nfw_shadow_foreach_change(&shadow, 1, count_change, &n), 0);
        assert_int_equal(n, NFW_SHADOW_N_CHANGES + 1);
        nfw_shadow_deinit(&shadow);
}

/* The kernel counts from 1 and leaves out 0, which stands for "whatever" in a batch. */
static void test_generations(void **state) {
        struct nfw_shadow shadow = { .valid = true, .generation = UINT32_MAX - 1 };

        (void)state;
        nfw_shadow_advance(&shadow);
        assert_true(shadow.generation == UINT32_MAX);
        nfw_shadow_advance(&shadow);
        assert_int_equal(shadow.generation, 1);
        assert_true(shadow.valid);
        nfw_shadow_invalidate(&shadow);
        assert_false(shadow.valid);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_empty),
                cmocka_unit_test(test_many_ports),
                cmocka_unit_test(test_long_interface_names),
                cmocka_unit_test(test_foreach),
                cmocka_unit_test(test_policies),
                cmocka_unit_test(test_changes),
                cmocka_unit_test(test_many_changes),
                cmocka_unit_test(test_generations),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
