/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/siphash.h"

/* The vectors of the reference implementation: key 00 01 … 0f, input 00 01 … of that length. */
static void test_vectors(void **state nfw_unused) {
        static const struct {
                size_t size;
                uint8_t hash[8];
        } cases[] = {
                { 0, { 0x31, 0x0e, 0x0e, 0xdd, 0x47, 0xdb, 0x6f, 0x72 } },
                { 1, { 0xfd, 0x67, 0xdc, 0x93, 0xc5, 0x39, 0xf8, 0x74 } },
                { 7, { 0x37, 0xd1, 0x01, 0x8b, 0xf5, 0x00, 0x02, 0xab } },
                { 8, { 0x62, 0x24, 0x93, 0x9a, 0x79, 0xf5, 0xf5, 0x93 } },
                { 15, { 0xe5, 0x45, 0xbe, 0x49, 0x61, 0xca, 0x29, 0xa1 } },
        };
        const struct nfw_siphash_key key = { 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL };
        uint8_t input[16];

        for (size_t i = 0; i < sizeof(input); i++)
                input[i] = (uint8_t)i;
        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                uint64_t hash = htole64(nfw_siphash(&key, input, cases[i].size));

                assert_memory_equal(&hash, cases[i].hash, sizeof(hash));
        }
}

static void test_keys_differ(void **state nfw_unused) {
        struct nfw_siphash_key a, b;

        assert_int_equal(nfw_siphash_key_init(&a), 0);
        assert_int_equal(nfw_siphash_key_init(&b), 0);
        assert_memory_not_equal(&a, &b, sizeof(a));
        assert_true(nfw_siphash(&a, "guest", 5) != nfw_siphash(&b, "guest", 5));
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_vectors),
                cmocka_unit_test(test_keys_differ),
        };

        return cmocka_run_group_tests_name("base/siphash", tests, NULL, NULL);
}
