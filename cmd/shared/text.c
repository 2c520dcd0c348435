/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_continuation(unsigned char byte) {
        return (byte & 0xc0) == 0x80;
}

size_t text_character(const char *text) {
        const unsigned char *byte = (const unsigned char *)text;

        if (byte[0] == '\0')
                return 0;
        if (byte[0] < 0x80)
                return 1;
        if (byte[0] >= 0xc2 && byte[0] <= 0xdf)
                return is_continuation(byte[1]) ? 2 : 0;
        if (byte[0] >= 0xe0 && byte[0] <= 0xef) {
                if (!is_continuation(byte[1]) || !is_continuation(byte[2]))
                        return 0;
                /* overlong forms and surrogates */
                if ((byte[0] == 0xe0 && byte[1] < 0xa0) || (byte[0] == 0xed && byte[1] > 0x9f))
                        return 0;
                return 3;
        }
        if (byte[0] >= 0xf0 && byte[0] <= 0xf4) {
                if (!is_continuation(byte[1]) || !is_continuation(byte[2]) || !is_continuation(byte[3]))
                        return 0;
                /* overlong forms and what is beyond U+10FFFF */
                if ((byte[0] == 0xf0 && byte[1] < 0x90) || (byte[0] == 0xf4 && byte[1] > 0x8f))
                        return 0;
                return 4;
        }
        return 0;
}

/* The bytes of a character that a terminal only shows, or 0: the controls of ASCII and of Latin-1 drive it. */
static size_t harmless(const char *text) {
        const unsigned char *byte = (const unsigned char *)text;
        size_t size = text_character(text);

        if (size == 1 && (byte[0] < 0x20 || byte[0] == 0x7f))
                return 0;
        if (size == 2 && byte[0] == 0xc2 && byte[1] < 0xa0)
                return 0;
        return size;
}

size_t text_width(const char *text) {
        size_t width = 0;

        while (*text) {
                size_t size = harmless(text);

                width += size > 0 ? 1 : strlen("\\x00");
                text += size > 0 ? size : 1;
        }
        return width;
}

/* The bytes up to what must be escaped. */
static size_t all_harmless(const char *text) {
        size_t all = 0, size;

        while ((size = harmless(text + all)) > 0)
                all += size;
        return all;
}

void text_put(FILE *stream, const char *text) {
        while (*text) {
                size_t size = all_harmless(text);

                fwrite(text, 1, size, stream);
                text += size;
                if (*text)
                        fprintf(stream, "\\x%02x", (unsigned char)*text++);
        }
}

char *text_escape(const char *text) {
        size_t size = all_harmless(text);
        char *copy = NULL;
        FILE *stream;

        /* Nearly every text; and of a host's ports there may be thousands. */
        if (!text[size])
                return strdup(text);

        stream = open_memstream(&copy, &size);
        if (!stream)
                return NULL;
        text_put(stream, text);
        if (fclose(stream) != 0) {
                free(copy);
                return NULL;
        }
        return copy;
}

json_t *text_json(const char *text) {
        static const char replacement[] = "\xef\xbf\xbd";
        char *copy;
        size_t size = 0;
        json_t *json;

        if (!text)
                return json_null();

        copy = malloc(strlen(text) * strlen(replacement) + 1);
        if (!copy)
                return NULL;
        while (*text) {
                size_t character = text_character(text);

                if (character > 0)
                        memcpy(copy + size, text, character);
                else
                        memcpy(copy + size, replacement, strlen(replacement));
                size += character > 0 ? character : strlen(replacement);
                text += character > 0 ? character : 1;
        }
        json = json_stringn(copy, size);
        free(copy);
        return json;
}

json_t *text_json_or_null(const char *text) {
        return text_json(text && *text ? text : NULL);
}

const char *text_duration(uint64_t milliseconds, char buffer[TEXT_DURATION_SIZE]) {
        uint64_t seconds = milliseconds / 1000;
        uint64_t minutes = seconds / 60;
        uint64_t hours = minutes / 60;
        uint64_t days = hours / 24;

        if (days > 0)
                snprintf(buffer, TEXT_DURATION_SIZE, "%" PRIu64 "d%02" PRIu64 "h", days % 1000000000,
                         hours % 24);
        else if (hours > 0)
                snprintf(buffer, TEXT_DURATION_SIZE, "%" PRIu64 "h%02" PRIu64 "m", hours, minutes % 60);
        else if (minutes > 0)
                snprintf(buffer, TEXT_DURATION_SIZE, "%" PRIu64 "m%02" PRIu64 "s", minutes, seconds % 60);
        else
                snprintf(buffer, TEXT_DURATION_SIZE, "%" PRIu64 "s", seconds);
        return buffer;
}
