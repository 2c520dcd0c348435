/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "engine/nwfilter/change.h"

/* All filters and ports anew, in one transaction, whatever the kernel has. As nfw_nwfilter_restore(). */
int nfw_nwfilter_rebuild(struct nfw_context *context, struct nfw_report *report);

/*
 * Ports that nothing passes, because their filters could not be put in force, go under them where they can be now; as
 * nfw_nwfilter_bind(). The other one adds that to a change, for those with a certain filter (or NULL), so that
 * what the kernel does not take of others is no reason to refuse it; ports that stay so are a warning.
 */
int nfw_nwfilter_unblock(struct nfw_context *context, struct nfw_report *report);
int nfw_nwfilter_change_unblock(struct nfw_nwfilter_change *change,
                                struct nfw_context *context,
                                struct nfw_compilations *compilations,
                                const char *with,
                                struct nfw_report *report);
