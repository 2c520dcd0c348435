/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <nfwpolicy/nfwpolicy.h>

#include "policy/yaml.h"

/* A broken line is indented by a little more than what it is in. */
#define COLUMN_MAX 1024

static const char mark[] = "\xef\xbb\xbf"; /* the byte order mark */

/* What ends something. The end of the source ends everything. */
enum {
        ENDS_COMMENT = 1 << 0,
        ENDS_SINGLE_QUOTED = 1 << 1,
        ENDS_DOUBLE_QUOTED = 1 << 2,
        ENDS_PLAIN = 1 << 3,
        ENDS_PLAIN_IN_FLOW = 1 << 4,
        ENDS_ALL = (1 << 5) - 1,
};

static const uint8_t ends[UINT8_MAX + 1] = {
        ['\0'] = ENDS_ALL,
        ['\n'] = ENDS_ALL,
        ['\r'] = ENDS_ALL,
        ['\''] = ENDS_SINGLE_QUOTED,
        ['"'] = ENDS_DOUBLE_QUOTED,
        ['\\'] = ENDS_DOUBLE_QUOTED,
        [':'] = ENDS_PLAIN | ENDS_PLAIN_IN_FLOW,
        ['#'] = ENDS_PLAIN | ENDS_PLAIN_IN_FLOW,
        [','] = ENDS_PLAIN_IN_FLOW,
        ['['] = ENDS_PLAIN_IN_FLOW,
        [']'] = ENDS_PLAIN_IN_FLOW,
        ['{'] = ENDS_PLAIN_IN_FLOW,
        ['}'] = ENDS_PLAIN_IN_FLOW,
};

/* What may come next between brackets. */
enum expected {
        EXPECTED_NODE,      /* behind a bracket or comma */
        EXPECTED_COLON,     /* behind what may be a key: also a comma or the end */
        EXPECTED_VALUE,     /* behind a colon */
        EXPECTED_SEPARATOR, /* behind a value */
};

struct scan {
        const char *source;
        const char *p;
        const char *line; /* where the line begins */
        size_t n_lines;

        /* Outside of brackets. */
        ptrdiff_t indent; /* the column of the innermost key or '-' of the last line that has one; -1: none */
        bool expects_value; /* the last line ended behind a key or '-', or there was none */
        bool plain_is_open; /* the last line ended with a plain scalar, which may go on */

        /* Inside of them. */
        uint32_t kinds; /* a bit for each bracket that is open, set for '{' */
        unsigned int depth;
        enum expected expected;

        const char *broken;  /* where the line was broken last */
        size_t n_characters; /* of the line up to there */
        struct nfw_scan_breaks *breaks;
};

/* Most of these return 0; NFW_E_INVALID where s->p is at something that no policy has; or -ENOMEM. */

static bool is_blank(char c) {
        return c == ' ' || c == '\t';
}

/* The end of a line or of the source. */
static bool is_end(char c) {
        return c == '\n' || c == '\r' || c == '\0';
}

static bool is_space(char c) {
        return is_blank(c) || is_end(c);
}

static bool is_flow_indicator(char c) {
        return c == ',' || c == '[' || c == ']' || c == '{' || c == '}';
}

static const char *find_end(const char *p, uint8_t what) {
        while (!(ends[(uint8_t)*p] & what))
                p++;
        return p;
}

static int skip_blanks(struct scan *s) {
        const char *end = s->p;

        while (is_blank(*end))
                end++;
        if (end - s->p > NFW_SCAN_SPACE_MAX)
                return NFW_E_INVALID;
        s->p = end;
        return 0;
}

static void skip_comment(struct scan *s) {
        s->p = find_end(s->p, ENDS_COMMENT);
}

static int end_line(struct scan *s) {
        if (*s->p == '\r' && s->p[1] == '\n')
                s->p++;
        if (*s->p == '\0')
                return 0;
        if (*s->p != '\n')
                return NFW_E_INVALID;

        s->line = s->broken = ++s->p;
        s->n_characters = 0;
        s->n_lines++;
        return 0;
}

/* Blanks, and a comment where one may begin, up to the end of the line or what stands there. */
static int skip_to_next(struct scan *s) {
        int r = skip_blanks(s);

        if (r == 0 && *s->p == '#' && (s->p == s->line || is_blank(s->p[-1])))
                skip_comment(s);
        return r;
}

