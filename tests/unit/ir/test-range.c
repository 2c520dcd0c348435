/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/macros.h"
#include "cmocka_all.h"
#include "ir/range.h"

static const size_t sizes[] = { 1, 2, 4, 16 };

/* From first to last, both counted from the highest value down where they are negative. */
static struct nfw_range range_of(int first, int last, size_t size) {
        struct nfw_range range = nfw_range_from_number((uint64_t)(int64_t)first, size);
        struct nfw_range end = nfw_range_from_number((uint64_t)(int64_t)last, size);

        /* A number has 8 octets; the sign goes on before them. */
        for (size_t i = 0; i + 8 < size; i++) {
                range.first[i] = first < 0 ? 0xff : 0;
                end.first[i] = last < 0 ? 0xff : 0;
        }
        memcpy(range.last, end.first, sizeof(range.last));
        return range;
}

static void add(struct nfw_ranges *ranges, int first, int last, size_t size) {
        struct nfw_range range = range_of(first, last, size);

        assert_int_equal(nfw_ranges_add(ranges, &range), 0);
}

static void assert_range(const struct nfw_ranges *ranges, size_t index, int first, int last, size_t size) {
        struct nfw_range expected = range_of(first, last, size);

        assert_true(index < ranges->vec.n);
        assert_memory_equal(&ranges->vec.items[index], &expected, sizeof(expected));
}

static void test_numbers(void **state nfw_unused) {
        struct nfw_range range = nfw_range_from_number(0x1234, 2);
        static const uint8_t expected[NFW_VALUE_MAX] = { 0x12, 0x34 };
        const struct nfw_port_range ports = { 256, 65535 };

        assert_memory_equal(range.first, expected, sizeof(expected));
        assert_memory_equal(range.last, expected, sizeof(expected));
        assert_true(nfw_range_is_single(&range));

        range = nfw_range_from_ports(&ports);
        assert_false(nfw_range_is_single(&range));
        assert_int_equal(range.first[0], 1);
        assert_int_equal(range.first[1], 0);
        assert_int_equal(range.last[0], 0xff);
        assert_int_equal(range.last[1], 0xff);
        assert_int_equal(range.last[2], 0);
        assert_int_equal(nfw_range_n_values(&range, 2), 65280);
}

static void test_prefixes(void **state nfw_unused) {
        static const struct {
                const char *text, *first, *last;
        } cases[] = {
                { "0.0.0.0/0", "0.0.0.0", "255.255.255.255" },
                { "10.0.0.0/9", "10.0.0.0", "10.127.255.255" },
                { "255.255.255.255", "255.255.255.255", "255.255.255.255" },
                { "::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
                { "2001:db8::/33", "2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff" },
                { "::1", "::1", "::1" },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                struct nfw_prefix prefix;
                struct nfw_addr first, last;
                struct nfw_range range;
                bool host_bits;
                const char *reason;
                unsigned int length;

                assert_int_equal(nfw_prefix_parse(cases[i].text, &prefix, &host_bits, &reason), 0);
                assert_int_equal(nfw_addr_parse(cases[i].first, &first), 0);
                assert_int_equal(nfw_addr_parse(cases[i].last, &last), 0);
                range = nfw_range_from_prefix(&prefix);
                assert_memory_equal(range.first, first.bytes, NFW_VALUE_MAX);
                assert_memory_equal(range.last, last.bytes, NFW_VALUE_MAX);
                assert_true(nfw_range_is_prefix(&range, nfw_addr_size(first.family), &length));
                assert_int_equal(length, prefix.length);
        }
}

static void test_not_a_prefix(void **state nfw_unused) {
        struct nfw_range range = range_of(1, 2, 4);
        unsigned int length;

        assert_false(nfw_range_is_prefix(&range, 4, &length));
        range = range_of(0, 2, 4);
        assert_false(nfw_range_is_prefix(&range, 4, &length));
        range = range_of(2, 3, 4);
        assert_true(nfw_range_is_prefix(&range, 4, &length));
        assert_int_equal(length, 31);
}

static void test_normalize(void **state nfw_unused) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(sizes); i++) {
                const size_t size = sizes[i];
                struct nfw_ranges ranges = { 0 };

                nfw_ranges_normalize(&ranges, size);
                assert_int_equal(ranges.vec.n, 0);

                /* Touching, overlapping, contained, equal, apart; in no order. */
                add(&ranges, 40, 50, size);
                add(&ranges, 10, 19, size);
                add(&ranges, 20, 25, size);
                add(&ranges, 41, 42, size);
                add(&ranges, 45, 60, size);
                add(&ranges, 27, 27, size);
                add(&ranges, 10, 19, size);
                nfw_ranges_normalize(&ranges, size);
                assert_int_equal(ranges.vec.n, 3);
                assert_range(&ranges, 0, 10, 25, size);
                assert_range(&ranges, 1, 27, 27, size);
                assert_range(&ranges, 2, 40, 60, size);
                nfw_ranges_deinit(&ranges);
        }
}

