/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps in force what was loaded, whatever others do to the host: links that come, go and move, addresses that
 * change, programs that edit or flush our tables.
 */
#include "engine/keeper/keeper.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/error.h"
#include "engine/keeper/follow.h"
#include "engine/network/network.h"
#include "engine/nwfilter/restore.h"
#include "engine/nwfilter/store.h"
#include "engine/state.h"

/* Links come in crowds: the first is followed at once, and those that come in so long after it together. */
#define SETTLE_MS 20
/* Between repairs that follow one another without end. Short, since nothing is in force meanwhile. */
#define PAUSE_MS 50
/* Where nothing can be written. */
#define RETRY_MS 10000
/* What a repair is stored after. */
#define SAVE_LATER_MS 100

/* The inode of the first pid namespace, the same in every kernel since 3.8: PROC_PID_INIT_INO. */
#define FIRST_PID_NAMESPACE 0xeffffffcu

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

void nfw_keeper_tell_failure(struct nfw_keeper *keeper,
                             const char *what,
                             int r,
                             const struct nfw_report *report) {
        for (size_t i = 0; report && i < nfw_report_n_diagnostics(report); i++) {
                const struct nfw_diagnostic *each = nfw_report_diagnostic(report, i);

                if (nfw_diagnostic_severity(each) != NFW_SEVERITY_ERROR)
                        continue;
                tell(keeper, NFW_EVENT_ERROR, "%s: %s", what, nfw_diagnostic_text(each));
                return;
        }
        tell(keeper, NFW_EVENT_ERROR, "%s: %s", what, r < 0 ? nfw_strerror(-r) : "it was refused");
}

int nfw_keeper_set_timer(struct nfw_keeper *keeper, unsigned int ms) {
        struct itimerspec at = { .it_value = { ms / 1000, ms % 1000 * 1000000L } };

        if (keeper->timer_is_set)
                return 0;
        if (timerfd_settime(keeper->timer, 0, &at, NULL) < 0)
                return -errno;
        keeper->timer_is_set = true;
        return 0;
}

static int set_later(struct nfw_keeper *keeper, unsigned int ms) {
        const struct itimerspec at = { .it_value = { ms / 1000, ms % 1000 * 1000000L } };

        return timerfd_settime(keeper->later, 0, &at, NULL) < 0 ? -errno : 0;
}

/* A full disk is no reason to stop: what is in force is still kept in force, and guests go on learning. */
int nfw_keeper_save(struct nfw_keeper *keeper) {
        int r = nfw_store_save(keeper->store, NULL);

        keeper->saves_later = false;
        if (r == -ENOMEM || r == -EPERM)
                return r;
        if (r < 0 && !keeper->is_unsaved)
                nfw_keeper_tell_failure(keeper, "what is loaded cannot be stored", r, NULL);
        keeper->is_unsaved = r < 0;
        return r < 0 ? set_later(keeper, RETRY_MS) : 0;
}

int nfw_keeper_save_later(struct nfw_keeper *keeper) {
        if (keeper->saves_later)
                return 0;
        keeper->saves_later = true;
        return set_later(keeper, SAVE_LATER_MS);
}

