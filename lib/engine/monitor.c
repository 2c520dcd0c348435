/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Follows what the learner, whichever process it is, commits. The kernel is the source: a monitor needs nothing
 * from the learner and shows what really is in force.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/vec.h"
#include "engine/context.h"
#include "engine/event.h"
#include "engine/port.h"
#include "nft/notify.h"

struct change {
        bool added;
        struct nfw_nft_grant grant;
};

struct nfw_monitor {
        struct nfw_nft_notifier *notifier;
        struct nfw_events events;
        NFW_VEC(struct change) changes; /* of the transaction that is being read, at most NFW_MAX_EVENTS */
        uint64_t n_dropped;             /* changes of it that had no room */
        bool sets_changed;              /* it makes or deletes sets */
};

NFW_DEFINE_CLEANUP(struct nfw_monitor, nfw_monitor_free)

/**
 * nfw_monitor_new() - begin to follow what ports learn
 * @context:     the context; it must outlive the monitor
 * @report:      may be NULL; nothing is added today
 * @ret_monitor: the monitor; nfw_monitor_free() ends it
 *
 * What was learned before is not told: nfw_status_new() after this call misses nothing.
 *
 * Return: 0, or a negative errno, -EPERM without CAP_NET_ADMIN.
 */
nfw_public int nfw_monitor_new(struct nfw_context *context nfw_unused,
                               struct nfw_report *report nfw_unused,
                               struct nfw_monitor **ret_monitor) {
        nfw_cleanup(nfw_monitor_freep) struct nfw_monitor *monitor = NULL;
        int r;

        monitor = calloc(1, sizeof(*monitor));
        if (!monitor)
                return -ENOMEM;
        nfw_events_init(&monitor->events);

        r = nfw_nft_notifier_new(&monitor->notifier);
        if (r < 0)
                return r;

        *ret_monitor = nfw_steal(monitor);
        return 0;
}

/**
 * nfw_monitor_free() - end a monitor
 * @monitor: the monitor, or NULL
 *
 * Return: NULL.
 */
nfw_public struct nfw_monitor *nfw_monitor_free(struct nfw_monitor *monitor) {
        if (monitor) {
                nfw_nft_notifier_free(monitor->notifier);
                nfw_events_deinit(&monitor->events);
                nfw_vec_deinit(&monitor->changes);
                free(monitor);
        }
        return NULL;
}

/**
 * nfw_monitor_get_fd() - what to wait on
 * @monitor: the monitor
 *
 * Return: a descriptor that is readable when nfw_monitor_dispatch() has work. It stays the monitor's.
 */
nfw_public int nfw_monitor_get_fd(const struct nfw_monitor *monitor) {
        return nfw_nft_notifier_get_fd(monitor->notifier);
}

static bool is_same_grant(const struct nfw_nft_grant *a, const struct nfw_nft_grant *b) {
        return strcmp(a->interface, b->interface) == 0 && nfw_addr_equal(&a->addr, &b->addr);
}

static int take_grant(const char *set, bool added, const struct nfw_nft_grant *grant, void *userdata) {
        struct nfw_monitor *monitor = userdata;
        struct change change = { .added = added, .grant = *grant };

        if (!nfw_set_is_learned(set))
                return 0;

        /* An extension on kernels that cannot change a timeout: deleted and added, one after the other. */
        if (added && monitor->changes.n > 0) {
                struct change *last = &monitor->changes.items[monitor->changes.n - 1];

                if (!last->added && is_same_grant(&last->grant, grant)) {
                        *last = change;
                        return 0;
                }
        }

        if (monitor->changes.n >= NFW_MAX_EVENTS) {
                monitor->n_dropped++;
                return 0;
        }
        return nfw_vec_push(&monitor->changes, change);
}

static int take_set(void *userdata) {
        struct nfw_monitor *monitor = userdata;

        monitor->sets_changed = true;
        return 0;
}

static void tell_change(struct nfw_monitor *monitor, const struct change *change) {
        const struct nfw_nft_grant *grant = &change->grant;
        struct nfw_event event = { .type = change->added ? NFW_EVENT_LEARNED : NFW_EVENT_EVICTED };

        memcpy(event.port, grant->interface, sizeof(event.port));
        memcpy(event.name, grant->note.name, sizeof(event.name));
        nfw_addr_format(&grant->addr, event.address);
        if (grant->note.resolver.family)
                nfw_addr_format(&grant->note.resolver, event.resolver);
        if (change->added)
                event.expires_ms = grant->expires_ms;
        nfw_events_push(&monitor->events, &event);
}

static void tell_text(struct nfw_monitor *monitor, enum nfw_event_type type, const char *text) {
        struct nfw_event event = { .type = type };

        snprintf(event.text, sizeof(event.text), "%s", text);
        nfw_events_push(&monitor->events, &event);
}

static int end_transaction(void *userdata) {
        struct nfw_monitor *monitor = userdata;

        /* Grants that move into a policy's new sets are not learned anew. */
        if (monitor->sets_changed) {
                tell_text(monitor, NFW_EVENT_RELOADED, "policies have changed");
        } else {
                nfw_vec_foreach (change, &monitor->changes)
                        tell_change(monitor, change);
                if (monitor->n_dropped > 0)
                        tell_text(monitor, NFW_EVENT_LOST, "more was learned at once than can be told");
        }
        monitor->changes.n = 0;
        monitor->n_dropped = 0;
        monitor->sets_changed = false;
        return 0;
}

static int take_loss(void *userdata) {
        struct nfw_monitor *monitor = userdata;

        /* What is known of the transaction may be half of it, and is not told. */
        monitor->changes.n = 0;
        tell_text(monitor, NFW_EVENT_LOST, "the kernel told more than could be read in time");
        return 0;
}

/**
 * nfw_monitor_dispatch() - read what has happened, without waiting
 * @monitor: the monitor
 *
 * To be called when the descriptor is readable; nfw_monitor_pop_event() then has what was read. Grants that
 * expire are not told: the kernel tells nobody, and when they will was told when they were learned.
 *
 * Return: 0 or a negative errno.
 */
nfw_public int nfw_monitor_dispatch(struct nfw_monitor *monitor) {
        static const struct nfw_nft_notify_handlers handlers = {
                .grant = take_grant,
                .set = take_set,
                .end = end_transaction,
                .lost = take_loss,
        };

        return nfw_nft_notifier_dispatch(monitor->notifier, &handlers, monitor);
}

/**
 * nfw_monitor_pop_event() - what has happened
 * @monitor:   the monitor
 * @ret_event: the oldest event; the caller frees it
 *
 * At most 4096 events are kept; what happens while nobody takes them is not.
 *
 * Return: 0, or NFW_E_EMPTY.
 */
nfw_public int nfw_monitor_pop_event(struct nfw_monitor *monitor, struct nfw_event **ret_event) {
        struct nfw_event *event = nfw_events_pop(&monitor->events);

        if (!event)
                return NFW_E_EMPTY;

        *ret_event = event;
        return 0;
}
