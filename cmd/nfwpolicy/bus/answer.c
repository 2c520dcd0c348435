/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/bus/answer.h"

#include <stdlib.h>
#include <string.h>

#include "nfwpolicy/bus/bus.h"
#include "shared/cleanup.h"
#include "shared/text.h"

#define ERROR_PREFIX "org.nfwpolicy1.Error."

static const struct {
        const char *name;
        int result;
        bool is_undone; /* it is certain that nobody has begun to do it */
} errors[] = {
        { ERROR_PREFIX "Invalid", NFW_E_INVALID, false },
        { ERROR_PREFIX "Refused", NFW_E_REFUSED, false },
        { ERROR_PREFIX "NotFound", NFW_E_NOT_FOUND, false },
        { ERROR_PREFIX "InUse", NFW_E_IN_USE, false },
        { ERROR_PREFIX "Differs", NFW_E_DIFFERS, false },
        { ERROR_PREFIX "AccessDenied", -EACCES, true },
        { SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, -EACCES, true },
        { SD_BUS_ERROR_ACCESS_DENIED, -EACCES, true },
        { SD_BUS_ERROR_SERVICE_UNKNOWN, BUS_NO_DAEMON, true },
        { SD_BUS_ERROR_NAME_HAS_NO_OWNER, BUS_NO_DAEMON, true },
        { SD_BUS_ERROR_NO_REPLY, BUS_LOST, false },
        { SD_BUS_ERROR_DISCONNECTED, BUS_LOST, false },
};

void bus_answer_deinit(struct bus_answer *answer) {
        json_decref(answer->diagnostics);
        free(answer->sentence);
        *answer = (struct bus_answer){ 0 };
}

static int read_diagnostic(sd_bus_message *reply, json_t *array) {
        const char *severity, *code, *file, *text, *hint;
        uint32_t line, column;
        int r;

        r = sd_bus_message_read(reply, "(sssuuss)", &severity, &code, &file, &line, &column, &text, &hint);
        if (r <= 0)
                return r;
        r = json_array_append_new(array, json_pack("{s:s, s:s, s:o, s:I, s:I, s:s, s:o}", "severity",
                                                   severity, "code", code, "file", text_json_or_null(file),
                                                   "line", (json_int_t)line, "column", (json_int_t)column,
                                                   "text", text, "hint", text_json_or_null(hint)));
        return r < 0 ? -ENOMEM : 1;
}

int bus_answer_read_report(struct bus_answer *answer, sd_bus_message *reply) {
        int r;

        answer->diagnostics = json_array();
        if (!answer->diagnostics)
                return -ENOMEM;
        r = sd_bus_message_enter_container(reply, 'a', "(sssuuss)");
        if (r < 0)
                return r;
        do
                r = read_diagnostic(reply, answer->diagnostics);
        while (r > 0);
        return r;
}

/* The first line is for people, the second one for us. */
static int read_text(struct bus_answer *answer, const char *text) {
        CLEANUP(json) json_t *json = NULL;
        const char *end = strchr(text, '\n');

        answer->sentence = end ? strndup(text, (size_t)(end - text)) : strdup(text);
        if (!answer->sentence)
                return -ENOMEM;
        if (end)
                json = json_loads(end + 1, 0, NULL);
        answer->diagnostics = json_incref(json_object_get(json, "diagnostics"));
        return 0;
}

int bus_answer_read_error(struct bus_answer *answer, const sd_bus_error *error, int r) {
        /* It may come from any connection that has the name. */
        if (sd_bus_error_is_set(error) && error->message && read_text(answer, error->message) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
                if (!sd_bus_error_has_name(error, errors[i].name))
                        continue;
                answer->is_undone = errors[i].is_undone;
                /* A condition without its report is not what the daemon answers. */
                return errors[i].result > 0 && !json_is_array(answer->diagnostics) ? -EBADMSG
                                                                                   : errors[i].result;
        }
        if (r == -ENOTCONN || r == -ECONNRESET)
                return BUS_LOST;
        return r < 0 ? r : -EIO;
}
