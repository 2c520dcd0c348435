/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "config/config.h"
#include "place.h"

static struct nfw_config *config_of(const char *text) {
        struct nfw_config *config = calloc(1, sizeof(*config));

        assert_non_null(config);
        assert_int_equal(nfw_config_read_buffer(config, "test.conf", text, strlen(text), NULL), 0);
        return config;
}

static void configure_loads(struct place *place, const char *text) {
        struct nfw_config *config = config_of(text);

        assert_int_equal(nfw_context_configure_loads(&place->context, config), 0);
        nfw_config_free(config);
}

static void test_what_nobody_says(void **state) {
        struct place *place = *state;
        struct nfw_record record = { 0 };

        nfw_load_defaults_apply(&place->context.defaults, &record);
        assert_int_equal(record.min_ttl, 5);
        assert_int_equal(record.max_ttl, 86400);
        assert_int_equal(record.max_names, 10000);
        assert_false(record.any_resolver);
        assert_int_equal(record.resolvers.n, 0);
}

static void test_what_the_file_says(void **state) {
        struct place *place = *state;
        struct nfw_record record = { 0 };
        char text[NFW_ADDR_TEXT_MAX];

        configure_loads(
                place,
                "[Defaults]\nResolvers=192.0.2.1 2001:db8::1\nMinTTL=6\nMaxTTL=7\nMaxNames=8\nLogDenied=1\n");
        nfw_load_defaults_apply(&place->context.defaults, &record);
        assert_true(record.log_denied);
        assert_int_equal(record.min_ttl, 6);
        assert_int_equal(record.max_ttl, 7);
        assert_int_equal(record.max_names, 8);
        assert_false(record.any_resolver);
        assert_int_equal(record.resolvers.n, 2);
        assert_string_equal(nfw_addr_format(&record.resolvers.items[1], text), "2001:db8::1");

        /* and no longer says */
        record = (struct nfw_record){ 0 };
        configure_loads(place, "[Defaults]\nResolvers=any\nMaxTTL=9\n");
        nfw_load_defaults_apply(&place->context.defaults, &record);
        assert_int_equal(record.min_ttl, 5);
        assert_int_equal(record.max_ttl, 9);
        assert_false(record.log_denied);
        assert_int_equal(record.max_names, 10000);
        assert_true(record.any_resolver);
        assert_int_equal(record.resolvers.n, 0);
}

static void test_what_the_load_says(void **state) {
        struct place *place = *state;
        struct nfw_record record = { .any_resolver = true, .min_ttl = 1, .max_ttl = 2, .max_names = 3 };
        struct nfw_addr addr;

        configure_loads(place,
                        "[Defaults]\nResolvers=192.0.2.1 2001:db8::1\nMinTTL=6\nMaxTTL=7\nMaxNames=8\n");
        nfw_load_defaults_apply(&place->context.defaults, &record);
        assert_int_equal(record.min_ttl, 1);
        assert_int_equal(record.max_ttl, 2);
        assert_int_equal(record.max_names, 3);
        assert_true(record.any_resolver);
        assert_int_equal(record.resolvers.n, 0);

        record = (struct nfw_record){ 0 };
        assert_int_equal(nfw_addr_parse("192.0.2.2", &addr), 0);
        assert_int_equal(nfw_vec_push(&record.resolvers, addr), 0);
        configure_loads(place, "[Defaults]\nResolvers=any\n");
        nfw_load_defaults_apply(&place->context.defaults, &record);
        assert_false(record.any_resolver);
        assert_int_equal(record.resolvers.n, 1);
        nfw_record_deinit(&record);
}

static void assert_context(const struct place *place,
                           const char *table_name,
                           uint16_t group,
                           const char *directory) {
        assert_string_equal(nfw_context_table_name(&place->context), table_name);
        assert_int_equal(place->context.nflog_group, group);
        assert_string_equal(place->context.directory, directory);
}

static void test_the_context(void **state) {
        struct place *place = *state;
        struct nfw_config *config =
                config_of("[Kernel]\nTableName=lab\nNflogGroup=7\n[Daemon]\nStateDirectory=/run/lab\n");

        assert_int_equal(nfw_context_configure(&place->context, config), 0);
        assert_context(place, "lab", 7, "/run/lab/net-4711-lab");
        nfw_config_free(config);

        config = config_of("");
        assert_int_equal(nfw_context_configure(&place->context, config), 0);
        assert_context(place, "nfwpolicy", 28262, NFW_STATE_DIRECTORY "/net-4711");
        nfw_config_free(config);
}

static void test_table_names(void **state) {
        struct place *place = *state;

        assert_int_equal(nfw_context_set_state_directory(&place->context, "/run/a"), 0);
        assert_int_equal(nfw_context_set_table_name(&place->context, "table"), -EINVAL);
        assert_int_equal(nfw_context_set_table_name(&place->context, "a/b"), -EINVAL);
        assert_int_equal(nfw_context_set_table_name(&place->context, ""), -EINVAL);
        assert_string_equal(place->context.directory, "/run/a/net-4711");
        assert_int_equal(nfw_context_set_table_name(&place->context, "lab"), 0);
        assert_string_equal(place->context.directory, "/run/a/net-4711-lab");
        assert_int_equal(nfw_context_set_state_directory(&place->context, "/run/b"), 0);
        assert_string_equal(place->context.directory, "/run/b/net-4711-lab");
        assert_int_equal(nfw_context_set_table_name(&place->context, "nfwpolicy"), 0);
        assert_string_equal(place->context.directory, "/run/b/net-4711");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_what_nobody_says, place_setup, place_teardown),
                cmocka_unit_test_setup_teardown(test_what_the_file_says, place_setup, place_teardown),
                cmocka_unit_test_setup_teardown(test_what_the_load_says, place_setup, place_teardown),
                cmocka_unit_test_setup_teardown(test_the_context, place_setup, place_teardown),
                cmocka_unit_test_setup_teardown(test_table_names, place_setup, place_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
