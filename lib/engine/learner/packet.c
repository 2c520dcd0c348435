/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/packet.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "engine/learner/learner.h"

#define DNS_PORT 53

/* One mirrored packet on its way through the functions below. */
struct context {
        struct nfw_learner *learner;
        struct learner_port *port;
        struct nfw_dns_flow flow;
        bool from_guest;
};

static void ignore(struct context *context, const char *why) {
        struct nfw_event event = { .type = NFW_EVENT_IGNORED };

        /* A flood of answers is not worth the words that nobody will read. */
        if (context->learner->events.n >= NFW_MAX_EVENTS)
                return;
        memcpy(event.port, context->port->interface, sizeof(event.port));
        event.server = context->flow.server;
        snprintf(event.text, sizeof(event.text), "%s", why);
        nfw_events_push(&context->learner->events, &event);
}

static bool is_trusted(const struct learner_port *port, const struct nfw_addr *server) {
        if (port->policy->any_resolver)
                return true;

        nfw_vec_foreach (resolver, &port->resolvers)
                if (nfw_addr_equal(resolver, server))
                        return true;
        return false;
}

/* The host hears what is sent to all of a network that it is in. */
static bool reaches_host(const struct nfw_learner *learner, const struct nfw_addr *addr) {
        nfw_vec_foreach (address, &learner->host.vec)
                if (nfw_addr_equal(&address->addr, addr) || nfw_prefix_is_broadcast(address, addr))
                        return true;
        return false;
}

/* Somebody on the way may make of an IPv6 address the IPv4 address that it carries. */
static bool is_host(const struct nfw_learner *learner, const struct nfw_addr *addr) {
        struct nfw_addr embedded;

        return reaches_host(learner, addr) ||
               (nfw_addr_embedded(addr, &embedded) && reaches_host(learner, &embedded));
}

/* Takes out what no name may open, whoever says so. */
static void filter_addresses(struct context *context, struct nfw_dns_answer *answer) {
        size_t n = 0;

        for (size_t i = 0; i < answer->n_addresses; i++) {
                if (nfw_addr_is_special(&answer->addresses[i]) ||
                    is_host(context->learner, &answer->addresses[i]))
                        continue;
                answer->addresses[n++] = answer->addresses[i];
        }

        if (n < answer->n_addresses) {
                nfw_learner_count(context->learner, NFW_COUNTER_FORBIDDEN, answer->n_addresses - n);
                ignore(context, "the answer has addresses that no name may open");
        }
        answer->n_addresses = n;
}

static int grant(struct context *context,
                 const char *name,
                 const size_t *ids,
                 size_t n_ids,
                 const struct nfw_dns_answer *answer) {
        struct nfw_learner *learner = context->learner;
        struct learner_port *port = context->port;
        uint64_t now = nfw_learner_now();
        uint32_t ttl = NFW_MIN(NFW_MAX(answer->ttl, port->policy->min_ttl), port->policy->max_ttl);
        struct nfw_event event = { .type = NFW_EVENT_EVICTED };
        int r;

        /* Names that have expired are forgotten there, of which a packet may wait to be told. */
        nfw_learner_note_change(learner, port);
        learner->scratch.vec.n = 0;
        learner->scratch.n_evicted = 0;
        r = nfw_dns_grants_learn(port->grants, name, &context->flow.server, ids, n_ids, answer->addresses,
                                 answer->n_addresses, now + (uint64_t)ttl * 1000, now, &learner->scratch);
        if (r < 0)
                return r;

        if (learner->scratch.n_evicted > 0) {
                nfw_learner_count(learner, NFW_COUNTER_EVICTED, learner->scratch.n_evicted);
                memcpy(event.port, port->interface, sizeof(event.port));
                nfw_events_push(&learner->events, &event);
        }
        return nfw_learner_queue(learner, port, &learner->scratch);
}

/*
 * The queried name comes first on the chain, so it is what a learned set remembers where it matches itself, and
 * an alias only where just that matches.
 */
