/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/unquote.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/macros.h"
#include "policy/utf8.h"

/* The escapes of one letter that stand for something visible; those for control characters are refused anyway. */
static const struct {
        char letter;
        uint32_t character;
} escapes[] = {
        { ' ', ' ' }, { '"', '"' }, { '/', '/' }, { '\\', '\\' }, { '_', 0xa0 },
};

/* And those that are followed by hexadecimal digits. */
static const struct {
        char letter;
        uint8_t n_digits;
} numeric[] = {
        { 'x', 2 },
        { 'u', 4 },
        { 'U', 8 },
};

static int hex_value(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The number of digits read, all of them or 0. */
static size_t read_hex(const char *written, size_t size, size_t n_digits, uint32_t *ret_number) {
        uint32_t number = 0;

        if (size < n_digits)
                return 0;
        for (size_t i = 0; i < n_digits; i++) {
                int value = hex_value(written[i]);

                if (value < 0)
                        return 0;
                number = number << 4 | (uint32_t)value;
        }

        *ret_number = number;
        return n_digits;
}

/* Behind the first half of a pair; the length of the second half, or 0. */
static size_t read_low_surrogate(const char *written, size_t size, uint32_t *character) {
        uint32_t low;

        if (size < 6 || memcmp(written, "\\u", 2) != 0 || read_hex(written + 2, size - 2, 4, &low) == 0 ||
            low < 0xdc00 || low > 0xdfff)
                return 0;

        *character = 0x10000 + ((*character & 0x3ff) << 10 | (low & 0x3ff));
        return 6;
}

/* What stands behind a '\': its length, or 0 where it is no escape for something visible. */
static size_t read_escape(const char *written, size_t size, uint32_t *ret_character) {
        if (size == 0)
                return 0;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(escapes); i++)
                if (written[0] == escapes[i].letter) {
                        *ret_character = escapes[i].character;
                        return 1;
                }

        for (size_t i = 0; i < NFW_ARRAY_SIZE(numeric); i++) {
                size_t n;

                if (written[0] != numeric[i].letter)
                        continue;
                n = read_hex(written + 1, size - 1, numeric[i].n_digits, ret_character);
                if (n == 0)
                        return 0;
                n++;
                if (numeric[i].letter == 'u' && *ret_character >= 0xd800 && *ret_character <= 0xdbff)
                        n += read_low_surrogate(written + n, size - n, ret_character);
                return n;
        }
        return 0;
}

/* One character of the text: the length of what stands for it, or 0 where it is refused. */
static size_t read_character(enum nfw_quotes quotes,
                             const char *written,
                             size_t size,
                             uint32_t *ret_character) {
        size_t n;

        if (quotes == NFW_QUOTES_DOUBLE && written[0] == '\\') {
                n = read_escape(written + 1, size - 1, ret_character);
                return n > 0 ? n + 1 : 0;
        }

        n = nfw_utf8_decode(written, size, ret_character);
        if (quotes == NFW_QUOTES_SINGLE && written[0] == '\'' && size > 1)
                n++;
        return n;
}

/* Nearly everything there is: visible ASCII that stands for itself, whatever the quotes. */
static bool is_simple(char c) {
        return c >= ' ' && c < 0x7f && c != '\\' && c != '\'';
}

int nfw_unquote(enum nfw_quotes quotes, const char *written, size_t size, char *text, size_t max) {
        size_t n_text = 0;

        for (size_t i = 0; i < size;) {
                char octets[NFW_UTF8_MAX];
                uint32_t character;
                size_t n, n_character;

                if (is_simple(written[i]) && n_text < max) {
                        text[n_text++] = written[i++];
                        continue;
                }

                n = read_character(quotes, written + i, size - i, &character);
                if (n == 0 || !nfw_utf8_is_visible(character))
                        return NFW_UNQUOTE_INVISIBLE;
                n_character = nfw_utf8_encode(character, octets);
                if (n_character > max - n_text)
                        return NFW_UNQUOTE_TOO_LONG;

                memcpy(text + n_text, octets, n_character);
                n_text += n_character;
                i += n;
        }

        text[n_text] = '\0';
        return 0;
}
