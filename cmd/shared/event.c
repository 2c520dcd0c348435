/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/event.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>

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
        [NFW_EVENT_DENIED] = { "denied",
                               { { " ", nfw_event_direction },
                                 { " of ", nfw_event_port },
                                 { " by ", nfw_event_policy } } },
        [NFW_EVENT_ADDRESS] = { "address",
                                { { " ", nfw_event_address },
                                  { " of ", nfw_event_port },
                                  { ", ", nfw_event_text } } },
        [NFW_EVENT_ADDRESS_GONE] = { "address-gone",
                                     { { " ", nfw_event_address }, { " of ", nfw_event_port } } },
        [NFW_EVENT_ERROR] = { "error", { { ": ", nfw_event_text }, { " for ", nfw_event_port } } },
};

static const char *const protocols[] = {
        [IPPROTO_ICMP] = "icmp",
        [IPPROTO_TCP] = "tcp",
        [IPPROTO_UDP] = "udp",
        [IPPROTO_ICMPV6] = "icmpv6",
};

static void print_end(const char *address, uint16_t port, FILE *stream) {
        if (port == 0)
                fputs(address, stream);
        else
                fprintf(stream, strchr(address, ':') ? "[%s]:%u" : "%s:%u", address, port);
}

/* "tcp 192.0.2.1:40000 to [2001:db8::1]:443", as much of it as the packet says. */
static void print_packet(const struct nfw_event *event, FILE *stream) {
        uint8_t number = nfw_event_protocol(event);

        if (!*nfw_event_source(event)) {
                fprintf(stream, ", type 0x%04x", nfw_event_ether_type(event));
                return;
        }
        if (number < sizeof(protocols) / sizeof(protocols[0]) && protocols[number])
                fprintf(stream, ", %s ", protocols[number]);
        else
                fprintf(stream, ", protocol %u ", number);
        print_end(nfw_event_source(event), nfw_event_source_port(event), stream);
        fputs(" to ", stream);
        print_end(nfw_event_destination(event), nfw_event_destination_port(event), stream);
}

static int add_packet(json_t *json, const struct nfw_event *event) {
        json_t *packet;

        packet = json_pack("{s:s, s:s, s:i, s:i, s:o, s:i, s:o, s:i}", "policy", nfw_event_policy(event),
                           "direction", nfw_event_direction(event), "ether_type", nfw_event_ether_type(event),
                           "protocol", nfw_event_protocol(event), "source",
                           text_json_or_null(nfw_event_source(event)), "source_port",
                           nfw_event_source_port(event), "destination",
                           text_json_or_null(nfw_event_destination(event)), "destination_port",
                           nfw_event_destination_port(event));
        return json_object_set_new(json, "packet", packet);
}

static int print_json(const struct cli *cli, const struct nfw_event *event) {
        json_t *json;

        json = json_pack(
                "{s:s, s:o, s:o, s:o, s:o, s:f, s:o}", "event", types[nfw_event_get_type(event)].name, "port",
                text_json_or_null(nfw_event_port(event)), "name", text_json_or_null(nfw_event_name(event)),
                "address", text_json_or_null(nfw_event_address(event)), "resolver",
                text_json_or_null(nfw_event_resolver(event)), "seconds_left",
                (double)nfw_event_expires_ms(event) / 1000, "text", text_json_or_null(nfw_event_text(event)));
        /* What cannot be written is told where it is written. */
        if (json && nfw_event_get_type(event) == NFW_EVENT_DENIED && add_packet(json, event) < 0) {
                json_decref(json);
                json = NULL;
        }
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
        if (type == NFW_EVENT_ADDRESS && nfw_event_expires_ms(event) > 0)
                fprintf(stream, ", %" PRIu64 " s", (nfw_event_expires_ms(event) + 500) / 1000);
        if (type == NFW_EVENT_DENIED)
                print_packet(event, stream);
        fputc('\n', stream);
        return CLI_EXIT_FINE;
}
