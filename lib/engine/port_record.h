/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What is remembered of a port: that somebody who knows of it has put it under a policy, and not taken it out again.
 * The kernel's maps cannot tell who did the latter. Whoever holds the lock writes them, after the commit: so a port
 * that the kernel has and no record speaks of was attached by somebody who died, and one that only a record speaks of
 * was taken out by somebody else.
 */

#include <net/if.h>

#include "engine/record/record.h"

struct nfw_port_record {
        char interface[IFNAMSIZ];
        char policy[NFW_POLICY_NAME_MAX + 1];
        char id[NFW_ID_MAX]; /* of the act of attaching, as in the maps */
        unsigned int index;  /* of the link that it was attached to; 0: none has been seen yet */
        bool is_persistent;  /* it stays when its link goes away */
};

struct nfw_port_records {
        NFW_VEC(struct nfw_port_record) vec; /* by interface */
};

/* 0, or a negative errno. */
int nfw_port_record_write(const struct nfw_context *context, const struct nfw_port_record *record);
/* 0; NFW_E_NOT_FOUND; or a negative errno. */
int nfw_port_record_read(const struct nfw_context *context,
                         const char *interface,
                         struct nfw_port_record *ret_record);
void nfw_port_record_remove(const struct nfw_context *context, const char *interface);

/* All of them; no directory is none. 0 or a negative errno. */
int nfw_port_records_read(const struct nfw_context *context, struct nfw_port_records *records);
void nfw_port_records_deinit(struct nfw_port_records *records);
/* NULL: there is none. */
const struct nfw_port_record *nfw_port_records_find(const struct nfw_port_records *records,
                                                    const char *interface);
/* Those of a policy that is unloaded. */
void nfw_port_records_forget(const struct nfw_context *context, const char *policy);
