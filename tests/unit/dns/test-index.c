/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "build.h"
#include "dns/index.h"

static void add(struct nfw_dns_index *index, const char *pattern, size_t learned) {
        struct nfw_domain domain;
        const char *reason;

        assert_int_equal(nfw_domain_parse(pattern, &domain, &reason), 0);
        assert_int_equal(nfw_dns_index_add(index, &domain, learned), 0);
}

static int compare(const void *a, const void *b) {
        size_t x = *(const size_t *)a, y = *(const size_t *)b;

        return x < y ? -1 : x > y;
}

static void assert_match(const struct nfw_dns_index *index, const char *name, const char *expected) {
        struct nfw_dns_ids ids = { 0 };
        char text[256] = "";

        assert_int_equal(nfw_dns_index_match(index, name, &ids), 0);
        if (ids.vec.n > 0)
                qsort(ids.vec.items, ids.vec.n, sizeof(size_t), compare);
        for (size_t i = 0; i < ids.vec.n; i++)
                snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%zu", i ? " " : "",
                         ids.vec.items[i]);
        assert_string_equal(text, expected);
        nfw_vec_deinit(&ids.vec);
}

static void test_kinds(void **state) {
        struct nfw_dns_index *index;

        (void)state;
        assert_int_equal(nfw_dns_index_new(&index), 0);
        assert_match(index, "example.com", "");
        add(index, "example.com", 1);
        add(index, "*.example.com", 2);
        add(index, "www.example.com", 3);
        add(index, "*.com", 4);
        assert_match(index, "example.com", "1 4");
        assert_match(index, "www.example.com", "2 3 4");
        assert_match(index, "a.b.c.example.com", "2 4");
        assert_match(index, "notexample.com", "4");
        assert_match(index, "com", "");
        assert_match(index, "example.com.evil.test", "");
        assert_match(index, "", "");
        add(index, "*", 5);
        assert_match(index, "", "5");
        assert_match(index, "x", "5");
        assert_match(index, "example.com", "1 4 5");
        assert_null(nfw_dns_index_free(index));
        assert_null(nfw_dns_index_free(NULL));
}

static void test_each_once(void **state) {
        struct nfw_dns_index *index;
        struct nfw_dns_ids ids = { 0 };

        (void)state;
        assert_int_equal(nfw_dns_index_new(&index), 0);
        add(index, "a.test", 1);
        add(index, "a.test", 1);
        add(index, "A.TEST.", 1);
        add(index, "*.test", 1);
        add(index, "*", 1);
        add(index, "*", 2);
        assert_match(index, "a.test", "1 2");

        /* A second name's sets join those of the first. */
        assert_int_equal(nfw_dns_index_match(index, "a.test", &ids), 0);
        assert_int_equal(nfw_dns_index_match(index, "b.test", &ids), 0);
        assert_int_equal(ids.vec.n, 2);
        nfw_vec_deinit(&ids.vec);
        nfw_dns_index_free(index);
}

/* Against nfw_domain_matches() for each pattern by itself, over a small alphabet where much collides. */
static void test_against_one_by_one(void **state) {
        unsigned int seed = (unsigned int)time(NULL);
        struct nfw_domain domains[64];
        struct nfw_dns_index *index;
        const char *reason;

        (void)state;
        print_message("seed %u\n", seed);
        srandom(seed);
        assert_int_equal(nfw_dns_index_new(&index), 0);

        for (size_t i = 0; i < 64; i++) {
                char text[64] = "";

                if (random() % 2)
                        strcat(text, "*.");
                for (long n = random() % 3; n >= 0; n--)
                        strcat(text, (const char *[]){ "a.", "b.", "ab." }[random() % 3]);
                assert_int_equal(nfw_domain_parse(text, domains + i, &reason), 0);
                assert_int_equal(nfw_dns_index_add(index, domains + i, i), 0);
        }

        for (int round = 0; round < 2000; round++) {
                struct nfw_dns_ids ids = { 0 };
                char name[64] = "";
                size_t n = 0;

                for (long k = random() % 4; k >= 0; k--)
                        strcat(name, (const char *[]){ "a.", "b.", "ab." }[random() % 3]);
                name[strlen(name) - 1] = 0;
                assert_int_equal(nfw_dns_index_match(index, name, &ids), 0);
                for (size_t i = 0; i < 64; i++) {
                        bool found = false;

                        nfw_vec_foreach (id, &ids.vec)
                                found |= *id == i;
                        assert_int_equal(found, nfw_domain_matches(domains + i, name));
                        n += found;
                }
                assert_int_equal(n, ids.vec.n);
                nfw_vec_deinit(&ids.vec);
        }
        nfw_dns_index_free(index);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_kinds),
                cmocka_unit_test(test_each_once),
                cmocka_unit_test(test_against_one_by_one),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
