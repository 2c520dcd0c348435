/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/event.h"

#include "base/macros.h"

void nfw_events_init(struct nfw_events *events) {
        STAILQ_INIT(&events->queue);
        events->n = 0;
}

void nfw_events_deinit(struct nfw_events *events) {
        struct nfw_event *event;

        while ((event = nfw_events_pop(events)))
                free(event);
}

void nfw_events_push(struct nfw_events *events, const struct nfw_event *event) {
        struct nfw_event *copy;

        if (events->n >= NFW_MAX_EVENTS)
                return;

        copy = malloc(sizeof(*copy));
        if (!copy)
                return;

        *copy = *event;
        STAILQ_INSERT_TAIL(&events->queue, copy, entry);
        events->n++;
}

struct nfw_event *nfw_events_pop(struct nfw_events *events) {
        struct nfw_event *event = STAILQ_FIRST(&events->queue);

        if (!event)
                return NULL;

        STAILQ_REMOVE_HEAD(&events->queue, entry);
        events->n--;
        if (event->addr.family)
                nfw_addr_format(&event->addr, event->address);
        if (event->server.family)
                nfw_addr_format(&event->server, event->resolver);
        if (event->denied.source.family)
                nfw_addr_format(&event->denied.source, event->denied.source_text);
        if (event->denied.destination.family)
                nfw_addr_format(&event->denied.destination, event->denied.destination_text);
        return event;
}

/**
 * nfw_event_free() - forget an event
 * @event: the event, or NULL
 *
 * Return: NULL.
 */
nfw_public struct nfw_event *nfw_event_free(struct nfw_event *event) {
        free(event);
        return NULL;
}

/**
 * nfw_event_get_type() - what happened
 * @event: the event
 *
 * Return: the type.
 */
nfw_public enum nfw_event_type nfw_event_get_type(const struct nfw_event *event) {
        return event->type;
}

/**
 * nfw_event_port() - the port that an event is about
 * @event: the event
 *
 * Return: the interface, or "".
 */
nfw_public const char *nfw_event_port(const struct nfw_event *event) {
        return event->port;
}

/**
 * nfw_event_process() - the name of the process that changed our tables
 * @event: the event
 *
 * Return: what it calls itself, which any process chooses; "" where the kernel does not say, and for other events than
 * NFW_EVENT_EDITED.
 */
nfw_public const char *nfw_event_process(const struct nfw_event *event) {
        return event->process;
}

/**
 * nfw_event_pid() - the process that changed our tables
 * @event: the event
 *
 * Return: its id, which may have ended; 0 where the kernel does not say, and for other events than NFW_EVENT_EDITED.
 */
nfw_public uint32_t nfw_event_pid(const struct nfw_event *event) {
        return event->pid;
}

/**
 * nfw_event_name() - the domain name that an event is about
 * @event: the event
 *
 * Return: the name, or "".
 */
nfw_public const char *nfw_event_name(const struct nfw_event *event) {
        return event->name;
}

/**
 * nfw_event_address() - the address that an event is about
 * @event: the event
 *
 * Return: the address, or "".
 */
nfw_public const char *nfw_event_address(const struct nfw_event *event) {
        return event->address;
}

/**
 * nfw_event_resolver() - the name server that an event is about
 * @event: the event
 *
 * Return: its address, or "".
 */
nfw_public const char *nfw_event_resolver(const struct nfw_event *event) {
        return event->resolver;
}

/**
 * nfw_event_text() - an event in words
 * @event: the event
 *
 * Return: the reason for what was ignored or failed, else "".
 */
nfw_public const char *nfw_event_text(const struct nfw_event *event) {
        return event->text;
}

/**
 * nfw_event_expires_ms() - how long what was learned is valid
 * @event: the event
 *
 * Return: milliseconds from when it was learned; 0 for other events.
 */
nfw_public uint64_t nfw_event_expires_ms(const struct nfw_event *event) {
        return event->expires_ms;
}

/**
 * nfw_event_policy() - the policy that dropped a packet
 * @event: the event
 *
 * Return: its name; "" for other events than NFW_EVENT_DENIED.
 */
nfw_public const char *nfw_event_policy(const struct nfw_event *event) {
        return event->denied.policy;
}

/**
 * nfw_event_rule() - the rule that dropped a packet
 * @event: the event
 *
 * It is found after the packet is gone, by what the policy says and what the port has learned. Of rules with domains it is
 * one that denies a name under which the address is remembered.
 *
 * Return: the name of the rule as in the policy. Implicit rules have the names that ``nfwpolicy show --ir`` has for them,
 * such as "nothing matched", and nfw_event_rule_line() is 0 for them. "" where what the rules ask about has changed
 * since, so that more than one rule may have been the one, and for other events than NFW_EVENT_DENIED.
 */
nfw_public const char *nfw_event_rule(const struct nfw_event *event) {
        return event->denied.rule;
}

/**
 * nfw_event_rule_line() - where the rule that dropped a packet stands
 * @event: the event
 *
 * Return: the line of the policy's source as it was loaded, counting from 1; 0 for implicit rules, where nfw_event_rule()
 * is "", and for other events than NFW_EVENT_DENIED.
 */
nfw_public uint32_t nfw_event_rule_line(const struct nfw_event *event) {
        return event->denied.line;
}

/**
 * nfw_event_direction() - which way a packet went that was dropped
 * @event: the event
 *
 * Return: "egress", from the guest, or "ingress", to it; "" for other events than NFW_EVENT_DENIED.
 */
nfw_public const char *nfw_event_direction(const struct nfw_event *event) {
        return event->denied.direction ? event->denied.direction : "";
}

/**
 * nfw_event_ether_type() - what kind of packet was dropped
 * @event: the event
 *
 * Return: the type as of the Ethernet frame, 0x0800 for IPv4; 0 for other events than NFW_EVENT_DENIED.
 */
nfw_public uint16_t nfw_event_ether_type(const struct nfw_event *event) {
        return event->denied.ether_type;
}

/**
 * nfw_event_protocol() - the protocol of a packet that was dropped
 * @event: the event
 *
 * Return: the number of the transport, behind any extension headers (IPPROTO_TCP); 0 where the packet has none or does
 * not say, and for other events than NFW_EVENT_DENIED.
 */
nfw_public uint8_t nfw_event_protocol(const struct nfw_event *event) {
        return event->denied.protocol;
}

/**
 * nfw_event_source() - where a packet that was dropped came from
 * @event: the event
 *
 * Return: the address as the packet says it, which is not to be believed of a guest; or "".
 */
nfw_public const char *nfw_event_source(const struct nfw_event *event) {
        return event->denied.source_text;
}

/**
 * nfw_event_source_port() - the port that a packet that was dropped came from
 * @event: the event
 *
 * Return: the port of TCP or UDP, or 0.
 */
nfw_public uint16_t nfw_event_source_port(const struct nfw_event *event) {
        return event->denied.source_port;
}

/**
 * nfw_event_destination() - where a packet that was dropped was to go
 * @event: the event
 *
 * Return: the address, or "".
 */
nfw_public const char *nfw_event_destination(const struct nfw_event *event) {
        return event->denied.destination_text;
}

/**
 * nfw_event_destination_port() - the port where a packet that was dropped was to go
 * @event: the event
 *
 * Return: the port of TCP or UDP, or 0.
 */
nfw_public uint16_t nfw_event_destination_port(const struct nfw_event *event) {
        return event->denied.destination_port;
}
