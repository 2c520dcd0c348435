/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "nft/grant_note.h"
#include "nft/userdata.h"

#define LONG_RESOLVER "2001:db8:1111:2222:3333:4444:5555:6666"

static struct nfw_nft_grant_note make_note(size_t n_name, const char *resolver) {
        struct nfw_nft_grant_note note = { 0 };

        for (size_t i = 0; i < n_name; i++)
                note.name[i] = i % 64 == 63 ? '.' : (char)('a' + i % 26);
        if (resolver)
                assert_int_equal(nfw_addr_parse(resolver, &note.resolver), 0);
        return note;
}

static void test_readable(void **state) {
        struct nfw_nft_grant_note note = { .name = "github.com" };
        struct nfw_nft_userdata_buffer userdata;

        (void)state;
        assert_int_equal(nfw_addr_parse("192.0.2.53", &note.resolver), 0);
        assert_true(nfw_nft_grant_note_encode(&note, &userdata));
        assert_int_equal(userdata.size, 2 + sizeof("github.com via 192.0.2.53"));
        assert_string_equal(nfw_nft_userdata_comment(userdata.data, userdata.size, 0),
                            "github.com via 192.0.2.53");
}

/* Every length a name can have, with the shortest and the longest resolver and without one. */
static void test_round_trip(void **state) {
        static const char *const resolvers[] = { NULL, "1.1.1.1", LONG_RESOLVER };

        (void)state;
        for (size_t i = 0; i < NFW_ARRAY_SIZE(resolvers); i++)
                for (size_t n = 1; n <= 253; n++) {
                        struct nfw_nft_grant_note note = make_note(n, resolvers[i]), decoded;
                        struct nfw_nft_userdata_buffer userdata;
                        const char *comment;

                        assert_true(nfw_nft_grant_note_encode(&note, &userdata));
                        comment = nfw_nft_userdata_comment(userdata.data, userdata.size, 0);
                        assert_non_null(comment);
                        assert_in_range(strlen(comment), n < 60 ? n : 60, NFW_NFT_COMMENT_MAX);
                        nfw_nft_grant_note_decode(userdata.data, userdata.size, &decoded);
                        assert_true(nfw_addr_equal(&decoded.resolver, &note.resolver));
                        if (n <= 207)
                                assert_string_equal(decoded.name, note.name);
                        else if (decoded.name[0] != '\0') /* whole or not at all */
                                assert_string_equal(decoded.name, note.name);
                }
}

static void test_longest_names(void **state) {
        struct nfw_nft_grant_note note = make_note(253, LONG_RESOLVER), decoded;
        struct nfw_nft_userdata_buffer userdata;

        (void)state;
        assert_true(nfw_nft_grant_note_encode(&note, &userdata));
        nfw_nft_grant_note_decode(userdata.data, userdata.size, &decoded);
        assert_string_equal(decoded.name, "");
        assert_non_null(
                strstr(nfw_nft_userdata_comment(userdata.data, userdata.size, 0), "... via " LONG_RESOLVER));
}

static void test_names_that_break_a_comment(void **state) {
        static const char *const names[] = { "", "a\"b", "a b", "a\\b", "a\nb", "a\xc3\xbc", "a\x7f" };
        struct nfw_nft_userdata_buffer userdata;

        (void)state;
        for (size_t i = 0; i < NFW_ARRAY_SIZE(names); i++) {
                struct nfw_nft_grant_note note = { 0 };

                snprintf(note.name, sizeof(note.name), "%s", names[i]);
                assert_false(nfw_nft_grant_note_encode(&note, &userdata));
        }
}

/* Elements that somebody else has added. */
static void test_decode_foreign(void **state) {
        static const struct {
                const char *userdata;
                size_t size;
                const char *name;
        } cases[] = {
                { "", 0, "" },
                { "\x00", 1, "" },
                { "\x00\x06hello", 8, "hello" }, /* a name as good as any */
                { "\x00\x05hello", 7, "" },      /* no NUL */
                { "\x00\x10hello", 8, "" },      /* longer than there is */
                { "\x00\x0ehello my dear", 16, "" },
                { "\x00\x0eme via hearsay", 17, "" },
                { "\x00\x04"
                  "a\0b",
                  6, "" },
                { "\x01\x04\x01\0\0\0\x00\x03io", 11, "io" },
                { "\x00\x02"
                  "a\0\x64\x02"
                  ".b",
                  8, "a.b" },
                { "\x00\x02"
                  "a\0\x64\x02"
                  ".\0",
                  8, "" },
                { "\x00\x02"
                  "a\0\x64\x09"
                  ".b",
                  8, "a" }, /* a record that is cut is none */
        };

        (void)state;
        for (size_t i = 0; i < NFW_ARRAY_SIZE(cases); i++) {
                struct nfw_nft_grant_note note;

                memset(&note, 0xff, sizeof(note));
                nfw_nft_grant_note_decode((const uint8_t *)cases[i].userdata, cases[i].size, &note);
                assert_string_equal(note.name, cases[i].name);
        }
}

static void test_records(void **state) {
        struct nfw_nft_userdata_buffer buffer = { .size = 0 };
        struct nfw_nft_userdata record;
        uint8_t value[255] = { 1 };

        (void)state;
        assert_true(nfw_nft_userdata_put(&buffer, 1, value, 100));
        assert_true(nfw_nft_userdata_put(&buffer, 2, value, 100));
        assert_false(nfw_nft_userdata_put(&buffer, 3, value, 51));
        assert_int_equal(buffer.size, 204);
        assert_true(nfw_nft_userdata_put(&buffer, 4, value, 50));
        assert_false(nfw_nft_userdata_put(&buffer, 5, value, 0));
        assert_int_equal(buffer.size, NFW_NFT_USERDATA_MAX);
        assert_true(nfw_nft_userdata_find(buffer.data, buffer.size, 4, &record));
        assert_int_equal(record.size, 50);
        assert_false(nfw_nft_userdata_find(buffer.data, buffer.size, 3, &record));
        buffer.size = 0;
        assert_true(nfw_nft_userdata_put(&buffer, 1, value, 254));
        buffer.size = 0;
        assert_false(nfw_nft_userdata_put(&buffer, 1, value, 255));
}

static void test_comments(void **state) {
        char text[200], buffer[NFW_NFT_COMMENT_MAX + 1];

        (void)state;
        assert_string_equal(nfw_nft_comment("plain", buffer), "plain");
        assert_string_equal(nfw_nft_comment("say \"hi\"\n", buffer), "say 'hi' ");
        assert_string_equal(nfw_nft_comment("", buffer), "");

        memset(text, 'x', sizeof(text));
        text[199] = '\0';
        assert_int_equal(strlen(nfw_nft_comment(text, buffer)), NFW_NFT_COMMENT_MAX);
        /* U+00FC would end behind the last octet that fits. */
        memcpy(text + 126, "\xc3\xbc", 2);
        assert_int_equal(strlen(nfw_nft_comment(text, buffer)), 126);
        text[127] = 'x';
        memcpy(text + 125, "\xc3\xbc", 2);
        assert_int_equal(strlen(nfw_nft_comment(text, buffer)), 127);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_readable),       cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_longest_names),  cmocka_unit_test(test_names_that_break_a_comment),
                cmocka_unit_test(test_decode_foreign), cmocka_unit_test(test_records),
                cmocka_unit_test(test_comments),
        };

        return cmocka_run_group_tests_name("nft/notes", tests, NULL, NULL);
}
