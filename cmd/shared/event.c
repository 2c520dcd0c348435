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
        const char *key; /* of the event, or of its packet */
};

#define N_PARTS 4

/* By enum nfw_event_type. */
static const struct {
        const char *name;
        struct part parts[N_PARTS];
} types[] = {
        [NFW_EVENT_LEARNED] = { "learned", { { " ", "name" }, { " ", "address" }, { " for ", "port" } } },
        [NFW_EVENT_EVICTED] = { "evicted", { { " ", "name" }, { " ", "address" }, { " for ", "port" } } },
        [NFW_EVENT_IGNORED] = { "ignored",
                                { { " ", "name" },
                                  { " for ", "port" },
                                  { " from ", "resolver" },
                                  { ": ", "text" } } },
        [NFW_EVENT_LOST] = { "lost", { { ": ", "text" } } },
        [NFW_EVENT_RELOADED] = { "reloaded", { { ": ", "text" } } },
        [NFW_EVENT_EDITED] = { "edited", { { ": ", "text" } } },
        [NFW_EVENT_DENIED] = { "denied", { { " ", "direction" }, { " of ", "port" }, { " by ", "policy" } } },
        [NFW_EVENT_ADDRESS] = { "address", { { " ", "address" }, { " of ", "port" }, { ", ", "text" } } },
        [NFW_EVENT_ADDRESS_GONE] = { "address-gone", { { " ", "address" }, { " of ", "port" } } },
        [NFW_EVENT_ERROR] = { "error", { { ": ", "text" }, { " for ", "port" } } },
};

#define N_TYPES (sizeof(types) / sizeof(types[0]))

static const char *const protocols[] = {
        [IPPROTO_ICMP] = "icmp",
        [IPPROTO_TCP] = "tcp",
        [IPPROTO_UDP] = "udp",
        [IPPROTO_ICMPV6] = "icmpv6",
};

static int add_packet(json_t *json, const struct nfw_event *event) {
        json_t *packet;

        packet = json_pack("{s:s, s:o, s:I, s:s, s:i, s:i, s:o, s:i, s:o, s:i}", "policy",
                           nfw_event_policy(event), "rule", text_json_or_null(nfw_event_rule(event)),
                           "rule_line", (json_int_t)nfw_event_rule_line(event), "direction",
                           nfw_event_direction(event), "ether_type", nfw_event_ether_type(event), "protocol",
                           nfw_event_protocol(event), "source", text_json_or_null(nfw_event_source(event)),
                           "source_port", nfw_event_source_port(event), "destination",
                           text_json_or_null(nfw_event_destination(event)), "destination_port",
                           nfw_event_destination_port(event));
        return json_object_set_new(json, "packet", packet);
}

json_t *event_json(const struct nfw_event *event) {
        json_t *json;

        json = json_pack(
                "{s:s, s:o, s:o, s:o, s:o, s:f, s:o}", "event", types[nfw_event_get_type(event)].name, "port",
                text_json_or_null(nfw_event_port(event)), "name", text_json_or_null(nfw_event_name(event)),
                "address", text_json_or_null(nfw_event_address(event)), "resolver",
                text_json_or_null(nfw_event_resolver(event)), "seconds_left",
                (double)nfw_event_expires_ms(event) / 1000, "text", text_json_or_null(nfw_event_text(event)));
        if (json && nfw_event_get_type(event) == NFW_EVENT_DENIED && add_packet(json, event) < 0) {
                json_decref(json);
                json = NULL;
        }
        return json;
}

bool event_type_of(const json_t *event, enum nfw_event_type *ret_type) {
        const char *name = json_string_value(json_object_get(event, "event"));

        for (size_t i = 0; name && i < N_TYPES; i++) {
                if (strcmp(types[i].name, name) != 0)
                        continue;
                *ret_type = (enum nfw_event_type)i;
                return true;
        }
        return false;
}

/* --- for people ---------------------------------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *key) {
        const char *text = json_string_value(json_object_get(object, key));

        return text ? text : "";
}

static unsigned int number_of(const json_t *object, const char *key) {
        return (unsigned int)json_integer_value(json_object_get(object, key));
}

static void print_end(const json_t *packet, const char *address_key, const char *port_key, FILE *stream) {
        const char *address = text_of(packet, address_key);
        unsigned int port = number_of(packet, port_key);

        if (port == 0) {
                text_put(stream, address);
                return;
        }
        fputs(strchr(address, ':') ? "[" : "", stream);
        text_put(stream, address);
        fprintf(stream, "%s:%u", strchr(address, ':') ? "]" : "", port);
}

/* "tcp 192.0.2.1:40000 to [2001:db8::1]:443", as much of it as the packet says. */
static void print_packet(const json_t *packet, FILE *stream) {
        unsigned int number = number_of(packet, "protocol");

        if (!*text_of(packet, "source")) {
                fprintf(stream, ", type 0x%04x", number_of(packet, "ether_type"));
                return;
        }
        if (number < sizeof(protocols) / sizeof(protocols[0]) && protocols[number])
                fprintf(stream, ", %s ", protocols[number]);
        else
                fprintf(stream, ", protocol %u ", number);
        print_end(packet, "source", "source_port", stream);
        fputs(" to ", stream);
        print_end(packet, "destination", "destination_port", stream);
}

/* Implicit rules have no place in the policy, and say what they are. */
static void print_rule(const json_t *packet, FILE *stream) {
        const char *rule = text_of(packet, "rule");
        unsigned int line = number_of(packet, "rule_line");

        if (!*rule)
                return;
        fputs(line > 0 ? ", rule " : ", ", stream);
        text_put(stream, rule);
        if (line > 0)
                fprintf(stream, " in line %u", line);
}

static void print_parts(const json_t *event, const struct part *parts, FILE *stream) {
        const json_t *packet = json_object_get(event, "packet");

        for (size_t i = 0; i < N_PARTS && parts[i].key; i++) {
                const char *value = text_of(event, parts[i].key);

                if (!*value)
                        value = text_of(packet, parts[i].key);
                if (!*value)
                        continue;
                fputs(parts[i].before, stream);
                text_put(stream, value);
        }
}

static void print_sentence(const json_t *event, enum nfw_event_type type, FILE *stream) {
        double seconds = json_number_value(json_object_get(event, "seconds_left"));
        const char *resolver = text_of(event, "resolver");

        fputs(types[type].name, stream);
        print_parts(event, types[type].parts, stream);
        if (type == NFW_EVENT_LEARNED || (type == NFW_EVENT_ADDRESS && seconds > 0))
                fprintf(stream, ", %" PRIu64 " s", (uint64_t)(seconds + 0.5));
        if (type == NFW_EVENT_LEARNED && *resolver) {
                fputs(", from ", stream);
                text_put(stream, resolver);
        }
        if (type == NFW_EVENT_DENIED) {
                print_packet(json_object_get(event, "packet"), stream);
                print_rule(json_object_get(event, "packet"), stream);
        }
        fputc('\n', stream);
}

int event_print(const struct cli *cli, json_t *event, FILE *stream) {
        enum nfw_event_type type;

        /* What cannot be written is told where it is written. */
        if (cli->json || !event)
                return diagnostics_put_json(cli, json_incref(event), 0);
        if (!event_type_of(event, &type))
                return CLI_EXIT_FINE;
        if (stream == stderr)
                fprintf(stream, "%s: ", cli->program);
        print_sentence(event, type, stream);
        return CLI_EXIT_FINE;
}
