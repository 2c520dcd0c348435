/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/grants.h"

static const struct nfw_addr resolver = { AF_INET, { 10, 0, 0, 1 } };
static struct nfw_grant_ops ops;

static struct nfw_addr address(unsigned int n) {
        return (struct nfw_addr){ AF_INET, { 198, 18, (uint8_t)(n >> 8), (uint8_t)n } };
}

static struct nfw_dns_grants *new_grants(size_t max_names) {
        struct nfw_dns_grants *g;

        assert_int_equal(nfw_dns_grants_new(max_names, &g), 0);
        return g;
}

static void learn(
        struct nfw_dns_grants *g, const char *name, unsigned int n, uint64_t expires, uint64_t now) {
        struct nfw_addr addr = address(n);
        size_t learned = 7;

        ops.vec.n = ops.n_evicted = 0;
        assert_int_equal(nfw_dns_grants_learn(g, name, &resolver, &learned, 1, &addr, 1, expires, now, &ops),
                         0);
}

static void restore(struct nfw_dns_grants *g, const char *name, unsigned int n, uint64_t expires) {
        struct nfw_addr addr = address(n);

        assert_int_equal(nfw_dns_grants_restore(g, name, &resolver, 7, &addr, expires), 0);
}

static void assert_no_op(void) {
        assert_int_equal(ops.vec.n, 0);
}

static void assert_op(
        size_t index, enum nfw_grant_change change, const char *name, unsigned int n, uint64_t expires) {
        struct nfw_addr addr = address(n);
        const struct nfw_grant_op *op;

        assert_true(index < ops.vec.n);
        op = ops.vec.items + index;
        assert_int_equal(op->change, change);
        assert_string_equal(op->name, name);
        assert_true(nfw_addr_equal(&op->addr, &addr));
        assert_true(nfw_addr_equal(&op->resolver, &resolver));
        assert_int_equal(op->learned, 7);
        assert_int_equal(op->expires_ms, expires);
}

static void assert_only_op(enum nfw_grant_change change, const char *name, unsigned int n, uint64_t expires) {
        assert_int_equal(ops.vec.n, 1);
        assert_op(0, change, name, n, expires);
}

static void test_add_and_extend(void **state) {
        struct nfw_dns_grants *g = new_grants(10);

        (void)state;
        learn(g, "a.test", 1, 1000, 0);
        assert_only_op(NFW_GRANT_ADD, "a.test", 1, 1000);
        learn(g, "a.test", 1, 1000, 500);
        assert_no_op();
        learn(g, "a.test", 1, 900, 500);
        assert_no_op();
        learn(g, "a.test", 1, 1001, 500);
        assert_only_op(NFW_GRANT_EXTEND, "a.test", 1, 1001);
        assert_int_equal(nfw_dns_grants_n_names(g), 1);
        assert_null(nfw_dns_grants_free(g));
        assert_null(nfw_dns_grants_free(NULL));
}

static void test_an_expired_element_is_added_again(void **state) {
        struct nfw_dns_grants *g = new_grants(10);

        (void)state;
        learn(g, "a.test", 1, 1000, 0);
        learn(g, "a.test", 1, 2000, 1000);
        assert_only_op(NFW_GRANT_ADD, "a.test", 1, 2000);

        /* The name lives on through another address. */
        learn(g, "b.test", 2, 1500, 1000);
        learn(g, "b.test", 3, 9000, 1000);
        learn(g, "b.test", 2, 9000, 1500);
        assert_only_op(NFW_GRANT_ADD, "b.test", 2, 9000);

        /* Another name learns what expired under the first. */
        learn(g, "c.test", 4, 1600, 1500);
        learn(g, "c.test", 5, 9000, 1500);
        learn(g, "d.test", 4, 9000, 1600);
        assert_only_op(NFW_GRANT_ADD, "d.test", 4, 9000);
        nfw_dns_grants_free(g);
}

static void test_two_names_of_one_address(void **state) {
        struct nfw_dns_grants *g = new_grants(10);

        (void)state;
        learn(g, "a.test", 1, 1000, 0);
        learn(g, "b.test", 1, 800, 0);
        assert_no_op();
        learn(g, "b.test", 1, 1200, 0);
        assert_only_op(NFW_GRANT_REPLACE, "b.test", 1, 1200);
        learn(g, "a.test", 1, 1100, 0);
        assert_no_op();
        learn(g, "a.test", 1, 1200, 0);
        assert_no_op();
        learn(g, "a.test", 1, 1300, 0);
        assert_only_op(NFW_GRANT_REPLACE, "a.test", 1, 1300);
        nfw_dns_grants_free(g);
}

