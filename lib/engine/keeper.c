/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps in force what was loaded, whatever others do to the host: links that come, go and move, addresses that
 * change, programs that edit or flush our tables.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "engine/event.h"
#include "engine/follow.h"
#include "engine/network.h"
#include "engine/nwfilter_restore.h"
#include "engine/nwfilter_state.h"
#include "engine/port.h"
#include "engine/rebuild.h"
#include "engine/store.h"
#include "nft/notify.h"
#include "rtnl/monitor.h"

/* Links come in crowds: the first is followed at once, and those that come in so long after it together. */
#define SETTLE_MS 20

/* Two who undo each other's work would do so for ever: after so many repairs in a row there is a pause. */
#define MAX_REPAIRS 10
#define PAUSE_MS    1000

struct nfw_keeper {
        struct nfw_context *context;
        struct nfw_store *store;
        struct nfw_nft_notifier *notifier;
        struct nfw_rtnl_monitor *links;
        struct nfw_events events;
        int epoll, timer;
        bool timer_is_set;
        bool links_changed;
        bool touches_ours;       /* the transaction that is being read */
        bool touches_filters;    /* likewise */
        bool ours_changed;       /* and was not looked at since */
        bool others_did;         /* at least one of those changes, of what is not filters */
        bool others_did_filters; /* and of filters */
        unsigned int n_repairs;  /* since the last pause */
        uint64_t last_repair_ms; /* of the monotonic clock */
        struct nfw_nft_author author;
};

NFW_DEFINE_CLEANUP(struct nfw_keeper, nfw_keeper_free)