static void test_normalize_at_the_ends(void **state nfw_unused) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(sizes); i++) {
                const size_t size = sizes[i];
                struct nfw_ranges ranges = { 0 };

                /* The highest value and 0 do not touch. */
                add(&ranges, -1, -1, size);
                add(&ranges, 0, 0, size);
                nfw_ranges_normalize(&ranges, size);
                assert_int_equal(ranges.vec.n, 2);
                assert_range(&ranges, 0, 0, 0, size);
                assert_range(&ranges, 1, -1, -1, size);

                add(&ranges, 1, -2, size);
                nfw_ranges_normalize(&ranges, size);
                assert_int_equal(ranges.vec.n, 1);
                assert_range(&ranges, 0, 0, -1, size);
                nfw_ranges_deinit(&ranges);
        }
}

/* The last octet decides, and the octets behind the value do not count. */
static void test_carry(void **state nfw_unused) {
        struct nfw_ranges ranges = { 0 };

        add(&ranges, 0x0100, 0x01ff, 2);
        add(&ranges, 0x0200, 0x02ff, 2);
        nfw_ranges_normalize(&ranges, 2);
        assert_int_equal(ranges.vec.n, 1);
        assert_range(&ranges, 0, 0x0100, 0x02ff, 2);
        nfw_ranges_deinit(&ranges);
}

static void test_contain(void **state nfw_unused) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(sizes); i++) {
                static const struct {
                        int value;
                        bool contained;
                } cases[] = {
                        { 0, true },  { 1, false },  { 9, false },  { 10, true }, { 15, true },
                        { 20, true }, { 21, false }, { -5, false }, { -4, true }, { -1, true },
                };

                const size_t size = sizes[i];
                struct nfw_ranges ranges = { 0 };

                add(&ranges, 0, 0, size);
                add(&ranges, 10, 20, size);
                add(&ranges, -4, -1, size);
                for (size_t j = 0; j < NFW_ARRAY_SIZE(cases); j++) {
                        struct nfw_range value = range_of(cases[j].value, cases[j].value, size);

                        assert_int_equal(nfw_ranges_contain(&ranges, value.first), cases[j].contained);
                }
                nfw_ranges_deinit(&ranges);
        }
}

static void test_overlap_and_containment(void **state nfw_unused) {
        static const struct {
                int a[2], b[2];
                bool overlap, contains;
        } cases[] = {
                { { 10, 20 }, { 21, 30 }, false, false }, { { 10, 20 }, { 20, 30 }, true, false },
                { { 10, 20 }, { 0, 9 }, false, false },   { { 10, 20 }, { 0, 10 }, true, false },
                { { 10, 20 }, { 12, 13 }, true, true },   { { 10, 20 }, { 0, -1 }, true, false },
                { { 0, -1 }, { -1, -1 }, true, true },    { { 0, 0 }, { -1, -1 }, false, false },
                { { 10, 20 }, { 10, 20 }, true, true },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(sizes); i++) {
                for (size_t j = 0; j < NFW_ARRAY_SIZE(cases); j++) {
                        const size_t size = sizes[i];
                        struct nfw_ranges a = { 0 }, b = { 0 };

                        add(&a, cases[j].a[0], cases[j].a[1], size);
                        add(&b, cases[j].b[0], cases[j].b[1], size);
                        assert_int_equal(nfw_ranges_overlap(&a, &b), cases[j].overlap);
                        assert_int_equal(nfw_ranges_overlap(&b, &a), cases[j].overlap);
                        assert_int_equal(nfw_ranges_contain_all(&a, &b), cases[j].contains);
                        nfw_ranges_deinit(&a);
                        nfw_ranges_deinit(&b);
                }
        }
}

/* One side much longer than the other takes another path than two of a length. */
static void test_long_lists(void **state nfw_unused) {
        struct nfw_ranges many = { 0 }, one = { 0 }, shifted = { 0 }, both = { 0 };

        for (int i = 0; i < 1000; i++) {
                add(&many, i * 10, i * 10 + 4, 4);
                add(&shifted, i * 10 + 5, i * 10 + 9, 4);
        }
        assert_false(nfw_ranges_overlap(&many, &shifted));
        assert_int_equal(nfw_ranges_intersect(&many, &shifted, &both), 0);
        assert_int_equal(both.vec.n, 0);

        add(&one, 5005, 5009, 4);
        assert_false(nfw_ranges_overlap(&many, &one));
        assert_false(nfw_ranges_overlap(&one, &many));
        assert_true(nfw_ranges_overlap(&shifted, &one));
        assert_true(nfw_ranges_contain_all(&shifted, &one));
        nfw_ranges_deinit(&one);
        add(&one, 5004, 5010, 4);
        assert_true(nfw_ranges_overlap(&many, &one));
        assert_true(nfw_ranges_overlap(&one, &many));

        assert_int_equal(nfw_ranges_intersect(&many, &one, &both), 0);
        assert_int_equal(both.vec.n, 2);
        assert_range(&both, 0, 5004, 5004, 4);
        assert_range(&both, 1, 5010, 5010, 4);
        nfw_ranges_deinit(&both);
        nfw_ranges_deinit(&one);
        nfw_ranges_deinit(&many);
        nfw_ranges_deinit(&shifted);
}