static void test_many_at_once(void **state) {
        struct nfw_dns_grants *g = new_grants(10);
        struct nfw_addr addresses[] = { address(1), address(2), address(1) };
        size_t learned[] = { 3, 4 };

        (void)state;
        ops.vec.n = 0;
        assert_int_equal(
                nfw_dns_grants_learn(g, "a.test", &resolver, learned, 2, addresses, 3, 1000, 0, &ops), 0);
        assert_int_equal(ops.vec.n, 4);
        for (size_t i = 0; i < 4; i++)
                assert_int_equal(ops.vec.items[i].change, NFW_GRANT_ADD);
        nfw_dns_grants_free(g);
}

static void test_nothing_to_learn(void **state) {
        struct nfw_dns_grants *g = new_grants(10), *none = NULL;
        struct nfw_addr addr = address(1);
        size_t learned = 1;

        (void)state;
        ops.vec.n = 0;
        assert_int_equal(nfw_dns_grants_learn(g, "a", &resolver, &learned, 0, &addr, 1, 1000, 0, &ops), 0);
        assert_int_equal(nfw_dns_grants_learn(g, "a", &resolver, &learned, 1, &addr, 0, 1000, 0, &ops), 0);
        assert_int_equal(nfw_dns_grants_learn(g, "a", &resolver, &learned, 1, &addr, 1, 1000, 1000, &ops), 0);
        assert_no_op();
        assert_int_equal(nfw_dns_grants_n_names(g), 0);
        nfw_dns_grants_free(g);
        assert_true(nfw_dns_grants_new(0, &none) < 0);
        assert_null(none);
}

static void test_the_first_to_expire_makes_room(void **state) {
        struct nfw_dns_grants *g = new_grants(3);

        (void)state;
        learn(g, "a.test", 1, 3000, 0);
        learn(g, "b.test", 2, 1000, 0);
        learn(g, "c.test", 3, 2000, 0);
        learn(g, "b.test", 2, 4000, 0); /* no longer the first */
        learn(g, "d.test", 4, 500, 0);
        assert_int_equal(ops.n_evicted, 1);
        assert_int_equal(ops.vec.n, 2);
        assert_op(0, NFW_GRANT_REMOVE, "c.test", 3, 2000);
        assert_op(1, NFW_GRANT_ADD, "d.test", 4, 500);
        assert_int_equal(nfw_dns_grants_n_names(g), 3);

        /* Expired names are no eviction and need no operation. */
        learn(g, "e.test", 5, 9000, 500);
        assert_int_equal(ops.n_evicted, 0);
        assert_only_op(NFW_GRANT_ADD, "e.test", 5, 9000);
        nfw_dns_grants_free(g);
}

static void test_eviction_hands_over(void **state) {
        struct nfw_dns_grants *g = new_grants(2);

        (void)state;
        /* a holds address 1 longest and goes first all the same: b lives longer by address 2. */
        learn(g, "b.test", 1, 1000, 0);
        learn(g, "b.test", 2, 3000, 0);
        learn(g, "a.test", 1, 2000, 0);
        assert_only_op(NFW_GRANT_REPLACE, "a.test", 1, 2000);
        learn(g, "c.test", 3, 9000, 0);
        assert_int_equal(ops.n_evicted, 1);
        assert_int_equal(ops.vec.n, 2);
        assert_op(0, NFW_GRANT_REPLACE, "b.test", 1, 1000);
        assert_op(1, NFW_GRANT_ADD, "c.test", 3, 9000);

        /* What is evicted and learned again at once is removed and added, in this order. */
        learn(g, "d.test", 2, 9500, 500);
        assert_int_equal(ops.vec.n, 3);
        assert_op(0, NFW_GRANT_REMOVE, "b.test", 1, 1000);
        assert_op(1, NFW_GRANT_REMOVE, "b.test", 2, 3000);
        assert_op(2, NFW_GRANT_ADD, "d.test", 2, 9500);
        nfw_dns_grants_free(g);
}

static void test_expired_holds_of_an_evicted_name_are_not_removed(void **state) {
        struct nfw_dns_grants *g = new_grants(1);

        (void)state;
        learn(g, "a.test", 1, 1000, 0);
        learn(g, "a.test", 2, 2000, 0);
        learn(g, "b.test", 3, 9000, 1500);
        assert_int_equal(ops.vec.n, 2);
        assert_op(0, NFW_GRANT_REMOVE, "a.test", 2, 2000);
        assert_op(1, NFW_GRANT_ADD, "b.test", 3, 9000);
        nfw_dns_grants_free(g);
}

