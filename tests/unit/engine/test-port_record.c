/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/port_record.h"
#include "place.h"

#define ID "0123456789abcdef"

static const struct nfw_port_record web = {
        .interface = "vnet0", .policy = "web", .id = ID, .index = 7, .is_persistent = true
};

static void assert_same(const struct nfw_port_record *a, const struct nfw_port_record *b) {
        assert_string_equal(a->interface, b->interface);
        assert_string_equal(a->policy, b->policy);
        assert_string_equal(a->id, b->id);
        assert_int_equal(a->index, b->index);
        assert_int_equal(a->is_persistent, b->is_persistent);
}

static struct nfw_port_record record_of(const char *interface, const char *policy) {
        struct nfw_port_record record = { .id = ID, .index = 1 };

        strcpy(record.interface, interface);
        strcpy(record.policy, policy);
        return record;
}

static void write_record(const struct place *place, const char *interface, const char *policy) {
        const struct nfw_port_record record = record_of(interface, policy);

        assert_int_equal(nfw_port_record_write(&place->context, &record), 0);
}

static void test_what_is_written_is_read(void **state) {
        struct place *place = *state;
        struct nfw_port_record record = web, read;

        assert_int_equal(nfw_port_record_read(&place->context, "vnet0", &read), NFW_E_NOT_FOUND);
        assert_int_equal(nfw_port_record_write(&place->context, &record), 0);
        assert_int_equal(nfw_port_record_read(&place->context, "vnet0", &read), 0);
        assert_same(&read, &web);
        assert_false(place_has(place, "ports/:new"));

        record.is_persistent = false;
        record.index = 0;
        assert_int_equal(nfw_port_record_write(&place->context, &record), 0);
        assert_int_equal(nfw_port_record_read(&place->context, "vnet0", &read), 0);
        assert_same(&read, &record);

        nfw_port_record_remove(&place->context, "vnet0");
        nfw_port_record_remove(&place->context, "vnet0");
        assert_int_equal(nfw_port_record_read(&place->context, "vnet0", &read), NFW_E_NOT_FOUND);
}

/* The longest that there is of everything. */
static void test_long_names(void **state) {
        struct place *place = *state;
        struct nfw_port_record record = { .id = ID, .index = INT32_MAX, .is_persistent = true }, read;

        memset(record.interface, 'i', sizeof(record.interface) - 1);
        memset(record.policy, 'p', sizeof(record.policy) - 1);
        assert_int_equal(nfw_port_record_write(&place->context, &record), 0);
        assert_int_equal(nfw_port_record_read(&place->context, record.interface, &read), 0);
        assert_same(&read, &record);
}

static void test_what_is_no_record(void **state) {
        static const char *const texts[] = {
                "",
                "\n",
                "web",
                "web " ID,
                "web " ID "\n",
                "web " ID " 7\n",
                "web " ID " 7 1\n",
                "web " ID " 7 1 0",
                "web " ID " 7 1 0 \n",
                "web " ID " -7 1 0\n",
                "web " ID " 2147483648 1 0\n",
                "web " ID " 99999999999999999999 1 0\n",
                "web " ID "  7 1 0\n",
                "web 0123456789abcde 7 1 0\n",
                "web 0123456789abcdeg 7 1 0\n",
                "../web " ID " 7 1 0\n",
                " " ID " 7 1 0\n",
        };
        struct place *place = *state;
        struct nfw_port_record read;
        char text[4096];

        write_record(place, "other0", "web");
        for (size_t i = 0; i < NFW_ARRAY_SIZE(texts); i++) {
                write_file(place_path(place, "ports/vnet0"), texts[i], strlen(texts[i]));
                if (nfw_port_record_read(&place->context, "vnet0", &read) != NFW_E_NOT_FOUND)
                        fail_msg("%s", texts[i]);
        }
        memset(text, 'a', sizeof(text));
        write_file(place_path(place, "ports/vnet0"), text, sizeof(text));
        assert_int_equal(nfw_port_record_read(&place->context, "vnet0", &read), NFW_E_NOT_FOUND);
}

