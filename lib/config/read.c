/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libinih takes the file apart, a line at a time, and says neither which line it is at nor what is wrong with one. So
 * lines go to it through here: whatever is no comment, no section and was not handed back as an assignment is wrong.
 */
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "config/value.h"
#include "policy/utf8.h"

#define BLANKS " \t"

/* Of longer names libinih sees the beginning only, which may end within a character. No name of ours is as long. */
#define MAX_NAME 48

_Static_assert(!INI_HANDLER_LINENO, "a handler of another kind");

struct reading {
        struct nfw_config *config;
        struct nfw_report *report;
        const char *next; /* what is left of the file */
        const char *end;
        struct nfw_pos pos;     /* of the line's first character that is no blank */
        struct nfw_pos section; /* of its name, between the brackets */
        NFW_VEC(char) line;     /* the line from there on, without what ends it */
        bool is_pending;        /* it is to come back as an assignment */
        bool is_skipped;        /* nothing up to the next section makes sense */
        size_t n_before;        /* diagnostics of others */
        bool is_wrong;
        int error;
};

/* The position of a character in the line, which point is in or behind. */
static struct nfw_pos position(const struct reading *reading, const char *point) {
        struct nfw_pos pos = reading->pos;

        for (const char *p = reading->line.items; p < point; p++)
                pos.column += ((unsigned char)*p & 0xc0) != 0x80;
        return pos;
}

static void take_result(struct reading *reading, int r) {
        if (r < 0)
                reading->error = r;
        else if (r > 0)
                reading->is_wrong = true;
}

nfw_printf(5, 6) static void complain(struct reading *reading,
                                      const char *code,
                                      const struct nfw_pos *pos,
                                      const char *hint,
                                      const char *format,
                                      ...) {
        va_list arguments;
        int r;

        va_start(arguments, format);
        r = nfw_report_add_v(reading->report, NFW_SEVERITY_ERROR, code, pos, hint, format, arguments);
        va_end(arguments);
        take_result(reading, r < 0 ? r : NFW_E_INVALID);
}

/* --- lines on their way to libinih -------------------------------------------------------------------------- */

static void settle_pending(struct reading *reading) {
        if (reading->is_pending)
                complain(reading, "config/syntax", &reading->pos,
                         "write Key=Value; a comment is a line of its own that begins with `#`",
                         "this is no assignment");
        reading->is_pending = false;
}

static int take_line(struct reading *reading) {
        const char *newline = memchr(reading->next, '\n', (size_t)(reading->end - reading->next));
        const char *end = newline ? newline : reading->end, *begin = reading->next;
        int r;

        reading->next = newline ? newline + 1 : reading->end;
        reading->pos.line++;
        reading->pos.column = 1;
        for (; begin < end && strchr(BLANKS, *begin) && *begin; begin++)
                reading->pos.column++;
        while (end > begin && (end[-1] == '\r' || end[-1] == ' ' || end[-1] == '\t'))
                end--;

        reading->line.n = 0;
        r = nfw_vec_reserve(&reading->line, (size_t)(end - begin) + 1);
        if (r < 0)
                return r;
        memcpy(reading->line.items, begin, (size_t)(end - begin));
        reading->line.n = (size_t)(end - begin);
        reading->line.items[reading->line.n] = '\0';
        return 0;
}

/* Whatever is quoted from it goes to terminals and into logs. */
static bool is_text(struct reading *reading) {
        const char *line = reading->line.items;
        struct nfw_pos pos;

        for (size_t i = 0; i < reading->line.n;) {
                uint32_t character;
                size_t n = nfw_utf8_decode(line + i, reading->line.n - i, &character);

                if (n == 0 || (character != '\t' && !nfw_utf8_is_visible(character))) {
                        pos = position(reading, line + i);
                        complain(reading, "config/syntax", &pos, NULL,
                                 n == 0 ? "this is not UTF-8" : "this character has no place in a text");
                        return false;
                }
                i += n;
        }
        return true;
}

