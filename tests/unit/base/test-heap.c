/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/heap.h"
#include "base/macros.h"

#define N 500

static uint32_t next_number(uint32_t *seed) {
        *seed = *seed * 1664525 + 1013904223;
        return *seed >> 8;
}

static void test_drains_in_order(void **state nfw_unused) {
        struct nfw_heap_node nodes[N];
        struct nfw_heap heap = { 0 };
        uint32_t seed = 1;
        uint64_t last = 0;

        for (size_t i = 0; i < N; i++)
                assert_int_equal(nfw_heap_push(&heap, &nodes[i], next_number(&seed) % 100), 0);
        for (size_t i = 0; i < N; i++) {
                struct nfw_heap_node *first = nfw_heap_first(&heap);

                assert_non_null(first);
                assert_true(first->key >= last);
                last = first->key;
                nfw_heap_remove(&heap, first);
        }
        assert_null(nfw_heap_first(&heap));
        nfw_heap_deinit(&heap);
}

static void test_update_and_remove_anywhere(void **state nfw_unused) {
        struct nfw_heap_node nodes[N];
        bool gone[N] = { false };
        struct nfw_heap heap = { 0 };
        uint32_t seed = 2;

        for (size_t i = 0; i < N; i++)
                assert_int_equal(nfw_heap_push(&heap, &nodes[i], next_number(&seed)), 0);

        for (size_t round = 0; round < 10 * N; round++) {
                size_t i = next_number(&seed) % N;
                uint64_t smallest = UINT64_MAX;

                if (gone[i])
                        continue;
                if (round % 7 == 0) {
                        nfw_heap_remove(&heap, &nodes[i]);
                        gone[i] = true;
                } else
                        nfw_heap_update(&heap, &nodes[i], next_number(&seed));

                for (size_t j = 0; j < N; j++)
                        if (!gone[j] && nodes[j].key < smallest)
                                smallest = nodes[j].key;
                if (smallest == UINT64_MAX)
                        assert_null(nfw_heap_first(&heap));
                else
                        assert_int_equal(nfw_heap_first(&heap)->key, smallest);
        }
        nfw_heap_deinit(&heap);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_drains_in_order),
                cmocka_unit_test(test_update_and_remove_anywhere),
        };

        return cmocka_run_group_tests_name("base/heap", tests, NULL, NULL);
}
