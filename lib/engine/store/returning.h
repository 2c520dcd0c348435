/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* One stored policy on its way back into the kernel, with its ports. */

#include "engine/bindings.h"
#include "engine/install.h"
#include "engine/port_record.h"
#include "engine/store/store.h"

struct nfw_returning {
        struct nfw_stored_policy *known;
        struct nfw_record record;
        struct nfw_install install;
        struct nfw_bindings bindings;
        NFW_VEC(const struct nfw_port_record *) ports; /* that shall be under it; borrowed */
        NFW_VEC(struct nfw_stored_binding *) stored;
        bool is_recorded;         /* its record is there, and whole */
        bool was_recorded;        /* a record with its id was there before */
        char missing[NFW_ID_MAX]; /* the record of what somebody else has taken out of the kernel; or "" */
        bool is_new;              /* the kernel has nothing of it */
        bool is_gone;             /* nor shall it have: it was unloaded while nobody stored that */
        bool is_lost;             /* nobody knows any more what was in it */
        bool is_refused;          /* what is to be in force instead lets nothing pass */
        bool has_stand_in;        /* that is the record */
};

/* Ports whose links have other names by now, or are gone: what is remembered of them goes with the commit. */
struct nfw_left_ports {
        NFW_VEC(const struct nfw_port_record *) vec;
};

/* Of its record and bindings. What is missing and which ports it shall have is the caller's. */
void nfw_returning_clear(struct nfw_returning *returning);

/*
 * Puts what is missing of it into the context's batch. 0; a condition where it is refused, with the reason in the report; or a
 * negative errno.
 */
int nfw_returning_put(struct nfw_returning *returning,
                      struct nfw_store *store,
                      struct nfw_left_ports *left,
                      struct nfw_report *report);
