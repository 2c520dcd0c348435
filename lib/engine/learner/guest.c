/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/learner/guest.h"

#include <errno.h>
#include <string.h>

static void guest_free(struct learner_guest *guest) {
        nfw_nft_guest_deinit(&guest->kernel);
        nfw_nft_guest_deinit(&guest->read);
        nfw_snoop_port_free(guest->snoop);
        free(guest);
}

static void remove_guest(struct nfw_learner *learner, struct learner_guest *guest) {
        HASH_DEL(learner->guests, guest);
        guest_free(guest);
}

void nfw_learner_forget_guests(struct nfw_learner *learner) {
        struct learner_guest *guest, *next;

        HASH_ITER(hh, learner->guests, guest, next)
        remove_guest(learner, guest);
}

struct learner_guest *nfw_learner_find_guest(const struct nfw_learner *learner, const char *interface) {
        struct learner_guest *guest;

        HASH_FIND_STR(learner->guests, interface, guest);
        return guest;
}

static int find(const char *interface, void *userdata, struct nfw_nft_guest **ret_guest) {
        struct nfw_learner *learner = userdata;
        struct learner_guest *guest = nfw_learner_find_guest(learner, interface);

        if (!guest) {
                guest = calloc(1, sizeof(*guest));
                if (!guest)
                        return -ENOMEM;
                strncpy(guest->interface, interface, sizeof(guest->interface) - 1);
                HASH_ADD_STR(learner->guests, interface, guest);
                if (!guest->hh.tbl) {
                        free(guest);
                        return -ENOMEM;
                }
        }
        *ret_guest = &guest->read;
        return 0;
}

/* How its addresses are learned is told by its binding. *ret_found is false where that is gone. */
static int read_learning(struct nfw_learner *learner, struct learner_guest *guest, bool *ret_found) {
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;
        struct nfw_context *context = learner->context;
        const struct nfw_compiled *compiled;
        struct nfw_learning learning;
        int r;

        *ret_found = false;
        r = nfw_nwfilter_binding_load(context, guest->interface, &binding);
        if (r == 0)
                r = nfw_compile(context, context->nwfilters, &context->nwfilters->compiled, binding, NULL,
                                &compiled);
        if (r == 0)
                r = nfw_learning_read(compiled, binding, NULL, &learning);
        if (r != 0)
                return r < 0 ? r : 0;
        guest->learning = learning;
        *ret_found = nfw_learning_is_wanted(&learning);
        return 0;
}

static int restart(struct learner_guest *guest) {
        guest->snoop = nfw_snoop_port_free(guest->snoop);
        guest->counted = (struct nfw_snoop_counts){ 0 };
        return nfw_snoop_port_new(&guest->learning.options, &guest->snoop);
}

int nfw_learner_restart_guest(struct nfw_learner *learner, struct learner_guest *guest, uint32_t link) {
        struct nfw_nft_guest begun = { .id = "" };
        int r;

        r = restart(guest);
        if (r == 0)
                r = nfw_learning_guest_begin(learner->context, guest->interface, &begun);
        if (r < 0)
                return r;
        guest->kernel.link = link;
        memcpy(guest->kernel.id, begun.id, sizeof(guest->kernel.id));
        nfw_learner_mark(learner, guest);
        return 0;
}

static bool restore_leases(struct learner_guest *guest, const struct nfw_nft_guest *from) {
        nfw_vec_foreach (lease, &from->leases) {
                struct nfw_snoop_lease restored = { .addr = lease->addr,
                                                    .origin = lease->is_claimed ? NFW_SNOOP_CLAIMED
                                                                                : NFW_SNOOP_LEASED,
                                                    .expires_ms = lease->expires_ms };

                (void)nfw_snoop_port_restore(guest->snoop, &restored);
        }
        return from->leases.n > 0;
}

/*
 * Bound as it was when it was last looked at. Where the kernel has less than is remembered, somebody took it out, and it is
 * put back: whoever knows of leases keeps to their ends.
 */
static void compare(struct nfw_learner *learner, struct learner_guest *guest) {
        size_t n;

        (void)nfw_snoop_port_leases(guest->snoop, &n);
        if (!guest->read.id[0] || guest->read.leases.n < n) {
                memcpy(guest->read.id, guest->kernel.id, sizeof(guest->read.id));
                nfw_learner_mark(learner, guest);
        }
}

/* Without a learner leases end, and nobody says that the guest waits for others now. */
static int compare_waiting(struct nfw_learner *learner, struct learner_guest *guest) {
        struct nfw_nft_guest expected = { .is_there = false };
        int r;

        r = nfw_learning_guest(&guest->learning, &guest->read, &expected);
        if (r == 0 &&
            (expected.waits != guest->read.waits || expected.waits_for.n != guest->read.waits_for.n))
                nfw_learner_mark(learner, guest);
        nfw_nft_guest_deinit(&expected);
        return r;
}