static uint64_t now_ms(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void tell(struct nfw_keeper *keeper, enum nfw_event_type type, const char *format, ...)
        nfw_printf(3, 4);

static void tell(struct nfw_keeper *keeper, enum nfw_event_type type, const char *format, ...) {
        struct nfw_event event = { .type = type };
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(event.text, sizeof(event.text), format, arguments);
        va_end(arguments);
        nfw_events_push(&keeper->events, &event);
}

/* What could not be done, in the words of the first error. */
static void tell_failure(struct nfw_keeper *keeper,
                         const char *what,
                         int r,
                         const struct nfw_report *report) {
        for (size_t i = 0; i < nfw_report_n_diagnostics(report); i++) {
                const struct nfw_diagnostic *each = nfw_report_diagnostic(report, i);

                if (nfw_diagnostic_severity(each) != NFW_SEVERITY_ERROR)
                        continue;
                tell(keeper, NFW_EVENT_ERROR, "%s: %s", what, nfw_diagnostic_text(each));
                return;
        }
        tell(keeper, NFW_EVENT_ERROR, "%s: %s", what, r < 0 ? nfw_strerror(-r) : "it was refused");
}

static int set_timer(struct nfw_keeper *keeper, unsigned int ms) {
        struct itimerspec at = { .it_value = { ms / 1000, ms % 1000 * 1000000L } };

        if (keeper->timer_is_set)
                return 0;
        if (timerfd_settime(keeper->timer, 0, &at, NULL) < 0)
                return -errno;
        keeper->timer_is_set = true;
        return 0;
}

static int watch(struct nfw_keeper *keeper, int fd) {
        struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

        return epoll_ctl(keeper->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int open_sources(struct nfw_keeper *keeper) {
        int r;

        keeper->epoll = epoll_create1(EPOLL_CLOEXEC);
        keeper->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        if (keeper->epoll < 0 || keeper->timer < 0)
                return -errno;
        r = nfw_nft_notifier_new(keeper->context->table_name, &keeper->notifier);
        if (r < 0)
                return r;
        nfw_nft_notifier_watch_filters(keeper->notifier, keeper->context->nwfilters->table_name);
        r = nfw_rtnl_monitor_new(&keeper->links);
        if (r == 0)
                r = watch(keeper, nfw_nft_notifier_get_fd(keeper->notifier));
        if (r == 0)
                r = watch(keeper, nfw_rtnl_monitor_get_fd(keeper->links));
        return r < 0 ? r : watch(keeper, keeper->timer);
}

/**
 * nfw_keeper_new() - keep in force what is loaded and stored
 * @context:    the context; it must outlive the keeper
 * @store:      where it is stored; it must outlive the keeper
 * @report:     what nfw_store_restore() says is added here; may be NULL
 * @ret_keeper: the keeper; nfw_keeper_free() ends it
 *
 * What is stored is put back first, and what is in force is stored.
 *
 * Return: 0, also where something could not be put back, which is then in the report; or a negative errno, -EPERM
 * without CAP_NET_ADMIN.
 */
nfw_public int nfw_keeper_new(struct nfw_context *context,
                              struct nfw_store *store,
                              struct nfw_report *report,
                              struct nfw_keeper **ret_keeper) {
        nfw_cleanup(nfw_keeper_freep) struct nfw_keeper *keeper = NULL;
        int r;

        keeper = calloc(1, sizeof(*keeper));
        if (!keeper)
                return -ENOMEM;
        *keeper = (struct nfw_keeper){ .context = context, .store = store, .epoll = -1, .timer = -1 };
        nfw_events_init(&keeper->events);

        /* Listening first: what changes from now on is seen. */
        r = open_sources(keeper);
        if (r == 0)
                r = nfw_store_restore(store, report);
        if (r >= 0)
                r = nfw_store_save(store, report);
        if (r >= 0)
                r = nfw_store_mark_copy(store);
        /* What happened while nobody listened is looked for in the first dispatch. */
        keeper->links_changed = keeper->ours_changed = true;
        keeper->others_did = keeper->others_did_filters = true;
        if (r >= 0)
                r = set_timer(keeper, SETTLE_MS);
        if (r < 0)
                return r;

        *ret_keeper = nfw_steal(keeper);
        return 0;
}

/**
 * nfw_keeper_free() - end a keeper
 * @keeper: the keeper, or NULL
 *
 * What is in force stays in force, and stored.
 *
 * Return: NULL.
 */
nfw_public struct nfw_keeper *nfw_keeper_free(struct nfw_keeper *keeper) {
        if (!keeper)
                return NULL;

        nfw_nft_notifier_free(keeper->notifier);
        nfw_rtnl_monitor_free(keeper->links);
        nfw_events_deinit(&keeper->events);
        if (keeper->timer >= 0)
                close(keeper->timer);
        if (keeper->epoll >= 0)
                close(keeper->epoll);
        free(keeper);
        return NULL;
}

/**
 * nfw_keeper_get_fd() - what to wait on
 * @keeper: the keeper
 *
 * Return: a descriptor that is readable when nfw_keeper_dispatch() has work. It stays the keeper's.
 */
nfw_public int nfw_keeper_get_fd(const struct nfw_keeper *keeper) {
        return keeper->epoll;
}

/* --- our tables ---------------------------------------------------------------------------------------------- */

static int take_elements(const char *set, void *userdata) {
        struct nfw_keeper *keeper = userdata;

        if (!nfw_set_is_learned(set))
                keeper->touches_ours = true;
        return 0;
}

static int take_object(void *userdata) {
        struct nfw_keeper *keeper = userdata;

        keeper->touches_ours = true;
        return 0;
}

static int take_filter(void *userdata) {
        struct nfw_keeper *keeper = userdata;

        keeper->touches_filters = true;
        return 0;
}

static int take_end(const struct nfw_nft_author *author, void *userdata) {
        struct nfw_keeper *keeper = userdata;

        if (keeper->touches_ours || keeper->touches_filters) {
                keeper->ours_changed = true;
                if (author->pid != (uint32_t)getpid()) {
                        keeper->others_did |= keeper->touches_ours;
                        keeper->others_did_filters |= keeper->touches_filters;
                        keeper->author = *author;
                }
        }
        keeper->touches_ours = keeper->touches_filters = false;
        return 0;
}

static int take_loss(void *userdata) {
        struct nfw_keeper *keeper = userdata;

        keeper->touches_ours = keeper->touches_filters = true;
        return take_end(&(struct nfw_nft_author){ 0 }, keeper);
}

/* Whether anything differs besides policies that are gone altogether, which need no more than being put back. */
static bool is_edited(const struct nfw_report *report) {
        for (size_t i = 0; i < nfw_report_n_diagnostics(report); i++)
                if (strcmp(nfw_diagnostic_code(nfw_report_diagnostic(report, i)), "kernel/missing-policy") !=
                    0)
                        return true;
        return false;
}

static int repair(struct nfw_keeper *keeper, bool edited) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        int r;

        r = nfw_report_new(&report);
        if (r < 0)
                return r;
        if (edited)
                r = nfw_rebuild(keeper->context, report);
        if (r == 0)
                r = nfw_store_restore(keeper->store, report);
        if (r == -ENOMEM || r == -EPERM)
                return r;
        if (r != 0)
                tell_failure(keeper, "our tables cannot be put right", r, report);
        return 0;
}

static int repair_filters(struct nfw_keeper *keeper) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        int r;

        r = nfw_report_new(&report);
        if (r == 0)
                r = nfw_nwfilter_rebuild(keeper->context, report);
        if (r == -ENOMEM || r == -EPERM)
                return r;
        if (r != 0)
                tell_failure(keeper, "network filters cannot be put right", r, report);
        return 0;
}

static void tell_author(struct nfw_keeper *keeper) {
        const struct nfw_nft_author *author = &keeper->author;
        struct nfw_event event = { .type = NFW_EVENT_EDITED, .pid = author->pid };

        if (author->pid) {
                memcpy(event.process, author->name, sizeof(event.process));
                snprintf(event.text, sizeof(event.text),
                         "%s (process %u) changed our tables; they are put right", author->name, author->pid);
        } else
                strcpy(event.text, "somebody changed our tables; they are put right");
        nfw_events_push(&keeper->events, &event);
}

/* What we know of must be in force. If it is, the change was made by somebody who knows of it, too. */
static int find_differences(struct nfw_keeper *keeper,
                            struct nfw_report *report,
                            bool *ret_policies,
                            bool *ret_filters) {
        int policies = 0, filters = 0;

        if (keeper->others_did)
                policies = nfw_verify(keeper->context, NULL, report);
        if (policies < 0)
                return policies;
        if (keeper->others_did_filters)
                filters = nfw_nwfilter_verify(keeper->context, NULL);
        if (filters < 0)
                return filters;
        *ret_policies = policies == NFW_E_DIFFERS;
        *ret_filters = filters == NFW_E_DIFFERS;
        return 0;
}

static int check(struct nfw_keeper *keeper) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        bool policies_differ = false, filters_differ = false;
        uint64_t now = now_ms();
        int r;

        if (now - keeper->last_repair_ms > PAUSE_MS)
                keeper->n_repairs = 0;
        if (keeper->n_repairs >= MAX_REPAIRS)
                return set_timer(keeper, PAUSE_MS);

        r = nfw_report_new(&report);
        if (r == 0)
                r = find_differences(keeper, report, &policies_differ, &filters_differ);
        if (r < 0)
                return r;
        keeper->ours_changed = keeper->others_did = keeper->others_did_filters = false;
        if (policies_differ || filters_differ) {
                keeper->n_repairs++;
                keeper->last_repair_ms = now;
                tell_author(keeper);
        }
        if (policies_differ)
                r = repair(keeper, is_edited(report));
        if (r == 0 && filters_differ)
                r = repair_filters(keeper);
        return r < 0 ? r : nfw_store_save(keeper->store, NULL);
}

