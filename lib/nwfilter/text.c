/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nwfilter/text.h"

#include <string.h>

#include "nwfilter/filter.h"

static int digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return 16;
}

bool nfw_text_to_number(const char *text, uint64_t max, uint64_t *ret_number) {
        bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
        uint64_t number = 0;
        int base = is_hex ? 16 : 10;

        if (is_hex)
                text += 2;
        if (*text == '\0')
                return false;
        for (; *text; text++) {
                int value = digit(*text);

                if (value >= base || number > (UINT64_MAX - 15) / 16)
                        return false;
                number = number * (uint64_t)base + (uint64_t)value;
                if (number > max)
                        return false;
        }
        *ret_number = number;
        return true;
}

bool nfw_text_to_uuid(const char *text, char ret_uuid[static NFW_UUID_SIZE]) {
        char uuid[NFW_UUID_SIZE];
        bool has_dashes = strlen(text) == NFW_UUID_SIZE - 1;

        for (size_t i = 0; i < NFW_UUID_SIZE - 1; i++) {
                int value;

                if (i == 8 || i == 13 || i == 18 || i == 23) {
                        if (has_dashes && *text++ != '-')
                                return false;
                        uuid[i] = '-';
                        continue;
                }
                value = digit(*text);
                if (value == 16)
                        return false;
                text++;
                uuid[i] = "0123456789abcdef"[value];
        }
        if (*text)
                return false;
        uuid[NFW_UUID_SIZE - 1] = '\0';
        memcpy(ret_uuid, uuid, sizeof(uuid));
        return true;
}

static bool is_alphanumeric(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool nfw_text_is_name(const char *text, const char *others, size_t max) {
        size_t n = 0;

        for (; text[n]; n++)
                if (n == max || (!is_alphanumeric(text[n]) && !strchr(others, text[n])))
                        return false;
        return n > 0;
}

/* Reads a character; 0 where it is not well-formed. */
static uint32_t decode(const unsigned char **text) {
        static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
        const unsigned char *p = *text;
        unsigned int n_more = *p < 0x80 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
        uint32_t c = n_more == 0 ? *p : *p & (0x3fU >> n_more);

        if ((*p >= 0x80 && *p < 0xc0) || *p >= 0xf8)
                return 0;
        p++;
        for (unsigned int i = 0; i < n_more; i++, p++) {
                if ((*p & 0xc0) != 0x80)
                        return 0;
                c = c << 6 | (*p & 0x3fU);
        }
        if (c < least[n_more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || c == 0xfffe || c == 0xffff)
                return 0;
        *text = p;
        return c;
}

bool nfw_text_is_visible(const char *text, size_t max) {
        const unsigned char *p = (const unsigned char *)text;

        for (size_t n = 0; *p; n++) {
                uint32_t c = decode(&p);

                if (n == max || c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
                    c == 0x200e || c == 0x200f || c == 0x061c || (c >= 0x2066 && c <= 0x2069))
                        return false;
        }
        return true;
}

bool nfw_text_is_integer(const char *text) {
        text += *text == '-';
        if (!*text)
                return false;
        for (; *text; text++)
                if (*text < '0' || *text > '9')
                        return false;
        return true;
}

bool nfw_text_to_priority(const char *text, int *ret_priority) {
        bool is_negative = *text == '-';
        uint64_t number;

        if (!nfw_text_is_integer(text) ||
            !nfw_text_to_number(text + is_negative, NFW_NWFILTER_PRIORITY_MAX, &number))
                return false;
        *ret_priority = is_negative ? -(int)number : (int)number;
        return true;
}