/* NULL stands for a name that is too long. */
static void refuse_section(struct reading *reading, const char *section) {
        const char *sections[NFW_MAX_SECTIONS],
                *nearest = section ? nfw_setting_suggest_section(section) : NULL;
        nfw_cleanup(nfw_freep) char *hint = NULL;
        size_t size = 0, n = nfw_setting_sections(sections);
        FILE *stream = open_memstream(&hint, &size);

        if (!stream) {
                reading->error = -ENOMEM;
                return;
        }
        if (nearest)
                fprintf(stream, "did you mean `[%s]`?", nearest);
        for (size_t i = 0; !nearest && i < n; i++)
                fprintf(stream, "%s[%s]", i == 0 ? "there are " : i + 1 < n ? ", " : " and ", sections[i]);
        if (fclose(stream) != 0) {
                reading->error = -ENOMEM;
                return;
        }
        if (section)
                complain(reading, "config/unknown-section", &reading->section, hint,
                         "there is no section `%s`", section);
        else
                complain(reading, "config/unknown-section", &reading->section, hint,
                         "there is no section of so long a name");
        reading->is_skipped = true;
}

/* Whether the line is to be seen by libinih as it is. */
static bool take_header(struct reading *reading) {
        const char *line = reading->line.items;
        const char *end = strchr(line, ']');

        reading->is_skipped = !end || end[1] != '\0' || end == line + 1;
        if (reading->is_skipped) {
                complain(reading, "config/syntax", &reading->pos,
                         "write `[`, its name, and `]`, and nothing behind it",
                         "this is no section's beginning");
                return false;
        }
        reading->section = position(reading, line + 1);
        reading->is_skipped = end - line - 1 > MAX_NAME;
        if (reading->is_skipped)
                refuse_section(reading, NULL);
        return !reading->is_skipped;
}

static bool is_wanted(struct reading *reading, size_t room) {
        switch (reading->line.items[0]) {
        case '\0':
                /* Nothing, or a zero in the file. */
                return reading->line.n > 0 && is_text(reading);
        case '#':
        case ';':
                return false;
        }
        /* Whatever it begins, it is not what was before. */
        if (reading->line.items[0] == '[')
                reading->is_skipped = true;
        if (!is_text(reading))
                return false;
        if (reading->line.n + 2 > room) {
                complain(reading, "config/long-line", &reading->pos,
                         "a list may be given in several assignments, which add up",
                         "a line of %zu characters is too long: %zu is the limit", reading->line.n, room - 2);
                return false;
        }
        if (reading->line.items[0] == '[')
                return take_header(reading);
        return !reading->is_skipped;
}

static size_t n_problems(const struct reading *reading) {
        return reading->report ? nfw_report_n_diagnostics(reading->report) - reading->n_before : 0;
}

static char *next_line(char *buffer, int size, void *userdata) {
        struct reading *reading = userdata;
        int r;

        settle_pending(reading);
        if (reading->error < 0 || reading->next == reading->end)
                return NULL;
        if (n_problems(reading) >= NFW_CONFIG_MAX_PROBLEMS) {
                complain(reading, "config/more", &reading->pos, NULL, "more is wrong, and is not looked at");
                return NULL;
        }
        r = take_line(reading);
        if (r < 0) {
                reading->error = r;
                return NULL;
        }

        buffer[0] = '\n';
        buffer[1] = '\0';
        if (!is_wanted(reading, (size_t)size))
                return buffer;
        memcpy(buffer, reading->line.items, reading->line.n);
        buffer[reading->line.n] = '\n';
        buffer[reading->line.n + 1] = '\0';
        reading->is_pending = buffer[0] != '[';
        return buffer;
}

/* --- assignments on their way back -------------------------------------------------------------------------- */

