/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "net/mac.h"

static void test_parse(void **state nfw_unused) {
        static const struct {
                const char *text, *formatted;
        } cases[] = {
                { "52:54:00:12:34:56", "52:54:00:12:34:56" }, { "AA:BB:CC:DD:EE:FF", "aa:bb:cc:dd:ee:ff" },
                { "1:2:3:4:5:6", "01:02:03:04:05:06" },       { "0:0a:b:0:00:0", "00:0a:0b:00:00:00" },
                { "ff:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:ff" },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                char text[NFW_MAC_TEXT_MAX];
                uint8_t mac[NFW_MAC_SIZE];

                assert_true(nfw_mac_parse(cases[i].text, mac));
                assert_ptr_equal(nfw_mac_format(mac, text), text);
                assert_string_equal(text, cases[i].formatted);
        }
}

static void test_octets(void **state nfw_unused) {
        static const uint8_t expected[NFW_MAC_SIZE] = { 0x52, 0x54, 0, 0x7b, 0x35, 0x93 };
        uint8_t mac[NFW_MAC_SIZE];

        assert_true(nfw_mac_parse("52:54:0:7B:35:93", mac));
        assert_memory_equal(mac, expected, sizeof(mac));
}

static void test_refused(void **state nfw_unused) {
        static const char *const cases[] = {
                "",
                ":",
                "52:54:00:12:34",
                "52:54:00:12:34:",
                "52:54:00:12:34:56:",
                "52:54:00:12:34:56:78",
                "52:54:00:12:34:567",
                "52:54:00:12:34:56 ",
                " 52:54:00:12:34:56",
                "52:54:00:12:34:5g",
                "52:54::12:34:56",
                "52-54-00-12-34-56",
                "525400123456",
                "+2:54:00:12:34:56",
                "0x52:54:00:12:34:56",
                "52:54:00:12:34:56/48",
        };
        static const uint8_t untouched[NFW_MAC_SIZE] = { 9, 9, 9, 9, 9, 9 };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                uint8_t mac[NFW_MAC_SIZE] = { 9, 9, 9, 9, 9, 9 };

                if (nfw_mac_parse(cases[i], mac))
                        fail_msg("accepted: %s", cases[i]);
                assert_memory_equal(mac, untouched, sizeof(mac));
        }
}

static void test_group(void **state nfw_unused) {
        uint8_t mac[NFW_MAC_SIZE];

        assert_true(nfw_mac_parse("01:00:5e:00:00:01", mac) && nfw_mac_is_group(mac));
        assert_true(nfw_mac_parse("ff:ff:ff:ff:ff:ff", mac) && nfw_mac_is_group(mac));
        assert_true(nfw_mac_parse("fe:ff:ff:ff:ff:ff", mac) && !nfw_mac_is_group(mac));
        assert_true(nfw_mac_parse("00:00:00:00:00:00", mac) && !nfw_mac_is_group(mac));
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),
                cmocka_unit_test(test_octets),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_group),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
