/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Messages written in words, as tests/data/README.rst has them. */

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "build.h"

#define WORDS_MAX_OPEN 4

static const struct word_number {
        const char *word;
        unsigned int number;
} word_numbers[] = {
        { "A", 1 },     { "NS", 2 },     { "CNAME", 5 }, { "SOA", 6 },   { "MX", 15 },    { "TXT", 16 },
        { "AAAA", 28 }, { "DNAME", 39 }, { "OPT", 41 },  { "SVCB", 64 }, { "HTTPS", 65 }, { "RRSIG", 46 },
        { "IN", 1 },    { "CH", 3 },     { "HS", 4 },    { "ANY", 255 },
};

static inline bool build_word_number(struct build *b, const char *word) {
        for (size_t i = 0; i < NFW_ARRAY_SIZE(word_numbers); i++)
                if (strcmp(word, word_numbers[i].word) == 0) {
                        build_u16(b, word_numbers[i].number);
                        return true;
                }
        return false;
}

static inline bool build_word_address(struct build *b, const char *word) {
        uint8_t bytes[16];

        if (inet_pton(AF_INET, word, bytes) == 1)
                build_bytes(b, bytes, 4);
        else if (inet_pton(AF_INET6, word, bytes) == 1)
                build_bytes(b, bytes, 16);
        else
                return false;
        return true;
}

static inline bool build_word_seconds(struct build *b, const char *word) {
        size_t n_digits = strspn(word, "0123456789");

        if (n_digits == 0 || strcmp(word + n_digits, "s") != 0)
                return false;
        build_u32(b, (uint32_t)strtoul(word, NULL, 10));
        return true;
}

static inline bool build_word_octets(struct build *b, const char *word) {
        for (; isxdigit((unsigned char)word[0]) && isxdigit((unsigned char)word[1]); word += 2) {
                const char digits[] = { word[0], word[1], 0 };

                build_u8(b, (unsigned int)strtoul(digits, NULL, 16));
        }
        return !*word;
}

static inline void build_word(struct build *b, const char *word) {
        size_t length = strlen(word);

        if (word[length - 1] == '.')
                build_name(b, strcmp(word, ".") == 0 ? "" : word);
        else if (!build_word_number(b, word) && !build_word_address(b, word) &&
                 !build_word_seconds(b, word) && !build_word_octets(b, word))
                fail_msg("what is '%s'?", word);
}

/* Appends what the words say. */
static inline void build_words(struct build *b, const char *words) {
        size_t open[WORDS_MAX_OPEN] = { 0 }, n_open = 0;

        for (const char *end; *(words += strspn(words, " \n")); words = end) {
                char word[300];

                end = *words == '"' ? strchr(words + 1, '"') : words + strcspn(words, " \n");
                assert_non_null(end);
                (void)snprintf(word, sizeof(word), "%.*s", (int)(end - words), words);
                assert_int_equal(strlen(word), end - words);
                if (*word == '"') {
                        build_u8(b, (unsigned int)strlen(word + 1));
                        build_bytes(b, word + 1, strlen(word + 1));
                        end++;
                } else if (*word == '(') {
                        assert_true(n_open < WORDS_MAX_OPEN);
                        build_u16(b, 0);
                        open[n_open++] = b->n;
                } else if (*word == ')') {
                        assert_true(n_open > 0);
                        build_rdata_end(b, open[--n_open]);
                } else {
                        build_word(b, word);
                }
        }
        assert_int_equal(n_open, 0);
}