static void test_addresses_of_a_name_are_bounded(void **state) {
        struct nfw_dns_grants *g = new_grants(10);

        (void)state;
        for (unsigned int i = 0; i < NFW_GRANTS_MAX_ADDRESSES; i++)
                learn(g, "a.test", i, 10000 + i, 0);
        learn(g, "a.test", 5000, 20000, 0);
        assert_int_equal(ops.n_evicted, 0);
        assert_int_equal(ops.vec.n, 2);
        assert_op(0, NFW_GRANT_REMOVE, "a.test", 0, 10000);
        assert_op(1, NFW_GRANT_ADD, "a.test", 5000, 20000);

        /* What would itself be the first to expire is not taken. */
        learn(g, "a.test", 5001, 10001, 0);
        assert_no_op();
        /* The ones that have expired make room by themselves. */
        learn(g, "a.test", 5002, 20000, 10500);
        assert_only_op(NFW_GRANT_ADD, "a.test", 5002, 20000);
        nfw_dns_grants_free(g);
}

static void test_addresses_of_all_names_are_bounded(void **state) {
        struct nfw_dns_grants *g = new_grants(4);
        struct nfw_addr addresses[100];
        size_t learned = 7, n_evicted = 0;
        char name[16];

        (void)state;
        /* Four names may have 128 addresses together. */
        for (unsigned int i = 0; i < 4; i++) {
                for (unsigned int k = 0; k < 100; k++)
                        addresses[k] = address(i * 100 + k);
                snprintf(name, sizeof(name), "n%u.test", i);
                ops.vec.n = ops.n_evicted = 0;
                assert_int_equal(nfw_dns_grants_learn(g, name, &resolver, &learned, 1, addresses, 100,
                                                      1000 + i, 0, &ops),
                                 0);
                n_evicted += ops.n_evicted;
                assert_int_equal(ops.vec.n, i == 0 ? 100 : 200);
                assert_int_equal(nfw_dns_grants_n_names(g), 1);
        }
        assert_int_equal(n_evicted, 3);
        nfw_dns_grants_free(g);
}

static int count(const char *name,
                 const struct nfw_addr *from,
                 size_t learned,
                 const struct nfw_addr *addr,
                 uint64_t expires_ms,
                 void *userdata) {
        assert_non_null(name);
        assert_non_null(addr);
        assert_true(nfw_addr_equal(from, &resolver));
        assert_int_equal(learned, 7);
        assert_true(expires_ms > 0);
        (*(int *)userdata)++;
        return 0;
}

static void test_restore(void **state) {
        struct nfw_dns_grants *g = new_grants(2);
        int n = 0;

        (void)state;
        restore(g, "a.test", 1, 1000);
        restore(g, "a.test", 2, 2000);
        restore(g, "b.test", 3, 1500);
        restore(g, "c.test", 4, 1600);
        assert_int_equal(nfw_dns_grants_n_names(g), 3);
        assert_int_equal(nfw_dns_grants_foreach(g, 0, count, &n), 0);
        assert_int_equal(n, 4);
        n = 0;
        assert_int_equal(nfw_dns_grants_foreach(g, 1500, count, &n), 0);
        assert_int_equal(n, 2);

        learn(g, "a.test", 1, 900, 0);
        assert_no_op();
        learn(g, "a.test", 1, 1100, 0);
        assert_only_op(NFW_GRANT_EXTEND, "a.test", 1, 1100);
        /* More names than allowed came back: they go when a new one comes. */
        learn(g, "d.test", 5, 9000, 0);
        assert_int_equal(ops.n_evicted, 2);
        assert_int_equal(ops.vec.n, 3);
        assert_op(0, NFW_GRANT_REMOVE, "b.test", 3, 1500);
        assert_op(1, NFW_GRANT_REMOVE, "c.test", 4, 1600);
        assert_op(2, NFW_GRANT_ADD, "d.test", 5, 9000);
        nfw_dns_grants_free(g);
}

static int stop(const char *name,
                const struct nfw_addr *from,
                size_t learned,
                const struct nfw_addr *addr,
                uint64_t expires_ms,
                void *userdata) {
        (void)name;
        (void)from;
        (void)learned;
        (void)addr;
        (void)expires_ms;
        (*(int *)userdata)++;
        return -5;
}

static void test_foreach_forwards_errors(void **state) {
        struct nfw_dns_grants *g = new_grants(2);
        int n = 0;

        (void)state;
        restore(g, "a.test", 1, 1000);
        restore(g, "a.test", 2, 1000);
        assert_int_equal(nfw_dns_grants_foreach(g, 0, stop, &n), -5);
        assert_int_equal(n, 1);
        nfw_dns_grants_free(g);
}

static int add_name(const char *name, uint64_t expires_ms, void *userdata) {
        char *text = userdata;

        snprintf(text + strlen(text), 64 - strlen(text), "%s %u ", name, (unsigned int)expires_ms);
        return strcmp(name, "stop.test") == 0 ? 1 : 0;
}