static int skip_quoted(struct scan *s) {
        const char *p;

        if (*s->p == '\'') {
                p = find_end(s->p + 1, ENDS_SINGLE_QUOTED);
                while (*p == '\'' && p[1] == '\'')
                        p = find_end(p + 2, ENDS_SINGLE_QUOTED);
        } else {
                p = find_end(s->p + 1, ENDS_DOUBLE_QUOTED);
                while (*p == '\\' && !is_end(p[1]))
                        p = find_end(p + 2, ENDS_DOUBLE_QUOTED);
        }
        if (*p != *s->p)
                return NFW_E_INVALID;
        s->p = p + 1;
        return 0;
}

/* Whether a plain scalar can begin here; what belongs to brackets cannot in them, and nobody begins one so outside. */
static bool is_plain(const struct scan *s) {
        const char *p = s->p;

        if (strchr(",[]{}#&*!|>'\"%@`", *p) || strncmp(p, mark, sizeof(mark) - 1) == 0)
                return false;
        return (*p != '-' && *p != '?' && *p != ':') ||
               (!is_space(p[1]) && (s->depth == 0 || !is_flow_indicator(p[1])));
}

/* Up to the colon that ends a key, a comment, the end of the line, or what ends it between brackets. */
static void skip_plain(struct scan *s) {
        uint8_t what = s->depth > 0 ? ENDS_PLAIN_IN_FLOW : ENDS_PLAIN;

        for (;; s->p++) {
                s->p = find_end(s->p, what);
                if (*s->p == ':' && !is_space(s->p[1]) && (s->depth == 0 || !is_flow_indicator(s->p[1])))
                        continue;
                if (*s->p == '#' && !is_blank(s->p[-1]))
                        continue;
                return;
        }
}

/* --- between brackets ---------------------------------------------------------------------------------------- */

static size_t count_characters(const char *from, const char *to) {
        size_t n = 0;

        for (; from < to; from++)
                n += ((unsigned char)*from & 0xc0) != 0x80;
        return n;
}

static int take_comma(struct scan *s) {
        const struct nfw_scan_breaks *breaks = s->breaks;
        size_t indent = (size_t)(s->indent + 2);
        struct nfw_scan_break at;

        s->p++;
        s->expected = EXPECTED_NODE;
        if ((size_t)(s->p - s->broken) < s->breaks->distance)
                return 0;

        s->n_characters += count_characters(s->broken, s->p);
        s->broken = s->p;
        at = (struct nfw_scan_break){
                .offset = (size_t)(s->p - s->source),
                .line = s->n_lines,
                .column = s->n_characters,
                .indent = indent,
                .inserted =
                        1 + indent + (breaks->vec.n > 0 ? breaks->vec.items[breaks->vec.n - 1].inserted : 0),
        };
        return nfw_vec_push(&s->breaks->vec, at);
}

static int take_colon(struct scan *s) {
        const char *end = s->p + 1;

        while (is_blank(*end) || *end == '\n' || *end == '\r')
                end++;
        if (end - s->p > NFW_SCAN_SPACE_MAX)
                return NFW_E_INVALID;

        s->p++;
        s->expected = EXPECTED_VALUE;
        return 0;
}

static int open_bracket(struct scan *s) {
        if (s->depth == NFW_YAML_DEPTH_MAX || (s->expected != EXPECTED_NODE && s->expected != EXPECTED_VALUE))
                return NFW_E_INVALID;

        s->kinds = s->kinds << 1 | (*s->p == '{');
        s->depth++;
        s->p++;
        s->expected = EXPECTED_NODE;
        return 0;
}

static int close_bracket(struct scan *s) {
        if ((s->kinds & 1) != (*s->p == '}'))
                return NFW_E_INVALID;

        s->kinds >>= 1;
        s->depth--;
        s->p++;
        s->expected = EXPECTED_SEPARATOR;
        return 0;
}

static int take_scalar(struct scan *s) {
        if (s->expected != EXPECTED_NODE && s->expected != EXPECTED_VALUE)
                return NFW_E_INVALID;

        s->expected = s->expected == EXPECTED_NODE ? EXPECTED_COLON : EXPECTED_SEPARATOR;
        if (*s->p == '"' || *s->p == '\'')
                return skip_quoted(s);
        if (!is_plain(s))
                return NFW_E_INVALID;
        skip_plain(s);
        return 0;
}

/* What would begin or end a document there, also between brackets. */
static bool is_marker(const struct scan *s) {
        return s->p == s->line &&
               (*s->p == '%' ||
                ((strncmp(s->p, "---", 3) == 0 || strncmp(s->p, "...", 3) == 0) && is_space(s->p[3])));
}