static int learn(struct context *context, struct nfw_dns_answer *answer) {
        struct nfw_dns_ids *ids = &context->learner->ids;
        size_t n_before;
        int r;

        filter_addresses(context, answer);
        if (answer->n_addresses == 0)
                return 0;

        ids->vec.n = 0;
        for (size_t i = 0; i < answer->n_chain; i++) {
                n_before = ids->vec.n;
                r = nfw_dns_index_match(context->port->policy->index, answer->chain[i].text, ids);
                if (r < 0)
                        return r;
                if (ids->vec.n == n_before)
                        continue;
                r = grant(context, answer->chain[i].text, ids->vec.items + n_before, ids->vec.n - n_before,
                          answer);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void count_malformed(struct context *context) {
        nfw_learner_count(context->learner, NFW_COUNTER_MALFORMED, 1);
        if (!context->from_guest)
                ignore(context, "the answer is not well formed");
}

static int handle_query(struct context *context, const struct nfw_dns_head *head) {
        nfw_learner_count(context->learner, NFW_COUNTER_QUERIES, 1);
        return nfw_dns_pending_add(context->port->pending, &context->flow, head, nfw_learner_now());
}

/* Only what was asked for is read to its end, and only what is well formed to there answers the question. */
static int handle_reply(struct context *context,
                        const struct nfw_dns_head *head,
                        const void *data,
                        size_t size) {
        struct nfw_dns_pending *pending = context->port->pending;
        struct nfw_dns_pending_question *question;
        struct nfw_dns_message message;
        struct nfw_dns_answer answer;
        int r;

        question = nfw_dns_pending_find(pending, &context->flow, head, nfw_learner_now());
        if (!question) {
                nfw_learner_count(context->learner, NFW_COUNTER_UNASKED, 1);
                ignore(context, "the answer is to no question of this port");
                return 0;
        }

        r = nfw_dns_message_parse(data, size, &message);
        if (r < 0)
                return r;
        if (r > 0) {
                count_malformed(context);
                return 0;
        }
        nfw_dns_pending_remove(pending, question);

        r = nfw_dns_answer_collect(&message, &answer);
        return r == 0 ? learn(context, &answer) : r < 0 ? r : 0;
}

static int handle_message(const void *data, size_t size, void *userdata) {
        struct context *context = userdata;
        struct nfw_dns_head head;
        int r;

        if (!context->from_guest)
                nfw_learner_count(context->learner, NFW_COUNTER_REPLIES, 1);

        r = nfw_dns_head_parse(data, size, &head);
        if (r < 0)
                return r;
        if (r > 0) {
                count_malformed(context);
                return 0;
        }
        return context->from_guest ? handle_query(context, &head) : handle_reply(context, &head, data, size);
}

static int handle_transport(struct context *context, const struct nfw_packet *packet) {
        struct nfw_learner *learner = context->learner;

        /* What a server says that is not trusted teaches nothing, so what it was asked is not worth a look. */
        if (!is_trusted(context->port, &context->flow.server)) {
                if (!context->from_guest && packet->payload_size > 0) {
                        nfw_learner_count(learner, NFW_COUNTER_UNTRUSTED, 1);
                        nfw_statistics_ignore(learner->statistics, context->port->interface,
                                              &context->flow.server);
                        ignore(context, "the name server is not trusted");
                }
                return 0;
        }

        if (packet->protocol == IPPROTO_UDP)
                return handle_message(packet->payload, packet->payload_size, context);

        return nfw_dns_streams_push(context->port->streams, &context->flow, context->from_guest, packet,
                                    nfw_learner_now(), handle_message, context);
}

int nfw_learner_interface_name(struct nfw_learner *learner, unsigned int index, const char **ret_name) {
        struct learner_interface *interface;

        HASH_FIND(hh, learner->interfaces, &index, sizeof(index), interface);
        if (!interface) {
                interface = calloc(1, sizeof(*interface));
                if (!interface)
                        return -ENOMEM;
                interface->index = index;
                if (!if_indextoname(index, interface->name)) {
                        free(interface);
                        return NFW_E_NOT_FOUND;
                }
                HASH_ADD(hh, learner->interfaces, index, sizeof(interface->index), interface);
                if (!interface->hh.tbl) {
                        free(interface);
                        return -ENOMEM;
                }
        }

        *ret_name = interface->name;
        return 0;
}

/* "nfwpolicy NAME ID query" or "… reply": what the mirror rules of a policy say. */
static bool parse_prefix(const char *prefix, char id[static NFW_ID_MAX], bool *ret_from_guest) {
        static const char program[] = "nfwpolicy ";
        const char *policy, *word, *direction;

        if (strncmp(prefix, program, sizeof(program) - 1) != 0)
                return false;
        policy = prefix + sizeof(program) - 1;
        word = strchr(policy, ' ');
        direction = word ? strchr(word + 1, ' ') : NULL;
        if (!direction || (size_t)(direction - word - 1) >= NFW_ID_MAX)
                return false;

        memcpy(id, word + 1, (size_t)(direction - word - 1));
        id[direction - word - 1] = '\0';
        *ret_from_guest = strcmp(direction, " query") == 0;
        return *ret_from_guest || strcmp(direction, " reply") == 0;
}

/* The port in the version of its policy that mirrored the packet, if we know it. */
static struct learner_port *find_port(struct nfw_learner *learner, const char *interface, const char *id) {
        struct learner_port *port;

        HASH_FIND_STR(learner->ports, interface, port);
        return port && strcmp(port->policy->id, id) == 0 ? port : NULL;
}

int nfw_learner_handle_packet(const struct nfw_nflog_message *message, void *userdata) {
        struct nfw_learner *learner = userdata;
        struct context context = { .learner = learner };
        struct nfw_packet packet;
        char id[NFW_ID_MAX];
        const char *interface;
        bool changed;
        int r;

        if (!parse_prefix(message->prefix, id, &context.from_guest))
                return 0;

        r = nfw_learner_interface_name(
                learner, context.from_guest ? message->in_interface : message->out_interface, &interface);
        if (r != 0)
                return r < 0 ? r : 0;

        /* The packet may be the first that tells of a port or of a policy's new version. */
        context.port = find_port(learner, interface, id);
        if (!context.port) {
                r = nfw_learner_follow_if_changed(learner, &changed);
                if (r < 0)
                        return r;
                context.port = changed ? find_port(learner, interface, id) : NULL;
                if (!context.port)
                        return 0;
        }

        r = nfw_packet_parse(message->payload, message->payload_size, &packet);
        if (r < 0)
                return r;
        if (r > 0 || packet.fragment || !packet.transport ||
            (packet.protocol != IPPROTO_UDP && packet.protocol != IPPROTO_TCP)) {
                nfw_learner_count(learner, NFW_COUNTER_MALFORMED, 1);
                return 0;
        }

        context.flow = (struct nfw_dns_flow){
                .protocol = packet.protocol,
                .guest = context.from_guest ? packet.source : packet.destination,
                .server = context.from_guest ? packet.destination : packet.source,
                .guest_port = context.from_guest ? packet.source_port : packet.destination_port,
                .server_port = context.from_guest ? packet.destination_port : packet.source_port,
        };
        if (context.flow.server_port != DNS_PORT)
                return 0;
        return handle_transport(&context, &packet);
}
