/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <time.h>

#include "engine/resolvers.h"
#include "place.h"

/* What a file in the form of resolv.conf names, as one text: addresses with blanks between, "stub" behind them. */
static void assert_resolvers(const struct place *place, const char *file, const char *expected) {
        struct nfw_resolvers_file read = { 0 };
        char found[512] = "";

        write_file(place_path(place, "resolv.conf"), file, strlen(file));
        assert_int_equal(nfw_resolvers_refresh(&read, place_path(place, "resolv.conf")), 0);
        nfw_vec_foreach (prefix, &read.servers.vec) {
                char text[NFW_ADDR_TEXT_MAX];

                assert_int_equal(prefix->length, prefix->addr.family == AF_INET ? 32 : 128);
                snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%s", *found ? " " : "",
                         nfw_addr_format(&prefix->addr, text));
        }
        if (read.stub)
                snprintf(found + strlen(found), sizeof(found) - strlen(found), "%sstub", *found ? " " : "");
        nfw_resolvers_file_deinit(&read);
        if (strcmp(found, expected) != 0)
                fail_msg("`%s` is `%s`, not `%s`", file, found, expected);
}

static void test_forms(void **state) {
        static const char *const cases[][2] = {
                { "nameserver 192.0.2.1\n", "192.0.2.1" },
                { "nameserver 192.0.2.1", "192.0.2.1" },
                { "nameserver\t192.0.2.1\r\n", "192.0.2.1" },
                { "nameserver   192.0.2.1  \n", "192.0.2.1" },
                { "nameserver 2001:DB8:0::1\n", "2001:db8::1" },
                { "nameserver 192.0.2.1 # comment\n", "192.0.2.1" },
                { "nameserver 192.0.2.1 192.0.2.2\n", "192.0.2.1" },
                { "nameserver 192.0.2.1\nnameserver 2001:db8::1\n", "192.0.2.1 2001:db8::1" },
                { "# nameserver 192.0.2.1\n; nameserver 192.0.2.2\n", "" },
                { "#nameserver 192.0.2.1\nsearch nameserver 192.0.2.2\noptions edns0\n", "" },
                { "search example\nnameserver 192.0.2.1\noptions rotate\n", "192.0.2.1" },
                { "nameserver 192.0.2.1\n\n\n\nnameserver 192.0.2.2\n", "192.0.2.1 192.0.2.2" },
                { "", "" },
                { "\n", "" },
        };
        const struct place *place = *state;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++)
                assert_resolvers(place, cases[i][0], cases[i][1]);
}

/* What the C library would not take is no name server that the host uses, so it is not trusted. */
static void test_garbage(void **state) {
        static const char *const cases[] = {
                "nameserver\n",
                "nameserver \n",
                "nameserver any\n",
                "nameserver dns.example\n",
                "nameserver 192.0.2\n",
                "nameserver 192.0.2.256\n",
                "nameserver 192.0.2.1/24\n",
                "nameserver 192.0.2.1:53\n",
                "nameserver [2001:db8::1]\n",
                "nameserver 2001:db8::1::2\n",
                "nameserver 192.0.2.1,192.0.2.2\n",
                " nameserver 192.0.2.1\n",
                "nameservers 192.0.2.1\n",
                "nameserver192.0.2.1\n",
                "NAMESERVER 192.0.2.1\n",
                "nameserver=192.0.2.1\n",
                "nameserver \xff\xfe\n",
                "\xff\xfe\x01nameserver 192.0.2.1\n",
        };
        const struct place *place = *state;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++)
                assert_resolvers(place, cases[i], "");
}

/* They are on a link of the host's; on the guest's link somebody else may have that address. */
static void test_scope_ids(void **state) {
        const struct place *place = *state;

        assert_resolvers(place, "nameserver fe80::1%eth0\nnameserver 192.0.2.1\n", "192.0.2.1");
        assert_resolvers(place, "nameserver fe80::1\nnameserver febf::1\n", "");
        assert_resolvers(place, "nameserver fec0::1\n", "fec0::1");
        assert_resolvers(place, "nameserver 169.254.169.253\n", "169.254.169.253");
}

static void test_stubs(void **state) {
        const struct place *place = *state;

        assert_resolvers(place, "nameserver 127.0.0.53\n", "stub");
        assert_resolvers(place, "nameserver ::1\n", "stub");
        assert_resolvers(place, "nameserver 0.0.0.0\n", "stub");
        assert_resolvers(place, "nameserver ::\n", "stub");
        assert_resolvers(place, "nameserver 127.0.0.1\nnameserver 192.0.2.1\n", "192.0.2.1 stub");
        assert_resolvers(place, "nameserver ::2\n", "::2");
}

/* Told twice they are trusted no more than once; the port's set takes each once. */
static void test_duplicates(void **state) {
        const struct place *place = *state;

        assert_resolvers(place, "nameserver 192.0.2.1\nnameserver 192.0.2.1\n", "192.0.2.1 192.0.2.1");
}

