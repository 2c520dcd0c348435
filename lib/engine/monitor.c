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
#include "engine/changes.h"
#include "engine/context.h"
#include "engine/event.h"
#include "engine/port.h"
#include "nft/notify.h"

struct nfw_monitor {
        struct nfw_nft_notifier *notifier;
        struct nfw_events events;
        struct nfw_changes changes; /* of the transaction that is being read */
        bool sets_changed;          /* it makes or deletes sets */
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
nfw_public int nfw_monitor_new(struct nfw_context *context,
                               struct nfw_report *report nfw_unused,
                               struct nfw_monitor **ret_monitor) {
        nfw_cleanup(nfw_monitor_freep) struct nfw_monitor *monitor = NULL;
        int r;

        monitor = calloc(1, sizeof(*monitor));
        if (!monitor)
                return -ENOMEM;
        nfw_events_init(&monitor->events);
        r = nfw_changes_init(&monitor->changes);
        if (r < 0)
                return r;

        r = nfw_nft_notifier_new(context->table_name, &monitor->notifier);
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
                nfw_changes_deinit(&monitor->changes);
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

static int take_grant(const char *set, bool added, const struct nfw_nft_grant *grant, void *userdata) {
        struct nfw_monitor *monitor = userdata;

        return nfw_set_is_learned(set) ? nfw_changes_take(&monitor->changes, set, added, grant) : 0;
}

static int take_set(void *userdata) {
        struct nfw_monitor *monitor = userdata;

        monitor->sets_changed = true;
        return 0;
}

static void tell_change(bool added, const struct nfw_nft_grant *grant, void *userdata) {
        struct nfw_monitor *monitor = userdata;
        struct nfw_event event = { .type = added ? NFW_EVENT_LEARNED : NFW_EVENT_EVICTED };

        memcpy(event.port, grant->interface, sizeof(event.port));
        memcpy(event.name, grant->note.name, sizeof(event.name));
        nfw_addr_format(&grant->addr, event.address);
        if (grant->note.resolver.family)
                nfw_addr_format(&grant->note.resolver, event.resolver);
        if (added)
                event.expires_ms = grant->expires_ms;
        nfw_events_push(&monitor->events, &event);
}

static void tell_text(struct nfw_monitor *monitor, enum nfw_event_type type, const char *text) {
        struct nfw_event event = { .type = type };

        snprintf(event.text, sizeof(event.text), "%s", text);
        nfw_events_push(&monitor->events, &event);
}

static int end_transaction(const struct nfw_nft_author *author nfw_unused, void *userdata) {
        struct nfw_monitor *monitor = userdata;
        bool sets_changed = monitor->sets_changed;
        uint64_t n_dropped;
        int r;

        monitor->sets_changed = false;
        /* Grants that move into a policy's new sets are not learned anew. */
        if (sets_changed) {
                nfw_changes_clear(&monitor->changes);
                tell_text(monitor, NFW_EVENT_RELOADED, "policies have changed");
                return 0;
        }

        n_dropped = monitor->changes.n_dropped;
        r = nfw_changes_finish(&monitor->changes, tell_change, monitor);
        if (r == 0 && n_dropped > 0)
                tell_text(monitor, NFW_EVENT_LOST, "more was learned at once than can be told");
        return r;
}

static int take_loss(void *userdata) {
        struct nfw_monitor *monitor = userdata;

        /* What is known of the transaction may be half of it, and is not told. */
        nfw_changes_clear(&monitor->changes);
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
