/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/changes.h"
#include "place.h"

struct told {
        char text[1024]; /* "+name address seconds;" */
        size_t n;
};

static void tell(bool added, const struct nfw_nft_grant *grant, void *userdata) {
        char addr[NFW_ADDR_TEXT_MAX], line[512];
        struct told *told = userdata;

        snprintf(line, sizeof(line), "%c%s/%s %s %u;", added ? '+' : '-', grant->interface, grant->note.name,
                 nfw_addr_format(&grant->addr, addr), (unsigned int)(grant->expires_ms / 1000));
        if (strlen(told->text) + strlen(line) < sizeof(told->text))
                strcat(told->text, line);
        told->n++;
}

static void take(struct nfw_changes *changes,
                 const char *set,
                 bool added,
                 const char *port,
                 const char *name,
                 const char *addr,
                 unsigned int seconds) {
        struct nfw_nft_grant grant = { .expires_ms = (uint64_t)seconds * 1000 };

        memset(grant.interface, 'x', sizeof(grant.interface)); /* what stands behind the end is nothing */
        memset(grant.note.name, 'x', sizeof(grant.note.name));
        strcpy(grant.interface, port);
        strcpy(grant.note.name, name);
        assert_int_equal(nfw_addr_parse(addr, &grant.addr), 0);
        assert_int_equal(nfw_changes_take(changes, set, added, &grant), 0);
}

static void add(struct nfw_changes *changes, const char *set, const char *name, unsigned int seconds) {
        take(changes, set, true, "vnet0", name, "192.0.2.1", seconds);
}

static void take_away(struct nfw_changes *changes, const char *set, const char *name) {
        take(changes, set, false, "vnet0", name, "192.0.2.1", 0);
}

static void assert_told(struct nfw_changes *changes, const char *expected) {
        struct told told = { 0 };

        assert_int_equal(nfw_changes_finish(changes, tell, &told), 0);
        assert_string_equal(told.text, expected);
        told = (struct told){ 0 };
        assert_int_equal(nfw_changes_finish(changes, tell, &told), 0);
        assert_int_equal(told.n, 0);
}

static int setup(void **state) {
        struct nfw_changes *changes = calloc(1, sizeof(*changes));

        *state = changes;
        return changes ? nfw_changes_init(changes) : -1;
}

static int teardown(void **state) {
        nfw_changes_deinit(*state);
        free(*state);
        return 0;
}

static void test_once_however_many_sets(void **state) {
        add(*state, "a", "n", 10);
        add(*state, "b", "n", 30);
        add(*state, "c", "n", 20);
        assert_told(*state, "+vnet0/n 192.0.2.1 30;");
        take_away(*state, "a", "n");
        take_away(*state, "b", "n");
        assert_told(*state, "-vnet0/n 192.0.2.1 0;");
}

static void test_in_order_and_told_apart(void **state) {
        take(*state, "a", true, "vnet1", "n", "192.0.2.1", 1);
        take(*state, "a", true, "vnet0", "n", "192.0.2.1", 2);
        take(*state, "a", true, "vnet0", "m", "192.0.2.1", 3);
        take(*state, "a", true, "vnet0", "m", "2001:db8::1", 4);
        take(*state, "b", true, "vnet1", "n", "192.0.2.1", 1);
        assert_told(*state, "+vnet1/n 192.0.2.1 1;+vnet0/n 192.0.2.1 2;+vnet0/m 192.0.2.1 3;"
                            "+vnet0/m 2001:db8::1 4;");
}

/* As kernels need it that cannot change a timeout: in each set deleted and added. */
static void test_an_extension(void **state) {
        take_away(*state, "a", "n");
        add(*state, "a", "n", 10);
        take_away(*state, "b", "n");
        add(*state, "b", "n", 10);
        assert_told(*state, "+vnet0/n 192.0.2.1 10;");
}

static void test_an_address_that_gets_another_name(void **state) {
        take_away(*state, "a", "old");
        add(*state, "a", "new", 10);
        assert_told(*state, "+vnet0/new 192.0.2.1 10;");
}

/* The name goes from its own set; in the one that leads to the block, another name has the address. */
static void test_a_name_that_makes_room(void **state) {
        take_away(*state, "a", "old");
        take_away(*state, "block", "old");
        add(*state, "block", "other", 10);
        assert_told(*state, "-vnet0/old 192.0.2.1 0;+vnet0/other 192.0.2.1 10;");
}

static void test_deleted_here_and_added_there(void **state) {
        take_away(*state, "a", "n");
        add(*state, "b", "n", 10);
        assert_told(*state, "+vnet0/n 192.0.2.1 10;");
        take_away(*state, "a", "old");
        add(*state, "b", "new", 10);
        assert_told(*state, "-vnet0/old 192.0.2.1 0;+vnet0/new 192.0.2.1 10;");
}

static void test_what_is_cleared_is_not_told(void **state) {
        add(*state, "a", "n", 10);
        take_away(*state, "a", "m");
        nfw_changes_clear(*state);
        assert_told(*state, "");
}

static void test_bounded(void **state) {
        struct nfw_changes *changes = *state;
        struct told told = { 0 };
        char name[32];

        for (unsigned int set = 0; set < 3; set++)
                for (unsigned int i = 0; i < NFW_MAX_CHANGES + 5; i++) {
                        snprintf(name, sizeof(name), "n%u", i);
                        add(changes, set == 0 ? "a" : set == 1 ? "b" : "c", name, 10);
                }
        assert_int_equal(changes->n_dropped, 3 * 5);
        assert_int_equal(nfw_changes_finish(changes, tell, &told), 0);
        assert_int_equal(told.n, NFW_MAX_CHANGES);
        assert_int_equal(changes->n_dropped, 0);
}

#define changes_test(test_) cmocka_unit_test_setup_teardown(test_, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                changes_test(test_once_however_many_sets),
                changes_test(test_in_order_and_told_apart),
                changes_test(test_an_extension),
                changes_test(test_an_address_that_gets_another_name),
                changes_test(test_a_name_that_makes_room),
                changes_test(test_deleted_here_and_added_there),
                changes_test(test_what_is_cleared_is_not_told),
                changes_test(test_bounded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