static void refuse_key(struct reading *reading, const char *section, const char *key) {
        enum nfw_setting elsewhere = nfw_setting_find(NULL, key);
        const char *nearest = nfw_setting_suggest(*section ? section : NULL, key);
        nfw_cleanup(nfw_freep) char *hint = NULL;
        int r = 0;

        if (elsewhere != NFW_N_SETTINGS)
                r = asprintf(&hint, "it belongs to the section [%s]", nfw_setting_specs[elsewhere].section);
        else if (nearest)
                r = asprintf(&hint, "did you mean `%s`?", nearest);
        if (r < 0) {
                hint = NULL;
                reading->error = -ENOMEM;
        } else if (*section)
                complain(reading, "config/unknown-key", &reading->pos, hint, "[%s] has no `%s`", section,
                         key);
        else
                complain(reading, "config/no-section", &reading->pos, hint,
                         "`%s` stands before the first section", key);
}

static bool has_section(const char *section) {
        const char *sections[NFW_MAX_SECTIONS];
        size_t n = nfw_setting_sections(sections);

        for (size_t i = 0; i < n; i++)
                if (strcmp(sections[i], section) == 0)
                        return true;
        return false;
}

/* What stands behind the `=`. libinih also takes `:` for it, and leaves comments out. */
static const char *find_value(struct reading *reading, const char *value) {
        const char *line = reading->line.items, *sign = line + strcspn(line, "=:"), *written;
        struct nfw_pos pos = position(reading, sign);

        if (*sign != '=') {
                complain(reading, "config/syntax", &pos, "write Key=Value", "here must be a `=`");
                return NULL;
        }
        if (sign - line > MAX_NAME) {
                complain(reading, "config/unknown-key", &reading->pos, NULL,
                         "there is no key of so long a name");
                return NULL;
        }
        written = sign + 1 + strspn(sign + 1, BLANKS);
        if (strcmp(written, value) != 0) {
                pos = position(reading, written + strcspn(written, ";"));
                complain(reading, "config/syntax", &pos, "write it into a line of its own",
                         "there is no comment behind a value");
                return NULL;
        }
        return written;
}

/* libinih takes 0 for an error that it has to tell, and what is wrong has been told. */
static int take_assignment(void *userdata, const char *section, const char *key, const char *value) {
        struct reading *reading = userdata;
        enum nfw_setting setting;
        const char *written;
        struct nfw_pos pos;

        if (!reading->is_pending || !value)
                return 1;
        reading->is_pending = false;
        if (*section && !has_section(section)) {
                refuse_section(reading, section);
                return 1;
        }
        written = find_value(reading, value);
        if (!written)
                return 1;
        setting = *section ? nfw_setting_find(section, key) : NFW_N_SETTINGS;
        if (setting == NFW_N_SETTINGS) {
                refuse_key(reading, section, key);
                return 1;
        }
        pos = position(reading, written);
        take_result(reading, nfw_config_set(reading->config, setting, value, &pos, reading->report));
        return 1;
}

/* --- a file ------------------------------------------------------------------------------------------------- */

static int add_file(struct nfw_config *config, const char *name, const char **ret_file) {
        char *copy = strdup(name);
        int r;

        if (!copy)
                return -ENOMEM;
        r = nfw_vec_push(&config->files, copy);
        if (r < 0) {
                free(copy);
                return r;
        }
        *ret_file = copy;
        return 0;
}

int nfw_config_read_buffer(struct nfw_config *config,
                           const char *name,
                           const char *data,
                           size_t size,
                           struct nfw_report *report) {
        static const char mark[] = "\xef\xbb\xbf"; /* the byte order mark of some editors */
        struct reading reading = { .config = config, .report = report, .next = data, .end = data + size };
        int r;

        reading.n_before = report ? nfw_report_n_diagnostics(report) : 0;
        if (size >= strlen(mark) && memcmp(data, mark, strlen(mark)) == 0)
                reading.next += strlen(mark);
        r = add_file(config, name, &reading.pos.file);
        if (r < 0)
                return r;

        if (ini_parse_stream(next_line, &reading, take_assignment, &reading) == -2)
                reading.error = -ENOMEM;
        settle_pending(&reading);
        nfw_vec_deinit(&reading.line);
        if (reading.error < 0)
                return reading.error;
        return reading.is_wrong ? NFW_E_INVALID : 0;
}
