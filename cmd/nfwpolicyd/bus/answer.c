/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/bus/answer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/cleanup.h"

int answer_rows(sd_bus_message *call, const struct answer_rows *rows, const struct nfw_report *report) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_message_new_method_return(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', rows->type);
        for (size_t i = 0; r >= 0 && i < rows->n; i++)
                r = rows->append(reply, rows->list, i);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        if (r >= 0)
                r = error_append_report(reply, report);
        return r < 0 ? r : sd_bus_message_send(reply);
}

int answer_too_large(sd_bus_message *call, const char *about) {
        CLEANUP(text) char *text = NULL;

        if (asprintf(&text, "%s is larger than the %zu MiB that are given over the bus", about,
                     ANSWER_MAX_BYTES >> 20) < 0)
                text = NULL;
        return text ? error_reply(call, -EMSGSIZE, NULL, text) : -ENOMEM;
}

int answer_text(sd_bus_message *call, const char *text, const struct nfw_report *report, const char *about) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        int r;

        if (strlen(text) > ANSWER_MAX_BYTES)
                return answer_too_large(call, about);
        r = sd_bus_message_new_method_return(call, &reply);
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", text);
        if (r >= 0)
                r = error_append_report(reply, report);
        return r < 0 ? r : sd_bus_message_send(reply);
}

int answer_change(struct daemon *daemon,
                  sd_bus_message *call,
                  int result,
                  const struct nfw_report *report,
                  const char *about) {
        if (result == 0)
                keep_changed(daemon);
        return error_reply(call, result, report, about);
}

int answer_change_by_name(struct daemon *daemon,
                          sd_bus_message *call,
                          int (*change)(struct nfw_context *context,
                                        const char *name,
                                        struct nfw_report *report)) {
        CLEANUP(report) struct nfw_report *report = NULL;
        const char *name;
        int r;

        r = sd_bus_message_read(call, "s", &name);
        if (r >= 0)
                r = nfw_report_new(&report);
        if (r < 0)
                return r;
        return answer_change(daemon, call, change(daemon->context, name, report), report, name);
}
