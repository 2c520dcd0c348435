/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/sink.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/utf8.h"

#define TEXT_MAX 512

static const char *const severity_names[] = {
        [NFW_SEVERITY_NOTE] = "notes",
        [NFW_SEVERITY_WARNING] = "warnings",
        [NFW_SEVERITY_ERROR] = "errors",
};

/* libfyaml's messages quote the file, and a text that was too long may end within a character. */
static void make_visible(char *text) {
        size_t size = strlen(text);

        for (size_t i = 0; i < size;) {
                uint32_t character;
                size_t n;

                n = nfw_utf8_decode(text + i, size - i, &character);
                if (n > 0 && nfw_utf8_is_visible(character)) {
                        i += n;
                        continue;
                }
                text[i++] = '?';
        }
}

int nfw_sink_add(struct nfw_sink *sink,
                 enum nfw_severity severity,
                 const char *code,
                 const struct nfw_pos *pos,
                 const char *hint,
                 const char *format,
                 ...) {
        char text[TEXT_MAX];
        va_list args;

        if (sink->n[severity]++ >= NFW_SINK_MAX)
                return 0;

        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        make_visible(text);
        return nfw_report_add(sink->report, severity, code, pos, hint, "%s", text);
}

int nfw_sink_finish(struct nfw_sink *sink, const char *file) {
        struct nfw_pos pos = { .file = file };
        int r;

        for (int severity = NFW_SEVERITY_NOTE; severity <= NFW_SEVERITY_ERROR; severity++) {
                if (sink->n[severity] <= NFW_SINK_MAX)
                        continue;
                r = nfw_report_add(sink->report, (enum nfw_severity)severity, "policy/more", &pos, NULL,
                                   "%zu more %s were left out", sink->n[severity] - NFW_SINK_MAX,
                                   severity_names[severity]);
                if (r < 0)
                        return r;
        }
        return 0;
}

const char *nfw_quote(const char *text, char buffer[static NFW_QUOTE_MAX + 4]) {
        size_t n = strnlen(text, NFW_QUOTE_MAX + 1);
        bool longer = n > NFW_QUOTE_MAX;

        if (longer)
                for (n = NFW_QUOTE_MAX; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
                        ;
        memcpy(buffer, text, n);
        memcpy(buffer + n, longer ? "…" : "", longer ? sizeof("…") : 1);
        return buffer;
}
