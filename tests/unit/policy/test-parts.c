/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/cursor.h"
#include "policy/sink.h"
#include "policy/unquote.h"
#include "policy/utf8.h"
#include "read.h"

static void test_utf8_decode(void **state nfw_unused) {
        static const struct {
                const char *text;
                size_t size, n;
                uint32_t character;
        } cases[] = {
                { "a", 1, 1, 'a' },
                { "\0", 1, 1, 0 },
                { "\xc3\xbc", 2, 2, 0xfc },
                { "\xe2\x82\xac", 3, 3, 0x20ac },
                { "\xf0\x9f\x8f\xa0", 4, 4, 0x1f3e0 },
                { "\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff },
                { "", 0, 0, 0 },
                { "\xc3", 1, 0, 0 }, /* cut */
                { "\xf0\x9f\x8f", 3, 0, 0 },
                { "\xc3\x28", 2, 0, 0 },
                { "\x80", 1, 0, 0 },     /* begins in the middle */
                { "\xc0\x80", 2, 0, 0 }, /* overlong */
                { "\xc1\xbf", 2, 0, 0 },
                { "\xe0\x9f\xbf", 3, 0, 0 },
                { "\xf0\x8f\xbf\xbf", 4, 0, 0 },
                { "\xed\xa0\x80", 3, 0, 0 },     /* surrogate */
                { "\xf4\x90\x80\x80", 4, 0, 0 }, /* beyond U+10FFFF */
                { "\xf8\x88\x80\x80", 4, 0, 0 },
                { "\xff", 1, 0, 0 },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                uint32_t character = 0;

                assert_int_equal(nfw_utf8_decode(cases[i].text, cases[i].size, &character), cases[i].n);
                assert_int_equal(character, cases[i].character);
        }
}

static void test_utf8_check(void **state nfw_unused) {
        bool malformed;

        assert_int_equal(nfw_utf8_check("a\t\r\n\xc3\xbc", 6, &malformed), 6);
        assert_int_equal(nfw_utf8_check("ab\xc3", 3, &malformed), 2);
        assert_true(malformed);
        assert_int_equal(nfw_utf8_check("ab\0c", 4, &malformed), 2);
        assert_false(malformed);
        assert_int_equal(nfw_utf8_check("\xc2\x85\xc2\x84", 4, &malformed), 2);
        assert_false(malformed);
        assert_int_equal(nfw_utf8_check(NULL, 0, &malformed), 0);
}

/* Every octet at every place of a long text, as the check looks at several of them at once. */
static void test_utf8_check_everywhere(void **state nfw_unused) {
        static const char others[] = "a\n~ ";

        for (size_t place = 0; place < 24; place++)
                for (int i = 0; i < 256 * (int)strlen(others); i++) {
                        int octet = i & 255;
                        bool good = (octet >= ' ' && octet < 0x7f) || octet == '\t' || octet == '\n' ||
                                    octet == '\r';
                        bool malformed;
                        char text[24];

                        memset(text, others[i / 256], sizeof(text));
                        text[place] = (char)octet;
                        assert_int_equal(nfw_utf8_check(text, sizeof(text), &malformed),
                                         good ? sizeof(text) : place);
                        assert_int_equal(malformed, octet >= 0x80);
                }
}

static void test_utf8_encode(void **state nfw_unused) {
        static const uint32_t characters[] = { 0,      0x7f,   0x80,   0x7ff,   0x800,    0xd7ff,
                                               0xe000, 0xfffd, 0xffff, 0x10000, 0x10ffff, 0x1f3e0 };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(characters); i++) {
                uint32_t character = 1;
                char text[NFW_UTF8_MAX];
                size_t n;

                n = nfw_utf8_encode(characters[i], text);
                assert_int_equal(nfw_utf8_decode(text, n, &character), n);
                assert_int_equal(character, characters[i]);
        }
}

