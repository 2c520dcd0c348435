/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <net/if.h>
#include <sys/queue.h>

#include <nfwpolicy/nfwpolicy.h>

#include "engine/record/record.h"
#include "net/addr.h"
#include "net/domain.h"

/* What is known of a packet that was dropped. */
struct nfw_denied {
        char policy[NFW_POLICY_NAME_MAX + 1];
        char id[NFW_ID_MAX];              /* of the policy's version */
        char rule[NFW_RULE_NAME_MAX + 1]; /* "": it is not known */
        unsigned int line;                /* of that rule in the policy's source; 0 for implicit rules */
        const char *direction;            /* "egress" or "ingress"; NULL in other events */
        uint16_t ether_type;
        uint8_t protocol;                    /* 0: none, or the packet does not say */
        struct nfw_addr source, destination; /* without a family where the packet has none */
        uint16_t source_port, destination_port;
        char source_text[NFW_ADDR_TEXT_MAX]; /* when somebody takes the event */
        char destination_text[NFW_ADDR_TEXT_MAX];
};

struct nfw_event {
        STAILQ_ENTRY(nfw_event) entry;
        enum nfw_event_type type;
        char port[IFNAMSIZ];
        char name[NFW_DOMAIN_TEXT_MAX];
        char address[NFW_ADDR_TEXT_MAX];
        char resolver[NFW_ADDR_TEXT_MAX];
        char text[160];
        uint64_t expires_ms;          /* from when it happened */
        struct nfw_addr addr, server; /* become address and resolver when somebody takes the event */
        struct nfw_denied denied;
        char process[16]; /* of an edit: what the process called itself */
        uint32_t pid;
};

/* Events that nobody has asked for yet. Bounded: when full, new ones are not kept. */
#define NFW_MAX_EVENTS 4096

struct nfw_events {
        STAILQ_HEAD(, nfw_event) queue;
        size_t n;
};

void nfw_events_init(struct nfw_events *events);
void nfw_events_deinit(struct nfw_events *events);

/* A copy of the event is queued. There is no error: an event that cannot be kept is not worth failing for. */
void nfw_events_push(struct nfw_events *events, const struct nfw_event *event);
/* The oldest, or NULL. */
struct nfw_event *nfw_events_pop(struct nfw_events *events);