static int take_new(struct nfw_learner *learner, struct learner_guest *guest) {
        bool found;
        int r;

        r = read_learning(learner, guest, &found);
        if (r == 0)
                r = found ? restart(guest) : -ENOENT;
        if (r == 0)
                r = compare_waiting(learner, guest);
        return r == 0 && restore_leases(guest, &guest->read) ? nfw_learner_arm(learner, guest) : r;
}

/* The binding is there and the kernel has nothing of it: somebody took it out, and it is going to be put back. */
static int keep_lost(const struct nfw_learner *learner, const struct learner_guest *guest) {
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;
        int r;

        r = guest->snoop ? nfw_nwfilter_binding_load(learner->context, guest->interface, &binding)
                         : NFW_E_NOT_FOUND;
        return r == NFW_E_NOT_FOUND ? -ENOENT : r;
}

/* -ENOENT: it is under no filter any more, or nobody knows what it learns. */
static int take(struct nfw_learner *learner, struct learner_guest *guest) {
        bool is_same = guest->snoop && guest->read.link == guest->kernel.link &&
                       (!guest->read.id[0] || strcmp(guest->read.id, guest->kernel.id) == 0);
        int r = 0;

        if (!guest->read.is_there)
                return keep_lost(learner, guest);
        memcpy(guest->seen_id, guest->read.id, sizeof(guest->seen_id));
        if (is_same)
                compare(learner, guest);
        else
                r = take_new(learner, guest);
        if (r < 0)
                return r;
        nfw_nft_guest_deinit(&guest->kernel);
        guest->kernel = guest->read;
        guest->read = (struct nfw_nft_guest){ .is_there = false };
        return 0;
}

static int take_all(struct nfw_learner *learner) {
        unsigned int n_new = 0;
        struct learner_guest *guest, *next;

        HASH_ITER(hh, learner->guests, guest, next) {
                int r;

                n_new += !guest->snoop;
                r = take(learner, guest);
                if (r == -ENOENT)
                        remove_guest(learner, guest);
                else if (r < 0)
                        return r;
        }
        /* Of those that were known, changes of links have been told. */
        return n_new > 0 ? nfw_learner_check_guests(learner) : 0;
}

static void forget_read(struct nfw_learner *learner) {
        for (struct learner_guest *guest = learner->guests; guest; guest = guest->hh.next) {
                nfw_nft_guest_deinit(&guest->read);
                guest->read = (struct nfw_nft_guest){ .is_there = false };
        }
}

int nfw_learner_follow_guests(struct nfw_learner *learner) {
        struct nfw_context *context = learner->context;
        uint32_t generation;
        int r;

        if (learner->guests_followed && learner->guests_followed == learner->followed)
                return 0;
        learner->guests_followed = 0;
        r = nfw_nwfilters_follow(context->nwfilters);
        if (r == 0)
                r = nfw_nft_read_guests(context->nwfilters->nft, find, learner);
        if (r == 0)
                r = nfw_nft_generation(learner->nft, &generation);
        if (r == 0 && generation != learner->followed)
                r = -EINTR;
        if (r == 0)
                r = take_all(learner);
        forget_read(learner);
        if (r == 0)
                learner->guests_followed = learner->followed;
        return r;
}

static int see_link(const struct nfw_link *link, void *userdata) {
        struct learner_guest *guest = nfw_learner_find_guest(userdata, link->name);

        if (guest)
                guest->seen_link = link->index;
        return 0;
}

static int find_links(struct nfw_learner *learner) {
        int r = 0;

        for (struct learner_guest *guest = learner->guests; guest; guest = guest->hh.next)
                guest->seen_link = 0;
        /* Asking for all of them costs as much as asking for some by their names. */
        if (HASH_COUNT(learner->guests) > 16)
                return nfw_rtnl_foreach_link(learner->rtnl, see_link, learner);
        for (struct learner_guest *guest = learner->guests; guest && r >= 0; guest = guest->hh.next) {
                struct nfw_link link = { .index = 0 };

                r = nfw_rtnl_link_by_name(learner->rtnl, guest->interface, &link);
                guest->seen_link = link.index;
        }
        return r < 0 ? r : 0;
}

/* Not only where there is another link: without one, the next to have the name must not find what was known. */
int nfw_learner_check_guests(struct nfw_learner *learner) {
        int r;

        if (!learner->guests)
                return 0;
        r = find_links(learner);
        for (struct learner_guest *guest = learner->guests; guest && r == 0; guest = guest->hh.next)
                if (guest->seen_link != guest->kernel.link)
                        r = nfw_learner_restart_guest(learner, guest, guest->seen_link);
        return r;
}
