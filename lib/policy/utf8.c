/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/utf8.h"

#include <string.h>

#include "base/macros.h"

struct span {
        uint32_t first;
        uint32_t last;
};

static const struct span unprintable[] = {
        { 0x00, 0x08 }, { 0x0b, 0x0c },     { 0x0e, 0x1f },     { 0x7f, 0x84 },
        { 0x86, 0x9f }, { 0xd800, 0xdfff }, { 0xfffe, 0xffff },
};

static const struct span invisible[] = {
        { 0x00, 0x1f },     { 0x7f, 0x9f },
        { 0x200e, 0x200f }, /* left-to-right and right-to-left mark */
        { 0x2028, 0x2029 }, /* line and paragraph separator */
        { 0x202a, 0x202e }, /* embeddings and overrides of the text's direction */
        { 0x2066, 0x2069 }, /* isolates */
        { 0xd800, 0xdfff }, /* halves of a surrogate pair */
        { 0xfeff, 0xfeff }, /* byte order mark */
        { 0xfffe, 0xffff }, { 0x110000, UINT32_MAX },
};

static bool any_contains(const struct span *spans, size_t n_spans, uint32_t character) {
        for (size_t i = 0; i < n_spans; i++)
                if (character >= spans[i].first && character <= spans[i].last)
                        return true;
        return false;
}

size_t nfw_utf8_decode(const char *text, size_t size, uint32_t *ret_character) {
        static const struct {
                uint8_t mask, lead;
                uint32_t smallest;
        } forms[] = {
                { 0x80, 0x00, 0x0 },
                { 0xe0, 0xc0, 0x80 },
                { 0xf0, 0xe0, 0x800 },
                { 0xf8, 0xf0, 0x10000 },
        };

        const uint8_t *p = (const uint8_t *)text;

        for (size_t n = 1; n <= NFW_ARRAY_SIZE(forms) && n <= size; n++) {
                uint32_t character;

                if ((p[0] & forms[n - 1].mask) != forms[n - 1].lead)
                        continue;

                character = p[0] & (uint8_t)~forms[n - 1].mask;
                for (size_t i = 1; i < n; i++) {
                        if ((p[i] & 0xc0) != 0x80)
                                return 0;
                        character = character << 6 | (p[i] & 0x3f);
                }
                if (character < forms[n - 1].smallest || character > 0x10ffff ||
                    (character >= 0xd800 && character <= 0xdfff))
                        return 0;

                *ret_character = character;
                return n;
        }
        return 0;
}

size_t nfw_utf8_encode(uint32_t character, char text[static NFW_UTF8_MAX]) {
        size_t n = 0;

        if (character < 0x80)
                text[n++] = (char)character;
        else if (character < 0x800)
                text[n++] = (char)(0xc0 | character >> 6);
        else if (character < 0x10000)
                text[n++] = (char)(0xe0 | character >> 12);
        else
                text[n++] = (char)(0xf0 | character >> 18);

        if (character >= 0x10000)
                text[n++] = (char)(0x80 | (character >> 12 & 0x3f));
        if (character >= 0x800)
                text[n++] = (char)(0x80 | (character >> 6 & 0x3f));
        if (character >= 0x80)
                text[n++] = (char)(0x80 | (character & 0x3f));
        return n;
}

bool nfw_utf8_is_printable(uint32_t character) {
        return !any_contains(unprintable, NFW_ARRAY_SIZE(unprintable), character);
}

bool nfw_utf8_is_visible(uint32_t character) {
        return !any_contains(invisible, NFW_ARRAY_SIZE(invisible), character);
}

/* Whether eight octets are all visible ASCII or ends of lines: none else below 0x20, none above 0x7e. */
static bool is_plain_word(const char *text) {
        const uint64_t ones = 0x0101010101010101ULL, tops = 0x8080808080808080ULL;
        uint64_t word, differences, ends;

        memcpy(&word, text, sizeof(word));
        /* The top bit of an octet stays clear only where it is a line feed, which becomes visible. */
        differences = word ^ ones * '\n';
        ends = ~(((differences & ~tops) + ~tops) | differences) & tops;
        word |= ends >> 2;
        return ((word | (word - ones * 0x20) | (word + ones)) & tops) == 0;
}

size_t nfw_utf8_check(const char *data, size_t size, bool *ret_malformed) {
        size_t offset = 0;

        while (offset < size) {
                uint32_t character = 0;
                size_t n;

                if (size - offset >= sizeof(uint64_t) && is_plain_word(data + offset)) {
                        offset += sizeof(uint64_t);
                        continue;
                }
                if ((data[offset] >= ' ' && data[offset] < 0x7f) || data[offset] == '\n') {
                        offset++;
                        continue;
                }

                n = nfw_utf8_decode(data + offset, size - offset, &character);
                if (n == 0 || !nfw_utf8_is_printable(character)) {
                        *ret_malformed = n == 0;
                        return offset;
                }
                offset += n;
        }

        *ret_malformed = false;
        return size;
}
