/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/macros.h"
#include "cmocka_all.h"
#include "ir/plan/box.h"

/* Boxes of address, protocol and port in a space so small that every point can be looked at. */
#define N_ADDRS     16
#define N_PROTOCOLS 3
#define N_PORTS     16

static struct nfw_range range_of(unsigned int first, unsigned int last, size_t size) {
        struct nfw_range range = nfw_range_from_number(first, size);
        struct nfw_range end = nfw_range_from_number(last, size);

        memcpy(range.last, end.first, sizeof(range.last));
        return range;
}

static void add(struct nfw_plan_boxes *boxes,
                unsigned int addr,
                unsigned int addr_last,
                unsigned int protocol,
                unsigned int port,
                unsigned int port_last) {
        const struct nfw_range box[] = {
                range_of(addr, addr_last, 4),
                range_of(protocol, protocol, 1),
                range_of(port, port_last, 2),
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(box); i++)
                assert_int_equal(nfw_vec_push(&boxes->ranges, box[i]), 0);
}

static struct nfw_plan_boxes no_boxes(void) {
        return (struct nfw_plan_boxes){
                .fields = { NFW_FIELD_IP_DADDR, NFW_FIELD_L4PROTO, NFW_FIELD_TH_DPORT },
                .n_fields = 3,
        };
}

static void mark(const struct nfw_range *ranges, size_t n, bool map[N_ADDRS][N_PROTOCOLS][N_PORTS]) {
        for (unsigned int a = 0; a < N_ADDRS; a++) {
                for (unsigned int p = 0; p < N_PROTOCOLS; p++) {
                        for (unsigned int t = 0; t < N_PORTS; t++) {
                                const struct nfw_range point[] = { range_of(a, a, 4), range_of(p, p, 1),
                                                                   range_of(t, t, 2) };

                                for (size_t i = 0; i < n; i += 3) {
                                        if (nfw_plan_box_covers(&ranges[i], point, 3))
                                                map[a][p][t] = true;
                                }
                        }
                }
        }
}

static void assert_disjoint(const struct nfw_range *ranges, size_t n) {
        for (size_t i = 0; i < n; i += 3) {
                for (size_t j = i + 3; j < n; j += 3)
                        assert_false(nfw_plan_box_overlaps(&ranges[i], &ranges[j], 3));
        }
}

static void assert_parts(const struct nfw_plan_parts *parts, bool expected[N_ADDRS][N_PROTOCOLS][N_PORTS]) {
        bool map[N_ADDRS][N_PROTOCOLS][N_PORTS] = { 0 };

        nfw_vec_foreach (part, &parts->vec) {
                assert_true(part->elements.n > 0);
                assert_disjoint(part->elements.items, part->elements.n);
                nfw_vec_foreach (range, &part->elements)
                        assert_true(part->interval || nfw_range_is_single(range));
                mark(part->elements.items, part->elements.n, map);
        }
        assert_memory_equal(map, expected, sizeof(map));
}

static void test_random_boxes(void **state nfw_unused) {
        uint32_t seed = 1;

        for (unsigned int round = 0; round < 300; round++) {
                nfw_cleanup(nfw_plan_boxes_deinit) struct nfw_plan_boxes boxes = no_boxes();
                nfw_cleanup(nfw_plan_parts_deinit) struct nfw_plan_parts parts = { 0 };
                bool expected[N_ADDRS][N_PROTOCOLS][N_PORTS] = { 0 };
                unsigned int n = 1 + round % 40;
                /* From points to large boxes. */
                unsigned int width = 1 + round % 9;

                for (unsigned int i = 0; i < n; i++) {
                        unsigned int v[5];

                        for (size_t j = 0; j < NFW_ARRAY_SIZE(v); j++) {
                                seed = seed * 1664525 + 1013904223;
                                v[j] = seed >> 16;
                        }
                        v[0] %= N_ADDRS;
                        v[3] %= N_PORTS;
                        v[1] = NFW_MIN(v[0] + v[1] % width, N_ADDRS - 1U);
                        v[4] = NFW_MIN(v[3] + v[4] % width, N_PORTS - 1U);
                        add(&boxes, v[0], v[1], v[2] % N_PROTOCOLS, v[3], v[4]);
                }
                mark(boxes.ranges.items, boxes.ranges.n, expected);
                assert_int_equal(nfw_plan_boxes_partition(&boxes, &parts), 0);
                assert_parts(&parts, expected);
        }
}

static void test_points_are_one_hash_set(void **state nfw_unused) {
        nfw_cleanup(nfw_plan_boxes_deinit) struct nfw_plan_boxes boxes = no_boxes();
        nfw_cleanup(nfw_plan_parts_deinit) struct nfw_plan_parts parts = { 0 };

        for (unsigned int i = 0; i < 10; i++)
                add(&boxes, i % 5, i % 5, i % 2, i % 3, i % 3);
        /* Twice, and two neighbours as a range: still cheaper than an interval set. */
        add(&boxes, 0, 0, 0, 0, 0);
        add(&boxes, 12, 13, 0, 7, 7);
        assert_int_equal(nfw_plan_boxes_partition(&boxes, &parts), 0);
        assert_int_equal(parts.vec.n, 1);
        assert_false(parts.vec.items[0].interval);
        assert_int_equal(parts.vec.items[0].elements.n, 3 * 12);
}