static void test_names_of_an_address(void **state) {
        struct nfw_dns_grants *g = new_grants(9);
        struct nfw_addr one = address(1), two = address(2);
        char text[64] = "";

        (void)state;
        restore(g, "a.test", 1, 1000);
        restore(g, "b.test", 1, 2000);
        restore(g, "stop.test", 2, 3000);
        restore(g, "c.test", 2, 2000);
        assert_int_equal(nfw_dns_grants_foreach_name(g, 7, &one, add_name, text), 0);
        assert_string_equal(text, "b.test 2000 a.test 1000 ");
        text[0] = '\0';
        assert_int_equal(nfw_dns_grants_foreach_name(g, 7, &two, add_name, text), 1);
        assert_string_equal(text, "stop.test 3000 ");
        text[0] = '\0';
        assert_int_equal(nfw_dns_grants_foreach_name(g, 8, &one, add_name, text), 0);
        assert_string_equal(text, "");
        nfw_dns_grants_free(g);
}

static void check(struct nfw_dns_grants *g, unsigned int n, uint64_t expires) {
        struct nfw_addr addr = address(n);

        assert_int_equal(nfw_dns_grants_check_element(g, 7, &addr, expires, 1000, 10, &ops), 0);
}

static void assert_removal(size_t index, unsigned int n) {
        struct nfw_addr addr = address(n);

        assert_true(index < ops.vec.n);
        assert_int_equal(ops.vec.items[index].change, NFW_GRANT_REMOVE);
        assert_null(ops.vec.items[index].name);
        assert_int_equal(ops.vec.items[index].learned, 7);
        assert_true(nfw_addr_equal(&ops.vec.items[index].addr, &addr));
}

static void test_what_the_kernel_has_is_checked(void **state) {
        struct nfw_dns_grants *g = new_grants(9);

        (void)state;
        restore(g, "a.test", 1, 2000);
        restore(g, "b.test", 1, 3000);
        restore(g, "c.test", 2, 2000);
        restore(g, "d.test", 3, 2000);
        restore(g, "e.test", 4, 1000);
        restore(g, "f.test", 5, 1011);
        restore(g, "g.test", 6, 1010);

        /* Twice: what was found the first time is not taken for found the second. */
        for (int i = 0; i < 2; i++) {
                ops.vec.n = 0;
                nfw_dns_grants_check_begin(g);
                check(g, 1, 3010);
                check(g, 2, 1990);
                check(g, 3, 2000);
                check(g, 4, 1010); /* has expired, and the kernel does not know yet */
                check(g, 9, 1010);
                check(g, 5, 1011);
                assert_no_op();
                assert_int_equal(nfw_dns_grants_check_end(g, 1000, 10, &ops), 0);
                assert_no_op();
        }

        nfw_dns_grants_check_begin(g);
        check(g, 1, 3011);
        check(g, 2, 1989);
        check(g, 3, UINT64_MAX);
        assert_int_equal(ops.vec.n, 3);
        assert_op(0, NFW_GRANT_REPLACE, "b.test", 1, 3000);
        assert_op(1, NFW_GRANT_REPLACE, "c.test", 2, 2000);
        assert_op(2, NFW_GRANT_REPLACE, "d.test", 3, 2000);
        ops.vec.n = 0;
        check(g, 4, 1011);
        check(g, 8, 1011);
        check(g, 9, UINT64_MAX);
        assert_int_equal(ops.vec.n, 3);
        assert_removal(0, 4);
        assert_removal(1, 8);
        assert_removal(2, 9);
        ops.vec.n = 0;
        /* One that has a moment left is not worth it. */
        assert_int_equal(nfw_dns_grants_check_end(g, 1000, 10, &ops), 0);
        assert_only_op(NFW_GRANT_ADD, "f.test", 5, 1011);
        nfw_dns_grants_free(g);
}

static int free_ops(void **state) {
        (void)state;
        nfw_vec_deinit(&ops.vec);
        return 0;
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_add_and_extend),
                cmocka_unit_test(test_an_expired_element_is_added_again),
                cmocka_unit_test(test_two_names_of_one_address),
                cmocka_unit_test(test_many_at_once),
                cmocka_unit_test(test_nothing_to_learn),
                cmocka_unit_test(test_the_first_to_expire_makes_room),
                cmocka_unit_test(test_eviction_hands_over),
                cmocka_unit_test(test_expired_holds_of_an_evicted_name_are_not_removed),
                cmocka_unit_test(test_addresses_of_a_name_are_bounded),
                cmocka_unit_test(test_addresses_of_all_names_are_bounded),
                cmocka_unit_test(test_restore),
                cmocka_unit_test(test_foreach_forwards_errors),
                cmocka_unit_test(test_names_of_an_address),
                cmocka_unit_test(test_what_the_kernel_has_is_checked),
        };

        return cmocka_run_group_tests(tests, NULL, free_ops);
}
