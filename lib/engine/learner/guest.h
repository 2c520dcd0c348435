/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The learner's other half: addresses of guests whose filters refer to them. What is learned comes from mirrored ARP,
 * DHCP and neighbour discovery in an nflog group of its own, and goes into the table of filters.
 */

#include "engine/learner/learner.h"
#include "engine/nwfilter/learning.h"

struct learner_guest {
        UT_hash_handle hh;
        char interface[IFNAMSIZ];
        struct nfw_nft_guest kernel;        /* what the kernel was seen to have, or told */
        struct nfw_nft_guest read;          /* the last look at it; empty again when it has been compared */
        char seen_id[NFW_NFT_GUEST_ID_MAX]; /* that the kernel has */
        struct nfw_snoop_port *snoop;
        struct nfw_learning learning;
        struct nfw_snoop_counts counted; /* what the statistics know of */
        unsigned int seen_link;          /* the index of who has the name now; 0: nobody */
        bool is_changed;                 /* the kernel does not know it yet */
};

static inline void nfw_learner_mark(struct nfw_learner *learner, struct learner_guest *guest) {
        guest->is_changed = true;
        learner->has_changed_guests = true;
}

/* guest.c: brings guests up to date with the kernel's. 0; -EINTR where that changed meanwhile; or a negative errno. */
int nfw_learner_follow_guests(struct nfw_learner *learner);
void nfw_learner_forget_guests(struct nfw_learner *learner);
struct learner_guest *nfw_learner_find_guest(const struct nfw_learner *learner, const char *interface);
/* Another link has the name: nothing is known of who is behind it. 0 or a negative errno. */
int nfw_learner_restart_guest(struct nfw_learner *learner, struct learner_guest *guest, uint32_t link);
/* Links have come or gone. */
int nfw_learner_check_guests(struct nfw_learner *learner);

/* snoop.c: some of the mirrored messages. 0 or a negative errno. */
int nfw_learner_dispatch_snooped(struct nfw_learner *learner);
/* Something expires. */
int nfw_learner_dispatch_timer(struct nfw_learner *learner);
/* Wakes the learner when the guest's first lease ends. 0 or a negative errno. */
int nfw_learner_arm(struct nfw_learner *learner, const struct learner_guest *guest);

/* lease.c: what has changed, to the kernel. 0 or a negative errno. */
int nfw_learner_commit_guests(struct nfw_learner *learner);
