/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/event.h"

#include <inttypes.h>

#include "shared/diagnostics.h"
#include "shared/text.h"

/* What an event is called, and which of its parts follow: each with the word before it. */
struct part {
        const char *before;
        const char *(*get)(const struct nfw_event *event);
};

#define N_PARTS 4

/* By enum nfw_event_type. */
static const struct {
        const char *name;
        struct part parts[N_PARTS];
} types[] = {
        [NFW_EVENT_LEARNED] = { "learned",
                                { { " ", nfw_event_name },
                                  { " ", nfw_event_address },
                                  { " for ", nfw_event_port } } },
        [NFW_EVENT_EVICTED] = { "evicted",
                                { { " ", nfw_event_name },
                                  { " ", nfw_event_address },
                                  { " for ", nfw_event_port } } },
        [NFW_EVENT_IGNORED] = { "ignored",
                                { { " ", nfw_event_name },
                                  { " for ", nfw_event_port },
                                  { " from ", nfw_event_resolver },
                                  { ": ", nfw_event_text } } },
        [NFW_EVENT_LOST] = { "lost", { { ": ", nfw_event_text } } },
        [NFW_EVENT_RELOADED] = { "reloaded", { { ": ", nfw_event_text } } },
        [NFW_EVENT_EDITED] = { "edited", { { ": ", nfw_event_text } } },
        [NFW_EVENT_ERROR] = { "error", { { ": ", nfw_event_text }, { " for ", nfw_event_port } } },
};

static int print_json(const struct cli *cli, const struct nfw_event *event) {
        json_t *json;

        json = json_pack(
                "{s:s, s:o, s:o, s:o, s:o, s:f, s:o}", "event", types[nfw_event_get_type(event)].name, "port",
                text_json_or_null(nfw_event_port(event)), "name", text_json_or_null(nfw_event_name(event)),
                "address", text_json_or_null(nfw_event_address(event)), "resolver",
                text_json_or_null(nfw_event_resolver(event)), "seconds_left",
                (double)nfw_event_expires_ms(event) / 1000, "text", text_json_or_null(nfw_event_text(event)));
        return diagnostics_put_json(cli, json, 0);
}

int event_print(const struct cli *cli, const struct nfw_event *event, FILE *stream) {
        enum nfw_event_type type = nfw_event_get_type(event);

        if (cli->json)
                return print_json(cli, event);

        if (stream == stderr)
                fprintf(stream, "%s: ", cli->program);
        fputs(types[type].name, stream);
        for (size_t i = 0; i < N_PARTS && types[type].parts[i].get; i++) {
                const char *value = types[type].parts[i].get(event);

                if (value && *value) {
                        fputs(types[type].parts[i].before, stream);
                        text_put(stream, value);
                }
        }
        if (type == NFW_EVENT_LEARNED) {
                const char *resolver = nfw_event_resolver(event);

                fprintf(stream, ", %" PRIu64 " s", (nfw_event_expires_ms(event) + 500) / 1000);
                if (resolver && *resolver) {
                        fputs(", from ", stream);
                        text_put(stream, resolver);
                }
        }
        fputc('\n', stream);
        return CLI_EXIT_FINE;
}