static void test_octets_of_no_text(void **state) {
        static const char file[] =
                "nameserver 192.0.2.1\0 x\n\0\0\nnameserver\0 192.0.2.2\nnameserver 192.0.2.3\n";
        const struct place *place = *state;
        struct nfw_resolvers_file read = { 0 };

        write_file(place_path(place, "resolv.conf"), file, sizeof(file) - 1);
        assert_int_equal(nfw_resolvers_refresh(&read, place_path(place, "resolv.conf")), 0);
        assert_int_equal(read.servers.vec.n, 2);
        nfw_resolvers_file_deinit(&read);
}

static void test_a_very_long_line(void **state) {
        const struct place *place = *state;
        char *file = malloc(1000100);

        assert_non_null(file);
        memset(file, ' ', 1000000);
        memcpy(file, "nameserver", 10);
        strcpy(file + 1000000, "192.0.2.1\n");
        assert_resolvers(place, file, "192.0.2.1");
        memset(file, 'x', 1000000);
        strcpy(file + 1000000, "\nnameserver 192.0.2.2");
        assert_resolvers(place, file, "192.0.2.2");
        free(file);
}

static void test_missing_file(void **state) {
        const struct place *place = *state;
        struct nfw_resolvers_file read = { .stub = true };

        assert_int_equal(nfw_resolvers_refresh(&read, place_path(place, "missing")), 0);
        assert_false(read.stub);
        read.stub = true;
        assert_int_equal(nfw_resolvers_refresh(&read, place->ours), 0);
        assert_false(read.stub);
        assert_int_equal(read.servers.vec.n, 0);
        nfw_resolvers_file_deinit(&read);
}

static void set_time(const char *path) {
        static const struct timespec times[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };

        assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void assert_last_octet(struct nfw_resolvers_file *file, const char *path, uint8_t octet) {
        assert_int_equal(nfw_resolvers_refresh(file, path), 0);
        assert_int_equal(file->servers.vec.n, 1);
        assert_int_equal(file->servers.vec.items[0].addr.bytes[3], octet);
}

static void write_server(const char *path, int octet) {
        char text[64];

        snprintf(text, sizeof(text), "nameserver 192.0.2.%d\n", octet);
        write_file(path, text, strlen(text));
}

/* Edits of the same size, one right after the other: the file's times need not tell them apart. */
static void test_each_edit_is_seen(void **state) {
        const struct place *place = *state;
        struct nfw_resolvers_file file = { 0 };
        nfw_cleanup(nfw_freep) char *path = strdup(place_path(place, "resolv.conf"));

        assert_non_null(path);
        for (int i = 0; i < 2000; i++) {
                write_server(path, 1 + i % 9);
                assert_last_octet(&file, path, (uint8_t)(1 + i % 9));
        }
        nfw_resolvers_file_deinit(&file);
}

/* What has settled is what was read; every way to change it is seen all the same. */
static void test_a_settled_file_is_read_once(void **state) {
        const struct place *place = *state;
        struct nfw_resolvers_file file = { 0 };
        nfw_cleanup(nfw_freep) char *path = strdup(place_path(place, "resolv.conf"));
        const struct nfw_prefix *items;
        time_t begin;

        assert_non_null(path);
        begin = time(NULL);
        write_server(path, 1);
        set_time(path);
        assert_last_octet(&file, path, 1);
        /* Not even two seconds old, unless the machine was that slow. */
        assert_true(!file.settled || time(NULL) - begin >= 2);
        while (!file.settled) {
                usleep(100000);
                assert_last_octet(&file, path, 1);
        }
        items = file.servers.vec.items;
        assert_last_octet(&file, path, 1);
        assert_ptr_equal(file.servers.vec.items, items);

        /* in place, with its size and its time of modification put back */
        write_server(path, 2);
        set_time(path);
        assert_last_octet(&file, path, 2);

        /* another file of that name, and none */
        write_server(place_path(place, "other"), 3);
        assert_int_equal(rename(place_path(place, "other"), path), 0);
        assert_last_octet(&file, path, 3);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(nfw_resolvers_refresh(&file, path), 0);
        assert_int_equal(file.servers.vec.n, 0);
        assert_int_equal(symlink(place_path(place, "target"), path), 0);
        write_server(place_path(place, "target"), 4);
        assert_last_octet(&file, path, 4);
        nfw_resolvers_file_deinit(&file);
}

#define place_test(test_) cmocka_unit_test_setup_teardown(test_, place_setup, place_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                place_test(test_forms),
                place_test(test_garbage),
                place_test(test_scope_ids),
                place_test(test_stubs),
                place_test(test_duplicates),
                place_test(test_octets_of_no_text),
                place_test(test_a_very_long_line),
                place_test(test_missing_file),
                place_test(test_each_edit_is_seen),
                place_test(test_a_settled_file_is_read_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