/* --- links and addresses ------------------------------------------------------------------------------------- */

static bool has_held(const struct nfw_store *store) {
        nfw_vec_foreach (binding, &store->bindings)
                if (binding->is_held)
                        return true;
        return false;
}

static int follow_links(struct nfw_keeper *keeper) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        int r;

        keeper->links_changed = false;
        r = nfw_report_new(&report);
        if (r == 0)
                r = nfw_follow_links(keeper->context, report);
        if (r == 0)
                r = nfw_networks_follow(keeper->context, report);
        if (r > 0 || (r == 0 && nfw_report_has_errors(report))) {
                tell_failure(keeper, "the change of a port cannot be followed", r, report);
                r = 0;
        }
        if (r == 0 && has_held(keeper->store))
                r = repair(keeper, false);
        return r < 0 ? r : nfw_store_save(keeper->store, NULL);
}

/**
 * nfw_keeper_dispatch() - see what has happened, and put right what must be
 * @keeper: the keeper
 *
 * To be called when the descriptor is readable, before learners are dispatched; nfw_keeper_pop_event() then has what is
 * to be told. It does not wait for anything but the kernel and the lock of the single writer.
 *
 * Return: 0 or a negative errno.
 */
nfw_public int nfw_keeper_dispatch(struct nfw_keeper *keeper) {
        static const struct nfw_nft_notify_handlers handlers = {
                .elements = take_elements,
                .object = take_object,
                .filter = take_filter,
                .end = take_end,
                .lost = take_loss,
        };
        bool changed = false;
        uint64_t n;
        int r;

        if (read(keeper->timer, &n, sizeof(n)) == sizeof(n))
                keeper->timer_is_set = false;

        r = nfw_nft_notifier_dispatch(keeper->notifier, &handlers, keeper);
        if (r == 0 && keeper->ours_changed)
                r = check(keeper);
        if (r == 0)
                r = nfw_rtnl_monitor_dispatch(keeper->links, &changed);
        if (r < 0)
                return r;

        keeper->links_changed |= changed;
        if (!keeper->links_changed || keeper->timer_is_set)
                return 0;
        r = follow_links(keeper);
        return r < 0 ? r : set_timer(keeper, SETTLE_MS);
}

/**
 * nfw_keeper_pop_event() - what has happened
 * @keeper:    the keeper
 * @ret_event: the oldest event; the caller frees it
 *
 * At most 4096 events are kept; what happens while nobody takes them is not.
 *
 * Return: 0, or NFW_E_EMPTY.
 */
nfw_public int nfw_keeper_pop_event(struct nfw_keeper *keeper, struct nfw_event **ret_event) {
        struct nfw_event *event = nfw_events_pop(&keeper->events);

        if (!event)
                return NFW_E_EMPTY;

        *ret_event = event;
        return 0;
}
