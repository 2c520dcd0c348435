/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <linux/if_ether.h>

#include "engine/learner/guest.h"

/* What is read between two looks at DNS replies. */
#define MESSAGES_AT_ONCE 64

static const char prefix[] = "nfwpolicy learning ";

/* All that did not count, and why does not matter to who looks whether something is wrong. */
static uint64_t n_ignored(const struct nfw_snoop_counts *counts) {
        return counts->other_mac + counts->unasked + counts->other_server + counts->refused_claim +
               counts->full + counts->too_often;
}

static void count_ignored(struct nfw_learner *learner, struct learner_guest *guest) {
        const struct nfw_snoop_counts *counts = nfw_snoop_port_counts(guest->snoop);

        nfw_learner_count(learner, NFW_COUNTER_LEASES_IGNORED,
                          n_ignored(counts) - n_ignored(&guest->counted));
        guest->counted = *counts;
}

static void tell(struct nfw_learner *learner,
                 const struct learner_guest *guest,
                 const struct nfw_snoop_changes *changes,
                 uint64_t now) {
        for (size_t i = 0; i < changes->n; i++) {
                const struct nfw_snoop_change *change = &changes->items[i];
                const struct nfw_snoop_lease *lease = &change->lease;
                struct nfw_event event = { .type = change->is_gone ? NFW_EVENT_ADDRESS_GONE
                                                                   : NFW_EVENT_ADDRESS,
                                           .addr = lease->addr };

                nfw_learner_count(learner, change->is_gone ? NFW_COUNTER_LEASES_ENDED : NFW_COUNTER_LEASES,
                                  1);
                memcpy(event.port, guest->interface, sizeof(event.port));
                strcpy(event.text, lease->origin == NFW_SNOOP_CLAIMED ? "claimed" : "leased");
                if (!change->is_gone && lease->expires_ms != UINT64_MAX)
                        event.expires_ms = lease->expires_ms > now ? lease->expires_ms - now : 1;
                nfw_events_push(&learner->events, &event);
        }
}

static int take_changes(struct nfw_learner *learner,
                        struct learner_guest *guest,
                        const struct nfw_snoop_changes *changes,
                        uint64_t now) {
        count_ignored(learner, guest);
        if (changes->n == 0)
                return 0;
        nfw_learner_mark(learner, guest);
        tell(learner, guest, changes, now);
        return nfw_learner_arm(learner, guest);
}

static struct learner_guest *guest_of(struct nfw_learner *learner, unsigned int link) {
        const char *interface;

        return nfw_learner_interface_name(learner, link, &interface) == 0
                       ? nfw_learner_find_guest(learner, interface)
                       : NULL;
}

static int handle(const struct nfw_nflog_message *message, void *userdata) {
        struct nfw_learner *learner = userdata;
        bool from_guest = message->out_interface == 0, changed;
        unsigned int link = from_guest ? message->in_interface : message->out_interface;
        struct nfw_snoop_message snooped;
        struct nfw_snoop_changes changes;
        struct learner_guest *guest;
        uint64_t now = nfw_nft_now();
        int r = 0;

        if (strncmp(message->prefix, prefix, sizeof(prefix) - 1) != 0)
                return 0;
        guest = guest_of(learner, link);
        if (!guest) {
                r = nfw_learner_follow_if_changed(learner, &changed);
                guest = r == 0 && changed ? guest_of(learner, link) : NULL;
        }
        /* The link was replaced, and nobody has told us yet. */
        if (r == 0 && guest && guest->kernel.link != link)
                r = nfw_learner_restart_guest(learner, guest, link);
        if (r < 0 || !guest ||
            !(message->ether_type == ETH_P_IPV6 ? guest->learning.wants6 : guest->learning.wants4))
                return r;
        if (nfw_snoop_read(from_guest, message->ether_type, message->payload, message->payload_size,
                           &snooped) != 0) {
                nfw_learner_count(learner, NFW_COUNTER_MALFORMED, 1);
                return 0;
        }
        nfw_snoop_port_take(guest->snoop, from_guest, &snooped, now, &changes);
        return take_changes(learner, guest, &changes, now);
}

int nfw_learner_dispatch_snooped(struct nfw_learner *learner) {
        uint64_t n_lost;
        int r, n;

        n = nfw_nflog_dispatch(learner->snooped, MESSAGES_AT_ONCE, handle, learner);
        n_lost = nfw_nflog_n_lost(learner->snooped);
        if (n_lost != learner->n_snooped_lost) {
                nfw_learner_count(learner, NFW_COUNTER_LOST, n_lost - learner->n_snooped_lost);
                learner->n_snooped_lost = n_lost;
                nfw_events_push(&learner->events, &(struct nfw_event){ .type = NFW_EVENT_LOST });
        }
        r = nfw_learner_commit_guests(learner);
        return n < 0 ? n : r;
}

/* --- time ---------------------------------------------------------------------------------------------------- */

static int set_timer(struct nfw_learner *learner, uint64_t expires_ms) {
        /* At the end of the millisecond; all zero would never come. */
        struct itimerspec when = { .it_value = { .tv_sec = (time_t)((expires_ms + 1) / 1000),
                                                 .tv_nsec = (long)((expires_ms + 1) % 1000 * 1000000) } };

        learner->next_expiry = expires_ms;
        return timerfd_settime(learner->timer_fd, TFD_TIMER_ABSTIME, &when, NULL) < 0 ? -errno : 0;
}

static uint64_t first_expiry(const struct learner_guest *guest) {
        uint64_t first = UINT64_MAX;
        const struct nfw_snoop_lease *leases;
        size_t n;

        leases = nfw_snoop_port_leases(guest->snoop, &n);
        for (size_t i = 0; i < n; i++)
                first = NFW_MIN(first, leases[i].expires_ms);
        return first;
}

/* It may come too early, when the lease has been extended: then it is set anew. */
int nfw_learner_arm(struct nfw_learner *learner, const struct learner_guest *guest) {
        uint64_t first = first_expiry(guest);

        if (first == UINT64_MAX || (learner->next_expiry && first >= learner->next_expiry))
                return 0;
        return set_timer(learner, first);
}

int nfw_learner_dispatch_timer(struct nfw_learner *learner) {
        uint64_t now = nfw_nft_now(), n;
        int r = 0;

        if (read(learner->timer_fd, &n, sizeof(n)) < 0)
                return errno == EAGAIN ? 0 : -errno;
        learner->next_expiry = 0;
        for (struct learner_guest *guest = learner->guests; guest && r == 0; guest = guest->hh.next) {
                struct nfw_snoop_changes changes;

                nfw_snoop_port_expire(guest->snoop, now, &changes);
                r = take_changes(learner, guest, &changes, now);
                if (r == 0)
                        r = nfw_learner_arm(learner, guest);
        }
        return r < 0 ? r : nfw_learner_commit_guests(learner);
}