static int watch(struct nfw_keeper *keeper, int fd) {
        struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

        return epoll_ctl(keeper->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* What is in sets that no filter looks into is in files only. */
static int watch_files(struct nfw_keeper *keeper) {
        nfw_cleanup(nfw_freep) char *path = NULL;
        int r;

        r = nfw_state_prepare(keeper->context, NULL);
        if (r < 0)
                return r;
        if (asprintf(&path, "%s/" NFW_NWFILTER_SETS, keeper->context->directory) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
                return -errno;
        keeper->files = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (keeper->files < 0)
                return -errno;
        keeper->sets = inotify_add_watch(keeper->files, path, IN_MOVED_TO | IN_DELETE);
        if (keeper->sets < 0)
                return -errno;
        nfw_keeper_watch_definitions(keeper);
        return watch(keeper, keeper->files);
}

/* What is watched already stays so. One that does not exist has nothing to tell before a command makes it. */
void nfw_keeper_watch_definitions(struct nfw_keeper *keeper) {
        const struct nfw_definitions *definitions = &keeper->context->nwfilters->definitions;

        for (int place = 0; place < NFW_N_DEFINITION_PLACES; place++)
                (void)inotify_add_watch(keeper->files, definitions->directories[place],
                                        IN_MOVED_TO | IN_CLOSE_WRITE);
}

static bool is_in_container(void) {
        struct stat st;

        return stat("/proc/self/ns/pid", &st) == 0 && st.st_ino != FIRST_PID_NAMESPACE;
}

static int open_sources(struct nfw_keeper *keeper) {
        int r;

        keeper->epoll = epoll_create1(EPOLL_CLOEXEC);
        keeper->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        keeper->later = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        if (keeper->epoll < 0 || keeper->timer < 0 || keeper->later < 0)
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
        if (r == 0)
                r = watch(keeper, keeper->timer);
        if (r == 0)
                r = watch(keeper, keeper->later);
        return r < 0 ? r : watch_files(keeper);
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
        *keeper = (struct nfw_keeper){ .context = context,
                                       .store = store,
                                       .epoll = -1,
                                       .timer = -1,
                                       .later = -1,
                                       .files = -1,
                                       .is_in_container = is_in_container(),
                                       .pause_ms = PAUSE_MS };
        nfw_events_init(&keeper->events);

        /* Listening first: what changes from now on is seen. */
        r = open_sources(keeper);
        if (r == 0)
                r = nfw_store_restore(store, report);
        if (r >= 0)
                r = nfw_keeper_save(keeper);
        if (r >= 0)
                r = nfw_store_mark_copy(store);
        /* What happened while nobody listened is looked for in the first dispatch. */
        keeper->links_changed = keeper->ours_changed = true;
        keeper->others_did = keeper->others_did_filters = true;
        if (r >= 0)
                r = nfw_keeper_set_timer(keeper, SETTLE_MS);
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
        if (keeper->files >= 0)
                close(keeper->files);
        if (keeper->timer >= 0)
                close(keeper->timer);
        if (keeper->later >= 0)
                close(keeper->later);
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

/* --- links and addresses ------------------------------------------------------------------------------------- */

static bool has_held(const struct nfw_store *store) {
        nfw_vec_foreach (binding, &store->bindings)
                if (binding->is_held)
                        return true;
        return false;
}

/* What was refused, and told, is tried again: until then a port may be without its policy. */
static int follow_links(struct nfw_keeper *keeper) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        bool is_refused;
        int r;

        keeper->links_changed = false;
        r = nfw_report_new(&report);
        if (r == 0)
                r = nfw_follow_links(keeper->context, report, NULL);
        if (r == 0)
                r = nfw_networks_follow(keeper->context, report);
        is_refused = r > 0;
        if ((is_refused && !keeper->follows_again) || (r == 0 && nfw_report_has_errors(report)))
                nfw_keeper_tell_failure(keeper, "the change of a port cannot be followed", r, report);
        keeper->follows_again = is_refused;
        if (r >= 0 && has_held(keeper->store))
                r = nfw_keeper_repair(keeper, false);
        if (r >= 0)
                r = nfw_keeper_save(keeper);
        return r >= 0 && is_refused ? set_later(keeper, RETRY_MS) : r;
}

/* Which of the sets is no matter: what is stored is compared. */
static void see_files(struct nfw_keeper *keeper, bool *ret_definitions) {
        _Alignas(struct inotify_event) char events[4096];
        ssize_t n;

        *ret_definitions = false;
        while ((n = read(keeper->files, events, sizeof(events))) > 0)
                for (ssize_t at = 0; at < n;) {
                        const struct inotify_event *event = (const void *)(events + at);

                        if (event->wd == keeper->sets || event->wd < 0)
                                keeper->ours_changed = true;
                        if (event->wd != keeper->sets)
                                *ret_definitions = true;
                        at += (ssize_t)(sizeof(*event) + event->len);
                }
}

/* What a port waits for that nothing passes may have been defined. */
static int unblock(struct nfw_keeper *keeper) {
        nfw_cleanup(nfw_report_freep) struct nfw_report *report = NULL;
        int r;

        r = nfw_report_new(&report);
        if (r == 0)
                r = nfw_nwfilter_unblock(keeper->context, report);
        if (r == -ENOMEM || r == -EPERM)
                return r;
        if (r != 0)
                nfw_keeper_tell_failure(keeper, "ports cannot be put under their filters", r, report);
        return 0;
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
        bool changed = false, definitions_changed;
        uint64_t n;
        int r;

        if (read(keeper->timer, &n, sizeof(n)) == sizeof(n))
                keeper->timer_is_set = false;

        see_files(keeper, &definitions_changed);
        r = 0;
        if (read(keeper->later, &n, sizeof(n)) == sizeof(n)) {
                keeper->links_changed |= keeper->follows_again;
                r = nfw_keeper_save(keeper);
        }
        if (r == 0 && definitions_changed)
                r = unblock(keeper);
        if (r < 0)
                return r;
        r = nfw_nft_notifier_dispatch(keeper->notifier, &nfw_keeper_handlers, keeper);
        if (r == 0 && keeper->ours_changed)
                r = nfw_keeper_check(keeper);
        if (r == 0)
                r = nfw_rtnl_monitor_dispatch(keeper->links, &changed);
        if (r < 0)
                return r;

        keeper->links_changed |= changed;
        if (!keeper->links_changed || keeper->timer_is_set)
                return 0;
        r = follow_links(keeper);
        return r < 0 ? r : nfw_keeper_set_timer(keeper, SETTLE_MS);
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