static int scan_flow(struct scan *s) {
        int r;

        s->expected = EXPECTED_NODE;
        r = open_bracket(s);
        while (r == 0 && s->depth > 0) {
                r = skip_to_next(s);
                if (r != 0)
                        return r;
                switch (*s->p) {
                case '\0':
                        return 0;
                case '\n':
                case '\r':
                        r = end_line(s);
                        break;
                case '[':
                case '{':
                        r = open_bracket(s);
                        break;
                case ']':
                case '}':
                        r = close_bracket(s);
                        break;
                case ',':
                        r = s->expected == EXPECTED_NODE ? NFW_E_INVALID : take_comma(s);
                        break;
                case ':':
                        if (s->expected == EXPECTED_COLON) {
                                r = take_colon(s);
                                break;
                        }
                        r = take_scalar(s);
                        break;
                default:
                        r = is_marker(s) ? NFW_E_INVALID : take_scalar(s);
                }
        }
        return r;
}

/* --- outside of brackets ------------------------------------------------------------------------------------- */

/* What may stand behind a value. */
static int end_value(struct scan *s) {
        int r = skip_to_next(s);

        return r == 0 && !is_end(*s->p) ? NFW_E_INVALID : r;
}

/* A value in the line that has its key or '-', or in the line behind. */
static int scan_value(struct scan *s) {
        int r;

        if (*s->p == '[' || *s->p == '{') {
                r = scan_flow(s);
                return r == 0 ? end_value(s) : r;
        }
        if (*s->p == '"' || *s->p == '\'') {
                r = skip_quoted(s);
                return r == 0 ? end_value(s) : r;
        }
        if (!is_plain(s))
                return NFW_E_INVALID;
        skip_plain(s);
        s->plain_is_open = *s->p != '#';
        return end_value(s);
}

/* Whether a key begins here: a scalar with a colon behind it. */
static bool skip_key(struct scan *s) {
        const char *begin = s->p;

        if (*s->p == '"' || *s->p == '\'') {
                if (skip_quoted(s) != 0 || skip_blanks(s) != 0) {
                        s->p = begin;
                        return false;
                }
        } else if (is_plain(s))
                skip_plain(s);
        if (*s->p == ':' && is_space(s->p[1]) && s->p > begin) {
                s->p++;
                return true;
        }

        s->p = begin;
        return false;
}

/* A line's content: any number of '-', a key, a value, of which the last may be left to the next line. */
static int scan_content(struct scan *s) {
        ptrdiff_t column = s->p - s->line;
        bool has_place = s->expects_value && column > s->indent;
        int r = 0;

        if (s->plain_is_open && column > s->indent)
                return NFW_E_INVALID;
        s->plain_is_open = s->expects_value = false;

        while (r == 0 && *s->p == '-' && is_space(s->p[1])) {
                has_place = true;
                s->indent = s->p++ - s->line;
                r = skip_to_next(s);
        }
        if (r == 0 && !is_end(*s->p)) {
                column = s->p - s->line;
                if (skip_key(s)) {
                        has_place = true;
                        s->indent = column;
                        r = skip_to_next(s);
                }
        }

        if (r != 0 || s->indent > COLUMN_MAX)
                return NFW_E_INVALID;
        if (is_end(*s->p)) {
                s->expects_value = true;
                return 0;
        }
        return has_place ? scan_value(s) : NFW_E_INVALID;
}

static int scan_marker(struct scan *s) {
        static const char version[] = "%YAML 1.2";

        if (*s->p == '%' && strncmp(s->p, version, sizeof(version) - 1) != 0)
                return NFW_E_INVALID;
        s->p += *s->p == '%' ? sizeof(version) - 1 : 3;
        s->indent = -1;
        s->expects_value = true;
        s->plain_is_open = false;
        return end_value(s);
}

static int scan_line(struct scan *s) {
        int r;

        if (is_marker(s))
                r = scan_marker(s);
        else {
                while (*s->p == ' ')
                        s->p++;
                if (*s->p == '#' || is_blank(*s->p))
                        r = end_value(s);
                else
                        r = is_end(*s->p) ? 0 : scan_content(s);
        }
        return r == 0 ? end_line(s) : r;
}

int nfw_scan(const char *source, size_t size, struct nfw_scan_breaks *breaks, size_t *ret_offset) {
        struct scan s = {
                .source = source,
                .p = source,
                .indent = -1,
                .expects_value = true,
                .breaks = breaks,
        };
        int r = 0;

        if (strncmp(source, mark, sizeof(mark) - 1) == 0)
                s.p += sizeof(mark) - 1;
        s.line = s.broken = s.p;
        while (r == 0 && *s.p != '\0')
                r = scan_line(&s);
        if (r < 0)
                return r;

        *ret_offset = r == 0 ? size : (size_t)(s.p - source);
        return 0;
}
