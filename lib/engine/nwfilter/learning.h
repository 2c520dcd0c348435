/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What a binding says of addresses that are learned, and what becomes of those that were. */

#include "engine/nwfilter/state.h"
#include "nft/filter/learning.h"
#include "snoop/port.h"

struct nfw_learning {
        bool wants4, wants6; /* IP, IPV6 is referred to, and nobody says what it is */
        struct nfw_snoop_options options;
};

/*
 * 0; NFW_E_INVALID with the report, where the binding's parameters say nothing that can be done; or a negative errno.
 * That nothing shall be learned and something is wanted is no error here: the variable has no value then.
 */
int nfw_learning_read(const struct nfw_compiled *compiled,
                      const struct nfw_nwfilter_binding *binding,
                      struct nfw_report *report,
                      struct nfw_learning *ret_learning);

static inline bool nfw_learning_is_wanted(const struct nfw_learning *learning) {
        return learning->wants4 || learning->wants6;
}

/*
 * How the guest is in the kernel with what is known of it: known has its link, id and leases, or is NULL for a port that
 * nothing is known of. *ret_guest is empty, or the guest that it takes the place of. 0 or a negative errno.
 */
int nfw_learning_guest(const struct nfw_learning *learning,
                       const struct nfw_nft_guest *known,
                       struct nfw_nft_guest *ret_guest);
/* As if it was bound to that link now: nothing is known, and the id is a new one. */
int nfw_learning_guest_begin(struct nfw_context *context, const char *port, struct nfw_nft_guest *guest);

/* The elements of a set that come of the guest's leases; without any, whether they could. As nfw_filter_set_tuples(). */
int nfw_learning_elements(const struct nfw_compiled *compiled,
                          size_t set,
                          const char *port,
                          const struct nfw_nwfilter_parameters *values,
                          const struct nfw_nft_guest *guest,
                          struct nfw_report *report,
                          struct nfw_nft_filter_elements *elements);
/* Whether the set has elements that come of leases. */
bool nfw_learning_is_for(const struct nfw_compiled *compiled,
                         size_t set,
                         const struct nfw_nwfilter_parameters *values);

/* A warning where a port learns and nobody is there who does. 0 or a negative errno. */
int nfw_learning_warn(const struct nfw_context *context, struct nfw_report *report);