static void test_covered_and_joined(void **state nfw_unused) {
        nfw_cleanup(nfw_plan_boxes_deinit) struct nfw_plan_boxes boxes = no_boxes();

        add(&boxes, 0, 7, 1, 0, 9);
        add(&boxes, 3, 4, 1, 5, 5);   /* covered */
        add(&boxes, 0, 7, 1, 10, 12); /* touches in the port */
        add(&boxes, 8, 15, 1, 0, 12); /* touches in the address, once the ports are joined */
        add(&boxes, 0, 7, 2, 0, 9);   /* another protocol that does touch: 1 and 2 */
        assert_int_equal(nfw_plan_boxes_simplify(&boxes), 0);
        assert_int_equal(nfw_plan_boxes_count(&boxes), 2);
}

static void test_overlaps_take_layers(void **state nfw_unused) {
        nfw_cleanup(nfw_plan_boxes_deinit) struct nfw_plan_boxes boxes = no_boxes();
        nfw_cleanup(nfw_plan_parts_deinit) struct nfw_plan_parts parts = { 0 };

        add(&boxes, 0, 15, 1, 4, 6);
        add(&boxes, 4, 6, 1, 0, 15);
        add(&boxes, 8, 9, 1, 8, 15);
        assert_int_equal(nfw_plan_boxes_partition(&boxes, &parts), 0);
        assert_int_equal(parts.vec.n, 2);
        assert_true(parts.vec.items[0].interval);
        assert_int_equal(parts.vec.items[0].elements.n, 3 * 2);
        assert_int_equal(parts.vec.items[1].elements.n, 3 * 1);
}

/* Filling large interval sets is slow: points among boxes get a hash set once there are many of them. */
static void test_many_points_stand_apart(void **state nfw_unused) {
        nfw_cleanup(nfw_plan_boxes_deinit) struct nfw_plan_boxes boxes = no_boxes();
        nfw_cleanup(nfw_plan_parts_deinit) struct nfw_plan_parts parts = { 0 };

        for (unsigned int i = 0; i < 2000; i++)
                add(&boxes, i * 3, i * 3, 6, i, i);
        add(&boxes, 0x0a000000, 0x0affffff, 6, 1, 1024);
        assert_int_equal(nfw_plan_boxes_partition(&boxes, &parts), 0);
        assert_int_equal(parts.vec.n, 2);
        assert_false(parts.vec.items[0].interval);
        assert_int_equal(parts.vec.items[0].elements.n, 3 * 2000);
        assert_true(parts.vec.items[1].interval);
        assert_int_equal(parts.vec.items[1].elements.n, 3);
}

static void test_product(void **state nfw_unused) {
        nfw_cleanup(nfw_plan_boxes_deinit) struct nfw_plan_boxes boxes = no_boxes();
        struct nfw_ranges by_field[NFW_N_POLICY_FIELDS] = { 0 };
        bool map[N_ADDRS][N_PROTOCOLS][N_PORTS] = { 0 };
        size_t n = 0;

        for (unsigned int i = 0; i < 3; i++) {
                struct nfw_range addr = range_of(i * 4, i * 4 + 1, 4), port = range_of(i * 5, i * 5, 2);

                assert_int_equal(nfw_ranges_add(&by_field[NFW_FIELD_IP_DADDR], &addr), 0);
                assert_int_equal(nfw_ranges_add(&by_field[NFW_FIELD_TH_DPORT], &port), 0);
        }
        for (unsigned int i = 0; i < 2; i++) {
                struct nfw_range protocol = range_of(i, i, 1);

                assert_int_equal(nfw_ranges_add(&by_field[NFW_FIELD_L4PROTO], &protocol), 0);
        }
        assert_int_equal(nfw_plan_boxes_add_product(&boxes, by_field), 0);
        assert_int_equal(nfw_plan_boxes_count(&boxes), 3 * 2 * 3);
        assert_int_equal(nfw_plan_box_n_values(&boxes, boxes.ranges.items), 2);
        mark(boxes.ranges.items, boxes.ranges.n, map);
        for (size_t i = 0; i < sizeof(map); i++)
                n += ((const bool *)map)[i];
        assert_int_equal(n, 6 * 2 * 3);

        for (size_t i = 0; i < NFW_N_POLICY_FIELDS; i++)
                nfw_ranges_deinit(&by_field[i]);
}

/* Up to the highest values of the fields. */
static void test_values_of_a_box(void **state nfw_unused) {
        nfw_cleanup(nfw_plan_boxes_deinit) struct nfw_plan_boxes boxes = no_boxes();
        const struct nfw_range box[] = {
                range_of(0xfffffffe, 0xffffffff, 4),
                range_of(255, 255, 1),
                range_of(65534, 65535, 2),
        };

        assert_int_equal(nfw_plan_box_n_values(&boxes, box), 4);
        assert_int_equal(nfw_plan_boxes_add_values(&boxes, box), 0);
        assert_int_equal(nfw_plan_boxes_count(&boxes), 4);
        nfw_plan_boxes_sort(&boxes);
        assert_int_equal(nfw_plan_boxes_count(&boxes), 4);
        nfw_vec_foreach (range, &boxes.ranges)
                assert_true(nfw_range_is_single(range));
        assert_memory_equal(boxes.ranges.items[11].last, box[2].last, NFW_VALUE_MAX);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_random_boxes),
                cmocka_unit_test(test_points_are_one_hash_set),
                cmocka_unit_test(test_covered_and_joined),
                cmocka_unit_test(test_overlaps_take_layers),
                cmocka_unit_test(test_many_points_stand_apart),
                cmocka_unit_test(test_product),
                cmocka_unit_test(test_values_of_a_box),
        };

        return cmocka_run_group_tests_name("ir/boxes", tests, NULL, NULL);
}
