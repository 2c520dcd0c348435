/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "engine/learner/denied.h"
#include "engine/learner/guest.h"
#include "engine/learner/nflog_group.h"
#include "engine/lock.h"
#include "engine/state.h"

/* Messages that are decided on before their elements are committed together, and how often in one dispatch. */
#define MESSAGES_AT_ONCE 64
#define ROUNDS           16

/* Dispatches that found packets and looked for nothing else. */
#define MAX_HURRIED 16

uint64_t nfw_learner_now(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int read_host_addresses(struct nfw_learner *learner) {
        nfw_prefixes_deinit(&learner->host);
        return nfw_rtnl_addresses(learner->rtnl, 0, &learner->host);
}

static void forget_interfaces(struct nfw_learner *learner) {
        struct learner_interface *interface, *next;

        HASH_ITER(hh, learner->interfaces, interface, next) {
                HASH_DEL(learner->interfaces, interface);
                free(interface);
        }
}

static int report_in_use(struct nfw_report *report, const char *what) {
        int r;

        r = nfw_report_error(
                report, "learner/running", NULL,
                "one learner serves everything that is loaded under one name of tables in this network "
                "namespace; for another name, nfwpolicyd.conf has TableName= and NflogGroup=",
                "%s", what);
        return r < 0 ? r : NFW_E_IN_USE;
}

static int wait_for(struct nfw_learner *learner, int fd) {
        struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

        return epoll_ctl(learner->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int open_epoll(struct nfw_learner *learner) {
        const int fds[] = {
                nfw_nflog_get_fd(learner->nflog),
                nfw_rtnl_monitor_get_fd(learner->monitor),
                learner->inotify_fd,
                learner->timer_fd,
        };

        learner->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        if (learner->epoll_fd < 0)
                return -errno;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(fds); i++) {
                int r = wait_for(learner, fds[i]);

                if (r < 0)
                        return r;
        }
        return 0;
}

static bool wants_denied(const struct nfw_learner *learner) {
        for (const struct learner_policy *policy = learner->policies; policy; policy = policy->next)
                if (policy->log_denied)
                        return true;
        return false;
}

int nfw_learner_listen_denied(struct nfw_learner *learner) {
        uint16_t group = nfw_plan_denied_group(learner->context->nflog_group);
        struct nfw_event event = { .type = NFW_EVENT_ERROR };
        int r;

        if (learner->denied || !wants_denied(learner))
                return 0;
        r = nfw_nflog_new(group, &learner->denied);
        if (r == 0)
                return wait_for(learner, nfw_nflog_get_fd(learner->denied));
        if (r < 0 || learner->lacks_denied)
                return r < 0 ? r : 0;

        learner->lacks_denied = true;
        snprintf(event.text, sizeof(event.text),
                 "what policies drop cannot be told: another program listens on the nflog group %u", group);
        nfw_events_push(&learner->events, &event);
        return 0;
}

int nfw_learner_listen_snooped(struct nfw_learner *learner) {
        uint16_t group = nfw_plan_learning_group(learner->context->nflog_group);
        struct nfw_event event = { .type = NFW_EVENT_ERROR };
        int r;

        if (learner->snooped)
                return 0;
        r = nfw_nflog_new(group, &learner->snooped);
        if (r == 0)
                return wait_for(learner, nfw_nflog_get_fd(learner->snooped));
        if (r < 0 || !learner->guests || learner->lacks_snooped)
                return r < 0 ? r : 0;

        learner->lacks_snooped = true;
        snprintf(event.text, sizeof(event.text),
                 "addresses of guests cannot be learned: another program listens on the nflog group %u",
                 group);
        nfw_events_push(&learner->events, &event);
        return 0;
}

/*
 * Whoever sees that a learner runs may count on it, so it listens before that can be seen. Two learners meet at
 * the nflog group first; that the other one is of our kind is known by what it would have locked.
 */
static int listen_and_lock(struct nfw_learner *learner, struct nfw_report *report) {
        int r, heard;

        heard = nfw_nflog_new(learner->context->nflog_group, &learner->nflog);
        if (heard < 0)
                return heard;

        r = nfw_statistics_open(learner->context, &learner->statistics, &learner->statistics_fd);
        if (r == NFW_E_IN_USE)
                return report_in_use(report, "a learner is running already");
        if (r < 0)
                return r;
        return heard == 0 ? 0 : report_in_use(report, "another program listens on the nflog group");
}

static int open_all(struct nfw_learner *learner, struct nfw_report *report) {
        int r;

        r = listen_and_lock(learner, report);
        if (r != 0)
                return r;

        r = nfw_nft_socket_new(learner->context->table_name, &learner->nft);
        if (r < 0)
                return r;
        r = nfw_nft_batch_new(learner->context->table_name, &learner->batch);
        if (r < 0)
                return r;
        r = nfw_rtnl_new(&learner->rtnl);
        if (r < 0)
                return r;
        r = nfw_rtnl_monitor_new(&learner->monitor);
        if (r < 0)
                return r;
        r = nfw_learner_open_place(learner);
        if (r < 0)
                return r;
        learner->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        if (learner->timer_fd < 0)
                return -errno;
        return open_epoll(learner);
}

/* What cannot be made anew stays as it is, and the report says why. */
static int take_over(struct nfw_learner *learner, struct nfw_report *report) {
        int r = nfw_nflog_group_enforce(learner->context, report);

        return r < 0 ? r : 0;
}

/**
 * nfw_learner_new() - begin to learn
 * @context:     the context; it must live as long as the learner, and its group and state directory stay as they are
 * @report:      what is wrong is added here; may be NULL
 * @ret_learner: the learner
 *
 * From now on the answers that trusted name servers give to the guests of all loaded policies open the addresses
 * in them, as soon as nfw_learner_dispatch() is called whenever the descriptor is readable. What an earlier
 * learner has left in the kernel is taken over; policies that mirror to another nflog group than the context's are made
 * anew to mirror to this one. Policies and ports that come and go are followed.
 *
 * A guest may connect some microseconds after it got its answer. The library does not touch its caller's priority;
 * where processors are busy, the caller should raise that of the thread that dispatches.
 *
 * Return: 0; NFW_E_IN_USE where there is a learner already; or a negative errno, -EPERM without CAP_NET_ADMIN.
 */
nfw_public int nfw_learner_new(struct nfw_context *context,
                               struct nfw_report *report,
                               struct nfw_learner **ret_learner) {
        struct nfw_learner *learner;
        int r;

        r = nfw_state_prepare(context, report);
        if (r < 0)
                return r;

        learner = calloc(1, sizeof(*learner));
        if (!learner)
                return -ENOMEM;

        learner->context = context;
        learner->statistics_fd = learner->lock_fd = learner->inotify_fd = learner->epoll_fd = -1;
        learner->timer_fd = -1;
        nfw_events_init(&learner->events);

        r = open_all(learner, report);
        if (r == 0)
                r = read_host_addresses(learner);
        if (r == 0)
                r = take_over(learner, report);
        if (r == 0)
                r = nfw_learner_follow(learner);
        if (r == 0)
                r = nfw_learner_commit(learner);
        if (r == 0)
                r = nfw_learner_commit_guests(learner);
        nfw_denied_check(learner);
        if (r != 0) {
                nfw_learner_free(learner);
                return r;
        }

        *ret_learner = learner;
        return 0;
}

static void close_fd(int fd) {
        if (fd >= 0)
                close(fd);
}

/**
 * nfw_learner_free() - stop learning
 * @learner: the learner, or NULL
 *
 * What was learned stays in the kernel until it expires.
 *
 * Return: NULL.
 */
nfw_public struct nfw_learner *nfw_learner_free(struct nfw_learner *learner) {
        if (!learner)
                return NULL;

        nfw_learner_unfollow_all(learner);
        nfw_learner_forget_guests(learner);
        forget_interfaces(learner);
        nfw_events_deinit(&learner->events);
        nfw_vec_deinit(&learner->ops);
        nfw_vec_deinit(&learner->scratch.vec);
        nfw_vec_deinit(&learner->ids.vec);
        nfw_prefixes_deinit(&learner->host);
        close_fd(learner->epoll_fd);
        close_fd(learner->timer_fd);
        close_fd(learner->inotify_fd);
        close_fd(learner->lock_fd);
        free(learner->lock_path);
        nfw_rtnl_monitor_free(learner->monitor);
        nfw_rtnl_free(learner->rtnl);
        nfw_nft_batch_free(learner->batch);
        nfw_nft_socket_free(learner->nft);
        nfw_nflog_free(learner->denied);
        nfw_nflog_free(learner->snooped);
        nfw_nflog_free(learner->nflog);
        nfw_statistics_close(learner->statistics, learner->statistics_fd);
        free(learner);
        return NULL;
}

/**
 * nfw_learner_get_fd() - the descriptor to wait on
 * @learner: the learner
 *
 * Return: a descriptor for poll() and its like; readable when there is something to dispatch. It belongs to the
 * learner.
 */
nfw_public int nfw_learner_get_fd(const struct nfw_learner *learner) {
        return learner->epoll_fd;
}

static int dispatch_links(struct nfw_learner *learner) {
        bool changed;
        int r;

        r = nfw_rtnl_monitor_dispatch(learner->monitor, &changed);
        if (r < 0 || !changed)
                return r;

        forget_interfaces(learner);
        r = read_host_addresses(learner);
        return r < 0 ? r : nfw_learner_check_guests(learner);
}

static int dispatch_changes(struct nfw_learner *learner) {
        char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
        bool changed;
        int r;

        while (read(learner->inotify_fd, events, sizeof(events)) > 0)
                ;

        r = nfw_learner_keep_place(learner);
        if (r == 0)
                r = nfw_learner_follow_if_changed(learner, &changed);
        if (r == 0)
                r = nfw_learner_commit(learner);
        return r < 0 ? r : nfw_learner_check_edits(learner);
}

/* What came first is committed before it is looked whether more has come. */
static int dispatch_packets(struct nfw_learner *learner, size_t *ret_n) {
        uint64_t n_lost;
        int r, n;

        *ret_n = 0;
        for (int i = 0; i < ROUNDS; i++) {
                int max = i == 0 ? 1 : MESSAGES_AT_ONCE;

                n = nfw_nflog_dispatch(learner->nflog, (size_t)max, nfw_learner_handle_packet, learner);

                n_lost = nfw_nflog_n_lost(learner->nflog);
                if (n_lost != learner->n_lost) {
                        nfw_learner_count(learner, NFW_COUNTER_LOST, n_lost - learner->n_lost);
                        learner->n_lost = n_lost;
                        nfw_events_push(&learner->events, &(struct nfw_event){ .type = NFW_EVENT_LOST });
                }

                r = nfw_learner_commit(learner);
                if (n < 0 || r < 0)
                        return n < 0 ? n : r;
                nfw_denied_check(learner);
                *ret_n += (size_t)n;
                if (n < max)
                        break;
        }
        return 0;
}

static int dispatch_others(struct nfw_learner *learner) {
        struct epoll_event events[6];
        int r, n;

        n = epoll_wait(learner->epoll_fd, events, NFW_ARRAY_SIZE(events), 0);
        if (n < 0)
                return errno == EINTR ? 0 : -errno;

        for (int i = 0; i < n; i++) {
                if (events[i].data.fd == learner->inotify_fd)
                        r = dispatch_changes(learner);
                else if (learner->denied && events[i].data.fd == nfw_nflog_get_fd(learner->denied))
                        r = nfw_denied_dispatch(learner);
                else if (learner->snooped && events[i].data.fd == nfw_nflog_get_fd(learner->snooped))
                        r = nfw_learner_dispatch_snooped(learner);
                else if (events[i].data.fd == learner->timer_fd)
                        r = nfw_learner_dispatch_timer(learner);
                else if (events[i].data.fd != nfw_nflog_get_fd(learner->nflog))
                        r = dispatch_links(learner);
                else
                        r = 0;
                if (r < 0)
                        return r;
        }
        return 0;
}

/**
 * nfw_learner_dispatch() - do what there is to do
 * @learner: the learner
 *
 * Never blocks for long: it waits for the lock that changes of policies and ports hold, nothing else.
 *
 * Return: 0, or a negative errno after which the learner should be freed and made anew.
 */
nfw_public int nfw_learner_dispatch(struct nfw_learner *learner) {
        size_t n;
        int r;

        /* Nearly always it is a packet; whatever else there is waits for a few of them at most. */
        r = dispatch_packets(learner, &n);
        if (r < 0)
                return r;
        if (n > 0 && ++learner->n_hurried < MAX_HURRIED)
                return 0;

        learner->n_hurried = 0;
        r = dispatch_others(learner);
        if (r == 0)
                r = nfw_learner_commit_guests(learner);
        nfw_denied_check(learner);
        return r;
}

/**
 * nfw_learner_pop_event() - what has happened
 * @learner:   the learner
 * @ret_event: the oldest event; the caller frees it
 *
 * A program that does not want events need not call this: at most 4096 are kept.
 *
 * Return: 0, or NFW_E_EMPTY.
 */
nfw_public int nfw_learner_pop_event(struct nfw_learner *learner, struct nfw_event **ret_event) {
        struct nfw_event *event = nfw_events_pop(&learner->events);

        if (!event)
                return NFW_E_EMPTY;

        *ret_event = event;
        return 0;
}

/**
 * nfw_learner_counter() - how often something has happened since the learner was made
 * @learner: the learner
 * @counter: what
 *
 * Return: the count.
 */
nfw_public uint64_t nfw_learner_counter(const struct nfw_learner *learner, enum nfw_counter counter) {
        return (unsigned int)counter < NFW_N_COUNTERS ? learner->statistics->counters[counter] : 0;
}