/* Many ranges are sorted in another way than few. */
static void test_normalize_many(void **state nfw_unused) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(sizes); i++)
                for (int n = 200; n <= 2000; n += 600) {
                        size_t size = sizes[i], n_expected = 0;
                        struct nfw_ranges ranges = { 0 };
                        bool wanted[65536] = { false };

                        for (int j = 0; j < n; j++) {
                                int first = (int)((unsigned int)j * 40503u % (size == 1 ? 200 : 60000));
                                int last = first + j % 3;

                                add(&ranges, first, last, size);
                                while (first <= last)
                                        wanted[first++] = true;
                        }
                        nfw_ranges_normalize(&ranges, size);

                        for (int first = 0, last; first < 65536; first = last + 1) {
                                last = first;
                                if (!wanted[first])
                                        continue;
                                while (wanted[last + 1])
                                        last++;
                                assert_range(&ranges, n_expected++, first, last, size);
                        }
                        assert_int_equal(ranges.vec.n, n_expected);
                        nfw_ranges_deinit(&ranges);
                }
}

/* All octets of a value count, the first one most. */
static void test_normalize_wide(void **state nfw_unused) {
        const size_t n = 1000;
        struct nfw_ranges ranges = { 0 };

        for (size_t i = 0; i < n; i++) {
                struct nfw_range range = { 0 };

                for (size_t j = 0; j < NFW_VALUE_MAX; j++)
                        range.first[j] = (uint8_t)((i * 40503 + 7) * (j % 5 + 1) >> (j % 3 * 3));
                memcpy(range.last, range.first, sizeof(range.last));
                assert_int_equal(nfw_ranges_add(&ranges, &range), 0);
        }
        nfw_ranges_normalize(&ranges, NFW_VALUE_MAX);
        assert_int_equal(ranges.vec.n, n);
        for (size_t i = 1; i < n; i++)
                assert_true(memcmp(ranges.vec.items[i - 1].last, ranges.vec.items[i].first, NFW_VALUE_MAX) <
                            0);
        nfw_ranges_deinit(&ranges);
}

/* The order is that of memcmp(). */
static void test_compare_values(void **state nfw_unused) {
        static const uint8_t octets[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
        uint8_t a[NFW_VALUE_MAX] = { 1, 2, 3 }, b[NFW_VALUE_MAX];

        assert_int_equal(nfw_value_compare(a, a), 0);
        for (size_t i = 0; i < NFW_VALUE_MAX; i++)
                for (size_t j = 0; j < NFW_VALUE_MAX; j++)
                        for (size_t k = 0; k < NFW_ARRAY_SIZE(octets); k++) {
                                int expected;

                                memcpy(b, a, sizeof(b));
                                b[i] ^= octets[k];
                                b[j] ^= 0x55;
                                expected = memcmp(a, b, sizeof(b));
                                assert_int_equal(nfw_value_compare(a, b), (expected > 0) - (expected < 0));
                        }
}

static void test_compare(void **state nfw_unused) {
        struct nfw_ranges a = { 0 }, b = { 0 };

        assert_true(nfw_ranges_equal(&a, &b));
        add(&a, 1, 2, 2);
        assert_false(nfw_ranges_equal(&a, &b));
        add(&b, 1, 3, 2);
        assert_false(nfw_ranges_equal(&a, &b));
        assert_true(nfw_ranges_compare(&a, &b) < 0);
        assert_true(nfw_ranges_compare(&b, &a) > 0);
        nfw_ranges_deinit(&b);
        add(&b, 1, 2, 2);
        assert_true(nfw_ranges_equal(&a, &b));
        nfw_ranges_deinit(&a);
        nfw_ranges_deinit(&b);
}

static void test_number_of_values(void **state nfw_unused) {
        struct nfw_range range;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(sizes); i++) {
                range = range_of(7, 7, sizes[i]);
                assert_int_equal(nfw_range_n_values(&range, sizes[i]), 1);
                range = range_of(7, 16, sizes[i]);
                assert_int_equal(nfw_range_n_values(&range, sizes[i]), 10);
        }
        range = range_of(0, -1, 1);
        assert_int_equal(nfw_range_n_values(&range, 1), 256);
        range = range_of(0, -1, 4);
        assert_int_equal(nfw_range_n_values(&range, 4), UINT64_C(1) << 32);
        range = range_of(0, -1, 16);
        assert_true(nfw_range_n_values(&range, 16) == UINT64_MAX);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_prefixes),
                cmocka_unit_test(test_not_a_prefix),
                cmocka_unit_test(test_normalize),
                cmocka_unit_test(test_normalize_at_the_ends),
                cmocka_unit_test(test_carry),
                cmocka_unit_test(test_contain),
                cmocka_unit_test(test_overlap_and_containment),
                cmocka_unit_test(test_long_lists),
                cmocka_unit_test(test_normalize_many),
                cmocka_unit_test(test_normalize_wide),
                cmocka_unit_test(test_compare_values),
                cmocka_unit_test(test_compare),
                cmocka_unit_test(test_number_of_values),
        };

        return cmocka_run_group_tests_name("ir/range", tests, NULL, NULL);
}
