/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/learner/denied.h"

#include <net/if.h>
#include <string.h>

#include <linux/if_ether.h>

#include "net/packet.h"

/* What a learner reads between two looks at the replies that it is there for. */
#define MESSAGES_AT_ONCE 16

/* "nfwpolicy NAME ID denied" */
static bool parse_prefix(const char *prefix, struct nfw_denied *denied) {
        static const char program[] = "nfwpolicy ", word[] = " denied";
        const char *policy, *end;

        if (strncmp(prefix, program, sizeof(program) - 1) != 0)
                return false;
        policy = prefix + sizeof(program) - 1;
        end = strchr(policy, ' ');
        if (!end || end == policy || (size_t)(end - policy) > NFW_POLICY_NAME_MAX)
                return false;
        memcpy(denied->policy, policy, (size_t)(end - policy));
        denied->policy[end - policy] = '\0';

        end = strchr(end + 1, ' ');
        return end && strcmp(end, word) == 0;
}

static bool is_ip(uint16_t ether_type) {
        return ether_type == ETH_P_IP || ether_type == ETH_P_IPV6;
}

int nfw_denied_parse(const struct nfw_nflog_message *message, struct nfw_event *ret_event) {
        struct nfw_event event = { .type = NFW_EVENT_DENIED };
        struct nfw_denied *denied = &event.denied;
        struct nfw_packet packet;

        if (!parse_prefix(message->prefix, denied))
                return NFW_E_INVALID;

        /* Of what comes from a guest it is not known yet where it goes. */
        denied->direction = message->out_interface ? "ingress" : "egress";
        denied->ether_type = message->ether_type;
        if (is_ip(message->ether_type) &&
            nfw_packet_parse_head(message->payload, message->payload_size, &packet) == 0) {
                denied->protocol = packet.protocol;
                denied->source = packet.source;
                denied->destination = packet.destination;
                denied->source_port = packet.source_port;
                denied->destination_port = packet.destination_port;
        }
        *ret_event = event;
        return 0;
}

static int take(const struct nfw_nflog_message *message, void *userdata) {
        struct nfw_events *events = userdata;
        struct nfw_event event;

        /* The port may be gone by now; then nobody asks any more. */
        if (nfw_denied_parse(message, &event) != 0 ||
            !if_indextoname(message->out_interface ? message->out_interface : message->in_interface,
                            event.port))
                return 0;
        nfw_events_push(events, &event);
        return 0;
}

int nfw_denied_dispatch(struct nfw_nflog *nflog, struct nfw_events *events) {
        int n = nfw_nflog_dispatch(nflog, MESSAGES_AT_ONCE, take, events);

        return n < 0 ? n : 0;
}