static void test_what_is_no_file(void **state) {
        struct place *place = *state;
        struct nfw_port_records records = { 0 };
        struct nfw_port_record read;

        write_record(place, "other0", "web");
        assert_int_equal(mkdir(place_path(place, "ports/directory0"), 0700), 0);
        assert_int_equal(mkfifo(place_path(place, "ports/fifo0"), 0600), 0);
        assert_int_equal(symlink("other0", place_path(place, "ports/link0")), 0);
        assert_int_equal(nfw_port_record_read(&place->context, "directory0", &read), NFW_E_NOT_FOUND);
        assert_int_equal(nfw_port_record_read(&place->context, "fifo0", &read), NFW_E_NOT_FOUND);
        assert_int_equal(nfw_port_record_read(&place->context, "link0", &read), NFW_E_NOT_FOUND);
        assert_int_equal(nfw_port_record_read(&place->context, "../ports/other0", &read), NFW_E_NOT_FOUND);
        assert_int_equal(nfw_port_record_read(&place->context, "a-name-that-no-link-can-have", &read),
                         NFW_E_NOT_FOUND);

        assert_int_equal(nfw_port_records_read(&place->context, &records), 0);
        assert_int_equal(records.vec.n, 1);
        nfw_port_records_deinit(&records);
}

/* Killed between writing and renaming: that is no port. */
static void test_what_was_not_written_to_the_end(void **state) {
        struct place *place = *state;
        struct nfw_port_records records = { 0 };

        write_record(place, "vnet0", "web");
        write_file(place_path(place, "ports/:new"), "web " ID " 7 1 0\n", strlen("web " ID " 7 1 0\n"));
        assert_int_equal(nfw_port_records_read(&place->context, &records), 0);
        assert_int_equal(records.vec.n, 1);
        assert_string_equal(records.vec.items[0].interface, "vnet0");
        nfw_port_records_deinit(&records);
}

static void test_all_of_them(void **state) {
        static const char *const names[] = { "vnet2", "a0", "vnet10", "vnet1" };
        struct place *place = *state;
        struct nfw_port_records records = { 0 };

        assert_int_equal(nfw_port_records_read(&place->context, &records), 0);
        assert_int_equal(records.vec.n, 0);
        assert_null(nfw_port_records_find(&records, "a0"));

        for (size_t i = 0; i < NFW_ARRAY_SIZE(names); i++)
                write_record(place, names[i], i % 2 ? "one" : "two");
        assert_int_equal(nfw_port_records_read(&place->context, &records), 0);
        assert_int_equal(records.vec.n, NFW_ARRAY_SIZE(names));
        for (size_t i = 1; i < records.vec.n; i++)
                assert_true(strcmp(records.vec.items[i - 1].interface, records.vec.items[i].interface) < 0);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(names); i++) {
                const struct nfw_port_record *found = nfw_port_records_find(&records, names[i]);

                assert_non_null(found);
                assert_string_equal(found->policy, i % 2 ? "one" : "two");
        }
        assert_null(nfw_port_records_find(&records, "vnet"));
        assert_null(nfw_port_records_find(&records, "a-name-that-no-link-can-have"));
        nfw_port_records_deinit(&records);
}

static void test_a_policy_is_forgotten(void **state) {
        struct place *place = *state;

        nfw_port_records_forget(&place->context, "web");
        write_record(place, "vnet0", "web");
        write_record(place, "vnet1", "web2");
        write_record(place, "vnet2", "web");
        nfw_port_records_forget(&place->context, "web");
        assert_false(place_has(place, "ports/vnet0"));
        assert_true(place_has(place, "ports/vnet1"));
        assert_false(place_has(place, "ports/vnet2"));
}

#define place_test(test_) cmocka_unit_test_setup_teardown(test_, place_setup, place_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                place_test(test_what_is_written_is_read),
                place_test(test_long_names),
                place_test(test_what_is_no_record),
                place_test(test_what_is_no_file),
                place_test(test_all_of_them),
                place_test(test_what_was_not_written_to_the_end),
                place_test(test_a_policy_is_forgotten),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
