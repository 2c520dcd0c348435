/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/learner/denied.h"

#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>

#include <linux/if_ether.h>

#include "net/packet.h"

/* What a learner reads between two looks at the replies that it is there for. */
#define MESSAGES_AT_ONCE 16

/*
 * Where the ruleset has changed all is read again, which somebody's flood of packets must not be able to ask for as often
 * as others change their rules.
 */
#define FOLLOW_MS   1000

#define IPV4_HEADER 20
#define IPV6_HEADER 40
/* Both ports of TCP and UDP. */
#define PORTS 4

/* "nfwpolicy NAME ID denied" */
static bool parse_prefix(const char *prefix, struct nfw_denied *denied) {
        static const char program[] = "nfwpolicy ", word[] = " denied";
        const char *policy, *id, *end;

        if (strncmp(prefix, program, sizeof(program) - 1) != 0)
                return false;
        policy = prefix + sizeof(program) - 1;
        end = strchr(policy, ' ');
        if (!end || end == policy || (size_t)(end - policy) > NFW_POLICY_NAME_MAX)
                return false;
        memcpy(denied->policy, policy, (size_t)(end - policy));
        denied->policy[end - policy] = '\0';

        id = end + 1;
        end = strchr(id, ' ');
        if (!end || strcmp(end, word) != 0 || (size_t)(end - id) >= sizeof(denied->id))
                return false;
        memcpy(denied->id, id, (size_t)(end - id));
        denied->id[end - id] = '\0';
        return true;
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

/* The octets that the packet says it has; 0 where it says too much for us, as a jumbogram (RFC 2675) does. */
static size_t packet_size(const uint8_t *data, size_t size) {
        size_t length;

        if (size >= IPV4_HEADER && data[0] >> 4 == 4)
                return (size_t)data[2] << 8 | data[3];
        if (size < IPV6_HEADER)
                return 0;
        length = (size_t)data[4] << 8 | data[5];
        return length > 0 ? IPV6_HEADER + length : 0;
}

static int read_transport(const struct nfw_packet *from, bool is_whole, struct nfw_evaluate_packet *packet) {
        bool has_ports = packet->l4proto == IPPROTO_TCP || packet->l4proto == IPPROTO_UDP;
        bool is_icmpv6 = packet->l4proto == IPPROTO_ICMPV6;

        /* What is too short is not matched by rules that ask for what is missing. */
        if (!is_whole && ((has_ports && from->transport_size < PORTS) ||
                          (is_icmpv6 && from->transport_size < sizeof(packet->icmp_type))))
                return NFW_E_INVALID;

        packet->has_ports = has_ports && from->transport_size >= PORTS;
        packet->source_port = from->source_port;
        packet->destination_port = from->destination_port;
        packet->has_icmp_type = is_icmpv6 && from->transport_size >= sizeof(packet->icmp_type);
        if (packet->has_icmp_type)
                packet->icmp_type = from->transport[0];
        return 0;
}

int nfw_denied_packet(const struct nfw_nflog_message *message, struct nfw_evaluate_packet *ret_packet) {
        struct nfw_evaluate_packet packet = { 0 };
        struct nfw_packet from;
        size_t size;
        int r;

        /* The tag's type is the frame's, also where the driver has taken the tag off. */
        packet.ether_type = message->vlan_type ? message->vlan_type : message->ether_type;
        if (!is_ip(packet.ether_type)) {
                *ret_packet = packet;
                return 0;
        }

        r = nfw_packet_parse_head(message->payload, message->payload_size, &from);
        if (r != 0 || from.fragment || !from.transport)
                return NFW_E_INVALID;
        size = packet_size(message->payload, message->payload_size);
        if (size == 0 || (message->payload_size < size && message->payload_size < NFW_DENIED_SNAPLEN))
                return NFW_E_INVALID;

        packet.source = from.source;
        packet.destination = from.destination;
        packet.l4proto = from.matched_protocol;
        if (from.destination.family == AF_INET6)
                packet.hop_limit = message->payload[7];
        r = read_transport(&from, message->payload_size >= size, &packet);
        if (r != 0)
                return r;
        *ret_packet = packet;
        return 0;
}

/* In the version of its policy that dropped the packet. */
static const struct learner_port *find_port(const struct nfw_learner *learner,
                                            const struct nfw_nflog_message *message,
                                            const struct nfw_event *event) {
        enum nfw_table table = message->is_bridge ? NFW_TABLE_BRIDGE : NFW_TABLE_INET;
        const struct learner_port *port;

        HASH_FIND_STR(learner->ports, event->port, port);
        return port && strcmp(port->policy->id, event->denied.id) == 0 && port->policy->table == table ? port
                                                                                                       : NULL;
}

/* *ret_is_current: what is known of ports is of before the packet was read, and nothing has changed since. */
static int check_current(struct nfw_learner *learner, bool *ret_is_current) {
        uint64_t now = nfw_learner_now();
        uint32_t generation;
        int r;

        r = nfw_nft_generation(learner->nft, &generation);
        if (r < 0)
                return r;
        *ret_is_current = nfw_learner_is_in_step(learner) && generation == learner->followed;
        if (*ret_is_current || now < learner->denied_follow)
                return 0;
        learner->denied_follow = now + FOLLOW_MS;
        return nfw_learner_follow(learner);
}

static int add_rule(struct nfw_learner *learner,
                    const struct nfw_nflog_message *message,
                    struct nfw_event *event) {
        const struct nfw_denier_rule *rule;
        struct nfw_evaluate_packet packet;
        const struct learner_port *port;
        bool is_current;
        int r;

        r = check_current(learner, &is_current);
        if (r < 0)
                return r;
        port = find_port(learner, message, event);
        if (!port || nfw_denied_packet(message, &packet) != 0)
                return 0;

        r = nfw_learner_denier_find(learner, port, message->out_interface ? NFW_INGRESS : NFW_EGRESS, &packet,
                                    is_current, &rule);
        if (r != 0)
                return r < 0 ? r : 0;
        strncpy(event->denied.rule, rule->name, sizeof(event->denied.rule) - 1);
        event->denied.line = rule->line;
        return 0;
}

static int take(const struct nfw_nflog_message *message, void *userdata) {
        struct nfw_learner *learner = userdata;
        struct nfw_event event;
        int r;

        /* The port may be gone by now; then nobody asks any more. */
        if (learner->events.n >= NFW_MAX_EVENTS || nfw_denied_parse(message, &event) != 0 ||
            !if_indextoname(message->out_interface ? message->out_interface : message->in_interface,
                            event.port))
                return 0;
        r = add_rule(learner, message, &event);
        if (r < 0)
                return r;
        nfw_events_push(&learner->events, &event);
        return 0;
}

static void note_none(struct nfw_learner *learner, uint64_t moment, uint64_t now) {
        learner->none_denied_at = moment;
        learner->none_denied_ms = now;
}

void nfw_denied_check(struct nfw_learner *learner) {
        struct pollfd waiting = { .events = POLLIN };
        uint64_t now;

        if (!learner->denied || learner->none_denied_at > learner->changed_at)
                return;
        now = nfw_learner_now();
        waiting.fd = nfw_nflog_get_fd(learner->denied);
        if (poll(&waiting, 1, 0) == 0)
                note_none(learner, ++learner->moment, now);
}

int nfw_denied_dispatch(struct nfw_learner *learner) {
        uint64_t moment = ++learner->moment, now = nfw_learner_now();
        int n = nfw_nflog_dispatch(learner->denied, MESSAGES_AT_ONCE, take, learner);

        if (n < 0)
                return n;
        if (n < MESSAGES_AT_ONCE)
                note_none(learner, moment, now);
        return nfw_learner_commit(learner);
}