static void test_unquote(void **state nfw_unused) {
        static const struct {
                enum nfw_quotes quotes;
                const char *written, *text; /* NULL: refused */
        } cases[] = {
                { NFW_QUOTES_NONE, "", "" },
                { NFW_QUOTES_NONE, "a 'b' \\n", "a 'b' \\n" },
                { NFW_QUOTES_NONE, "a\tb", NULL },
                { NFW_QUOTES_NONE, "\x7f", NULL },
                { NFW_QUOTES_SINGLE, "it''s", "it's" },
                { NFW_QUOTES_SINGLE, "''''", "''" },
                { NFW_QUOTES_SINGLE, "\\n \xc3\xbc", "\\n \xc3\xbc" },
                { NFW_QUOTES_DOUBLE, "it''s", "it''s" },
                { NFW_QUOTES_DOUBLE, "\\\"\\/\\\\\\ ", "\"/\\ " },
                { NFW_QUOTES_DOUBLE, "\\x41\\u0041\\U00000041\\xfC", "AAA\xc3\xbc" },
                { NFW_QUOTES_DOUBLE, "\\ud83c\\udfe0!", "\xf0\x9f\x8f\xa0!" },
                { NFW_QUOTES_DOUBLE, "\\U0001F3E0", "\xf0\x9f\x8f\xa0" },
                { NFW_QUOTES_DOUBLE, "\\_", "\xc2\xa0" },
                { NFW_QUOTES_DOUBLE, "\\", NULL },
                { NFW_QUOTES_DOUBLE, "\\x4", NULL },
                { NFW_QUOTES_DOUBLE, "\\x4g", NULL },
                { NFW_QUOTES_DOUBLE, "\\q", NULL },
                { NFW_QUOTES_DOUBLE, "a\\0", NULL },
                { NFW_QUOTES_DOUBLE, "\\n", NULL },
                { NFW_QUOTES_DOUBLE, "\\u202e", NULL },
                { NFW_QUOTES_DOUBLE, "\\u2028", NULL },
                { NFW_QUOTES_DOUBLE, "\\ud83c", NULL },
                { NFW_QUOTES_DOUBLE, "\\ud83cx", NULL },
                { NFW_QUOTES_DOUBLE, "\\ud83c\\u0041", NULL },
                { NFW_QUOTES_DOUBLE, "\\udfe0", NULL },
                { NFW_QUOTES_DOUBLE, "\\U00110000", NULL },
                { NFW_QUOTES_DOUBLE, "\\Uffffffff", NULL },
        };

        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                char text[64];
                int r;

                r = nfw_unquote(cases[i].quotes, cases[i].written, strlen(cases[i].written), text,
                                sizeof(text) - 1);
                if (r != (cases[i].text ? 0 : NFW_UNQUOTE_INVISIBLE))
                        fail_msg("case %zu: %d", i, r);
                if (cases[i].text)
                        assert_string_equal(text, cases[i].text);
        }
}

static void test_unquote_bound(void **state nfw_unused) {
        char text[5];

        assert_int_equal(nfw_unquote(NFW_QUOTES_NONE, "abcd", 4, text, 4), 0);
        assert_int_equal(nfw_unquote(NFW_QUOTES_NONE, "abcde", 5, text, 4), NFW_UNQUOTE_TOO_LONG);
        assert_int_equal(nfw_unquote(NFW_QUOTES_DOUBLE, "\\U0001F3E0", 10, text, 4), 0);
        assert_int_equal(nfw_unquote(NFW_QUOTES_NONE, "a\xf0\x9f\x8f\xa0", 5, text, 4), NFW_UNQUOTE_TOO_LONG);
        assert_int_equal(nfw_unquote(NFW_QUOTES_NONE, "ab\xc3\xbc", 4, text, 4), 0);
        assert_string_equal(text, "ab\xc3\xbc");
}

static void test_quote(void **state nfw_unused) {
        char buffer[NFW_QUOTE_MAX + 4], text[NFW_QUOTE_MAX + 8];

        assert_string_equal(nfw_quote("short", buffer), "short");

        memset(text, 'x', sizeof(text));
        text[NFW_QUOTE_MAX] = '\0';
        assert_string_equal(nfw_quote(text, buffer), text);

        /* A character that would be cut goes as a whole. */
        memcpy(text + NFW_QUOTE_MAX - 1, "\xe2\x82\xac", 4);
        assert_string_equal(nfw_quote(text, buffer) + NFW_QUOTE_MAX - 3, "xx…");
}

static void test_cursor(void **state nfw_unused) {
        static const char source[] = "- x\r\n-\n\xc3\xbc # - no\n  -";
        struct nfw_cursor cursor = { .source = source, .size = sizeof(source) - 1 };

        nfw_cursor_move(&cursor, 3, 0, 3);
        nfw_cursor_find_next(&cursor);
        assert_int_equal(cursor.line, 1);
        assert_int_equal(cursor.column, 0);
        nfw_cursor_find_next(&cursor);
        assert_int_equal(cursor.line, 2);
        assert_int_equal(cursor.column, 0);
        nfw_cursor_move(&cursor, 0, 0, 0); /* never back */
        nfw_cursor_find_next(&cursor);
        assert_int_equal(cursor.line, 3);
        assert_int_equal(cursor.column, 2);
        for (int i = 0; i < 3; i++)
                nfw_cursor_find_next(&cursor);
        assert_int_equal(cursor.offset, cursor.size);
        assert_int_equal(cursor.column, 3);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_utf8_decode),
                cmocka_unit_test(test_utf8_check),
                cmocka_unit_test(test_utf8_check_everywhere),
                cmocka_unit_test(test_utf8_encode),
                cmocka_unit_test(test_unquote),
                cmocka_unit_test(test_unquote_bound),
                cmocka_unit_test(test_quote),
                cmocka_unit_test(test_cursor),
        };

        return cmocka_run_group_tests_name("policy/parts", tests, NULL, NULL);
}
